"""What a LangChain chat model says, in OpenAI's shape."""

from langchain_core.messages import AIMessage, AIMessageChunk, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata

from ..graphs.draft import REASONING_FIELD, reasoning_of
from ..wrappers.openai.fields import FINISH_REASONS
from .wire import Json


def message_of(answer: AIMessage) -> Json:
    """Return the message of a choice."""
    # LangChain would put a line's end between parts of one text.
    return {**convert_to_openai_messages([answer])[0], "content": answer.text, **_reasoning(answer)}


def delta_of(piece: AIMessageChunk) -> Json:
    """Return the delta of a chunk's choice."""
    calls = [
        {
            "index": call["index"] or 0,
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": call["args"] or ""},
        }
        for call in piece.tool_call_chunks
    ]
    return {"role": "assistant", "content": piece.text, **({"tool_calls": calls} if calls else {}), **_reasoning(piece)}


def _reasoning(message: AIMessage) -> Json:
    reasoning = reasoning_of(message)
    return {REASONING_FIELD: reasoning} if reasoning else {}


def finish_reason_of(message: AIMessage, default: str) -> str:
    """Return why the model ended, if it says so in OpenAI's words."""
    reason = message.response_metadata.get("finish_reason")
    return reason if reason in FINISH_REASONS else default


def usage_of(usage: UsageMetadata | None) -> Json:
    """Return the field `usage`, or nothing when the model does not tell."""
    if usage is None:
        return {}
    tokens = {"prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"]}
    return {"usage": {**tokens, "total_tokens": usage["total_tokens"]}}
