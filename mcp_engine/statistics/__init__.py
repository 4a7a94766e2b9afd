"""Inference for live experiments, offline comparisons and gates: pure functions of counts, moments and scores."""
