"""The defensive security engine."""
