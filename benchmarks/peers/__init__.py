"""Programs that run in a peer's own process and environment; they import nothing of ours."""
