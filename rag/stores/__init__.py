"""Stores that find passages: PostgreSQL itself, or another one that follows it.

port        what a store is asked, and what its answers promise
postgresql  the index itself as a store
weaviate/   a Weaviate server as a store
outbox      what a store has not heard of yet; job delivers it
service     how far a store is behind, and bringing everything over
"""
