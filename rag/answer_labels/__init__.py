"""Answers in doubt, and what people say of them.

What a person says is feedback (`supported`, `should_answer`, and as `demonstration` the answer they would have wanted):
counted, audited and erased as all feedback is. Here stands which answers wait for it, and what labels say of sources.
"""
