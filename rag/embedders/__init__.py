"""Embedding models beside the bundled one (`rag.embedding`): a static one, and those of servers.

`options` says how an operator configures them, `registry` finds the one that a strategy or an index names.
"""
