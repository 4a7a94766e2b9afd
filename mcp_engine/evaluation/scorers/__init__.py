"""Scorers: what an output is worth, as governed artifacts of the kind `scorer`.

port        what a type of scorer promises
words       exact, contains, regex, exact match and token F1 as in SQuAD, length
numbers     a number within a tolerance
structure   validity under a JSON Schema, F1 over fields
spent       latency, tokens, cost
judge       a governed prompt that passes or fails an output
kind        the artifact kind: a type, its parameters, and which direction is better
registry    every type there is
"""
