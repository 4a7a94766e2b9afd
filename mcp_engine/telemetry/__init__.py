"""Spans, metrics and the request middleware. OpenTelemetry is the one tracing mechanism.

Content of prompts and answers never goes into a span or a metric; executions keep it, where it can be erased.
"""
