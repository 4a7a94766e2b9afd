"""Tenants, namespaces, principals, their keys and sessions: who calls, and what they may do."""
