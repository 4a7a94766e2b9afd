"""Agents on top of graphs and retrieval."""
