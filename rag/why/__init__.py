"""Why a passage is cited, or which stage of retrieval and answering left it out."""
