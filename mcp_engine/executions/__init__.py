"""Executions: every run of a version on a model, as it was.

The facts of a run (identity and outcome) are inserted once and never change. Its content (inputs,
output) stands in tables of its own, where it can be erased; salted commitments in the facts still
prove what it was. The package knows versions and models by value only.
"""
