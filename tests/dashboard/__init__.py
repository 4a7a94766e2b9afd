"""Journeys through the dashboard, in a real browser against a real engine."""
