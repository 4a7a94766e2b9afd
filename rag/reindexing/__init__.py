"""Another index of a collection, made beside the one that is searched, and put in its place in one transaction.

Documents are cut anew as the strategy `default` says, and embedded by the embedder that it names. What was made is
kept apart until all is there, so that a job which ends, however it ends, takes nothing away: a repeat goes on with
what is left, and until the switch-over every search reads the old index with the old embedder.
"""
