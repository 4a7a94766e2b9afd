"""What every benchmark shares: the engine in a private home, peers in environments of their own, load, reports."""
