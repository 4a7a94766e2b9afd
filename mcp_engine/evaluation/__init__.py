"""Evidence about versions: rows to test on, ways to score, scored runs, and comparisons with intervals.

datasets    versioned rows, with a sealed split that nobody reads
scorers     what an output is worth, one Protocol
runs        a version scored on a split, row by row, as a durable job
"""
