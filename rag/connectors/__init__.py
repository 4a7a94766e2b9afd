"""Sources of documents beside uploads: folders, web pages, git repositories, buckets, and what plugins add.

A *source* belongs to a collection and says where its documents come from; a durable job reads it, adds what is new,
and gives what changed its next version. `port` says what a connector has to be able to.
"""
