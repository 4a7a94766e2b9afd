"""Gates: what a release needs, the evidence that is gathered for it, and the error budget which that spends.

The registry asks a gate's guard inside the transaction of every move of a label (`mcp_engine.artifacts.releases`).
Why the budget belongs to sealed rows and not to names: docs/design/gates.md.
"""
