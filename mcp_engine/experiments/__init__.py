"""Live experiments: a label's traffic split between versions, and what may be concluded from it at any moment.

What an experiment is never changes; what becomes of it is a list of events. Units are known by a digest alone.
Imports run from the service down: `assignment` and `analysis` are pure, nothing but `repository` speaks SQL.
"""
