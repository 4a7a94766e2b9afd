"""Locks: what releases pin, and which releases stand on a version."""
