"""Servers that speak OpenAI's protocol and are not OpenAI's."""

from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_openai import ChatOpenAI


class CompatibleChatModel(ChatOpenAI):
    """OpenAI's chat model of LangChain, for servers that know a limit of tokens by its older name alone.

    Ollama leaves `max_completion_tokens` unread and would answer without a limit; vLLM takes both names.
    """

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload: dict[str, Any] = super()._get_request_payload(input_, stop=stop, **kwargs)
        if "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return payload
