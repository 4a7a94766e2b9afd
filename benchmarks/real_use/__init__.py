"""What docs/real-use.md was made with: rows of two public tasks, two wordings of each, and the live run."""
