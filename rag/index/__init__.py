"""The index over searched versions: chunks with vectors, postings for BM25."""
