"""A request in OpenAI's shape as the vetter reads it: its turns, with every text in them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from ...agents.conversation import texts_in
from ...errors import InputError

# Content parts whose one text is the field of that name.
_TEXT_PARTS = {
    "text": "text",
    "input_text": "text",
    "output_text": "text",
    "summary_text": "text",
    "reasoning_text": "text",
    "refusal": "refusal",
}


def read_messages(messages: object) -> list[BaseMessage]:
    """Read the `messages` of a chat completion.

    More is taken than LangChain's own reading takes: arguments of tool calls that are no JSON, custom tools.

    Raises:
        InputError: When it is no list of messages with a known role.
    """
    if not isinstance(messages, list) or not messages:
        raise InputError("'messages' is no list of messages.", fix='Give [{"role": "user", "content": "…"}].')
    return [_message(message, f"messages[{place}]") for place, message in enumerate(messages)]


def read_input(request: Mapping[str, Any]) -> list[BaseMessage]:
    """Read the `instructions` and the `input` of a response: a text, or items of any kind.

    Raises:
        InputError: When the instructions are no text, or the input is neither a text nor a list of items.
    """
    instructions, given = request.get("instructions"), request.get("input")
    if instructions is not None and not isinstance(instructions, str):
        raise InputError("'instructions' is no text.", fix="Give a text, or leave it out.")
    turns: list[BaseMessage] = [SystemMessage(instructions)] if instructions else []
    if isinstance(given, str):
        return [*turns, HumanMessage(given)]
    if given is not None and not isinstance(given, list):
        raise InputError("'input' is neither a text nor a list of items.", fix="Give a text, or a list of items.")
    return [*turns, *(_item(item, f"input[{place}]") for place, item in enumerate(given or []))]


def texts_called(value: object) -> Iterator[str]:
    """Yield the texts of calls of tools and of their outputs; arguments, which are JSON in a text, are looked into."""
    for text in texts_in(value):
        try:
            # As lists of pairs: what stands twice is there twice.
            yield from texts_in(json.loads(text, object_pairs_hook=list)) if text.lstrip()[:1] in ("{", "[") else [text]
        except (ValueError, RecursionError):
            yield text


def _message(message: object, where: str) -> BaseMessage:
    if not isinstance(message, dict):
        raise InputError(f"{where!r} is no message.", fix='Give {"role": "user", "content": "…"}.')
    content = message.get("content")
    if not (content is None or isinstance(content, str | list)):
        raise InputError(f"The content of {where!r} is neither a text nor a list of parts.", fix="Give a text.")
    called = [message.get("tool_calls"), message.get("function_call")]
    said = [*_texts(content), *_texts(message.get("refusal")), *texts_called(called)]
    return _turn(message.get("role"), "\n".join(said), where)


def _item(item: object, where: str) -> BaseMessage:
    """Read one item: a message, or a call, its output, reasoning … with every text in it."""
    if not isinstance(item, dict):
        raise InputError(f"{where!r} is no item.", fix='Give {"role": "user", "content": "…"}.')
    if item.get("type", "message") == "message":
        return _message(item, where)
    role = "tool" if str(item.get("type")).endswith("_output") else "assistant"
    return _turn(role, "\n".join(texts_called(item)), where)


def _turn(role: object, text: str, where: str) -> BaseMessage:
    match role:
        case "user":
            return HumanMessage(text)
        case "assistant":
            return AIMessage(text)
        case "system" | "developer":
            return SystemMessage(text)
        case "tool" | "function":
            return ToolMessage(text, tool_call_id="")
    raise InputError(f"The role of {where!r} is unknown.", fix="Give system, developer, user, assistant or tool.")


def _texts(content: object) -> Iterator[str]:
    """Yield the texts of a content; of parts that are no text whatever texts they hold."""
    for part in content if isinstance(content, list) else [content]:
        field = _TEXT_PARTS.get(str(part.get("type"))) if isinstance(part, dict) else None
        yield from texts_in(part.get(field) if isinstance(part, dict) and field else part)
