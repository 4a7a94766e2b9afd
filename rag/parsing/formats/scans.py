"""What every format with pictures of text asks first: whether recognition is installed, and how much it takes on."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from mcp_engine.errors import InvalidInput, TooLarge

DISTRIBUTION = "rapidocr"
"""What the extra `ocr` installs."""
MAX_RECOGNISED_PAGES = 500


def installed() -> str | None:
    """Return the version of what recognises text; None without the extra."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return None


def require_installed(filename: str, what: str) -> None:
    """Raise `InvalidInput` (`document.ocr_missing`) without the extra; `what` is what the file is."""
    if installed() is None:
        raise InvalidInput(
            "document.ocr_missing",
            f"{filename} is {what}: reading it takes text recognition (OCR), which is not installed here. Whoever runs "
            "the engine installs it with `pip install 'mcp-engine[ocr]'` and starts the engine again; then retry the "
            "document. Or run the file through an OCR program and add the result.",
        )


def checked_pages(count: int, filename: str) -> None:
    """Raise `TooLarge` (`document.too_many_scanned_pages`) beyond what is recognised of one document."""
    if count > MAX_RECOGNISED_PAGES:
        raise TooLarge(
            "document.too_many_scanned_pages",
            f"{filename} has {count} pages of pictures; text is recognised on {MAX_RECOGNISED_PAGES} of one document. "
            "Split it.",
        )
