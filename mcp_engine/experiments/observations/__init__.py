"""What was observed of the units of experiments."""
