"""Datasets: versions of the artifact kind `dataset`, whose rows lie beside them by digest.

rows        one row, its two digests, and which split it belongs to
files       rows from CSV, JSON Lines and Parquet
kind        the artifact kind: a version says how many rows each split has, and their digest
service     push, extend, read; the sealed split is written and never read back
facts       the proof that the rows are still those that were pushed
"""
