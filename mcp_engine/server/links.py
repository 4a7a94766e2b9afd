"""Addresses of the dashboard that the engine hands out."""

from __future__ import annotations


def sign_in_url(url: str, token: str) -> str:
    """Return the address that signs a browser in; the token stands behind `#`, so no request carries it to a log."""
    return f"{url}/sign-in#token={token}"
