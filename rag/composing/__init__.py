"""Answers that a model writes from the chosen sentences: what no sentence bears out is cut."""
