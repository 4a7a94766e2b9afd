"""The sample workspace that a first start makes: one prompt in two versions, and what components add."""

from __future__ import annotations

from mcp_engine.access import Caller
from mcp_engine.components.component import installed_components
from mcp_engine.errors import NotFound
from mcp_engine.http.dependencies import DEFAULT_NAMESPACE
from mcp_engine.prompts.schemas import PromptBody, PushPrompt
from mcp_engine.prompts.service import PromptService
from mcp_engine.services import Services

PROMPT = "explain"
_LABEL = "production"
_VERSIONS = (
    (
        "First wording",
        {
            "description": "Explains a term in one sentence.",
            "tags": ["sample"],
            "template": "Explain {{ term }} in one short sentence.",
            "parameters": {"max_tokens": 120},
        },
    ),
    (
        "Say for whom",
        {
            "type": "chat",
            "description": "Explains a term to a given reader.",
            "tags": ["sample"],
            "messages": [
                {"role": "system", "content": "You answer in one short, friendly sentence."},
                {"role": "user", "content": "Explain {{ term }} to {{ reader }}."},
            ],
            "variables": {
                "type": "object",
                "properties": {"term": {"type": "string"}, "reader": {"type": "string", "default": "a curious child"}},
                "required": ["term"],
            },
            "parameters": {"max_tokens": 120},
        },
    ),
)


async def add_sample(services: Services, caller: Caller) -> None:
    """Push the sample prompt, label its second version `production`, and let components add their part.

    It may be called again after a call that was cut off: what is there stays as it is.
    """
    prompts = services.get(PromptService)
    if not await _has_prompt(prompts, caller):
        await _push_prompt(prompts, caller)
    for component in installed_components():
        await component.add_sample(services, caller)


async def _has_prompt(prompts: PromptService, caller: Caller) -> bool:
    try:
        await prompts.get(caller, DEFAULT_NAMESPACE, PROMPT, label=_LABEL)
    except NotFound:
        return False
    return True


async def _push_prompt(prompts: PromptService, caller: Caller) -> None:
    for number, (message, body) in enumerate(_VERSIONS, start=1):
        labels = [_LABEL] if number == len(_VERSIONS) else []
        push = PushPrompt(name=PROMPT, body=PromptBody.model_validate(body), message=message, labels=labels)
        await prompts.push(caller, DEFAULT_NAMESPACE, push)
