"""The Python client of MCP Engine.

from mcp_engine_client import Client

client = Client()
prompt = client.get_prompt("greeting", label="production", fallback="Hello {{ name }}!")
print(prompt.compile(name="Ada"))
"""

from mcp_engine_client._about import __version__
from mcp_engine_client._async_client import AsyncClient
from mcp_engine_client._blocking import TextStream
from mcp_engine_client._client import Client
from mcp_engine_client._on_loop import AsyncTextStream
from mcp_engine_client._prompt import ChatMessage, Prompt
from mcp_engine_client.errors import EngineError
from mcp_engine_client.models import Answer, DocumentProgress, Feedback, Passage, RunResult

__all__ = [
    "Answer",
    "AsyncClient",
    "AsyncTextStream",
    "ChatMessage",
    "Client",
    "DocumentProgress",
    "EngineError",
    "Feedback",
    "Passage",
    "Prompt",
    "RunResult",
    "TextStream",
    "__version__",
]
