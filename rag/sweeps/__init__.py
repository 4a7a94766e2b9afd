"""Sweeps: every combination of some options of a strategy, evaluated on the same rows by one durable job.

A combination is an evaluation of the base strategy in which `options` are changed for its questions alone, so that
it goes the way of every question, and its rows can be read and compared as those of any evaluation.
"""
