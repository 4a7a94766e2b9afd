"""Write the OpenAPI document to a file: `python -m mcp_engine.server.openapi openapi.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mcp_engine.components.component import installed_components
from mcp_engine.config import Settings
from mcp_engine.server.app import create_app
from mcp_engine.services import Services


def document() -> str:
    """Return the OpenAPI document as it is committed: sorted, indented, one line feed at its end."""
    schema = create_app(Services(), Settings(), installed_components()).openapi()
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document())
