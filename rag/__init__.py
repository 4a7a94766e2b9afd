"""Retrieval-augmented generation: documents in, answers with verbatim citations out."""

import os

# Before numpy is loaded. A second thread gains little where memory is the limit, and spins while others need the core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
