"""Answers that lost their support: what they cite stands no more in what is searched now.

A change of what is searched of a document (another version, a removal, an erasure) looks again at every answer that
cites the document, and at no other. Each citation stands verbatim in the searched version (perhaps elsewhere), or
nearly (a sentence of the same words), or is gone. Answers themselves never change; a person may ask again.
"""
