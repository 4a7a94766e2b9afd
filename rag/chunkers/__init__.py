"""Ways to cut a document into chunks; `registry.chunker_for` gives the one that a strategy names.

All cut between sentences, so that a chunk is `text[start:end]` of the document and its sentences lie at exact
offsets in it, together cover every sentence, and take time linear in the length of the text.
"""
