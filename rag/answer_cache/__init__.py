"""Answers that are given again as long as everything that they were made of is the same.

Nothing of an answer is copied: an entry leads from the digest of everything that an answer depends on (`key`) to the
execution that gave it first. What changes a collection's index or the access list of one of its documents drops the
collection's entries in its own transaction, and what was not dropped in time does not match any more.
"""
