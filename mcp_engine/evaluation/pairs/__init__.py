"""Two evaluations of the same rows, judged pair by pair: a judge says which output is better, asked in both orders.

A side wins a row only when both orders name it. What such a judge says informs; it is evidence for no gate.
"""
