"""Putting passages that were found into a better order before sentences are chosen from them.

By default nothing does: sentences are compared with the question one by one (`rag.answering`). A strategy may name a
cross-encoder of the operator's (`cross_encoder`, `host`, `options`), or a governed prompt (`listwise`).
"""
