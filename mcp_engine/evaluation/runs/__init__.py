"""Evaluations: a version, scored row by row on a split of a dataset.

subject     how a version of some kind is run on a row
planning    from a request to everything pinned by its lock
job         the durable job: runs, scores, commits as it goes
metrics     from scores to numbers with intervals
comparison  two or more evaluations of the same rows
service     start, read, compare
"""
