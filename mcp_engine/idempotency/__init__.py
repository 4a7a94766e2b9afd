"""Which request of a client made what, so that its repeats make nothing more.

What a request makes (an execution, a piece of feedback) is claimed in the transaction that makes it.
Nothing of an answer is kept here: a repeat's answer is built from what was made, or what is left of it.
"""
