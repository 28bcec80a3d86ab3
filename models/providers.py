"""Providers of chat models: those on the user's own machines, and what LangChain's factories raise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from ..errors import ModelNotFound, PrerequisiteError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

INSTALL = "Run: pip install 'expunge[openai]'"

OLLAMA_PORT = 11434
VLLM_URL = "http://localhost:8000/v1"

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - called, not bound
"""Where to call a server that listens on every address."""


def load_provider_model(spec: str) -> BaseChatModel:
    """Return the chat model `spec` (`"provider:model"`) as LangChain's `init_chat_model` does.

    Two providers are reached over their OpenAI-compatible endpoints, with no package of their own: `ollama:` at
    `OLLAMA_HOST` (by default localhost:11434) and `vllm:` at `VLLM_BASE_URL` (by default http://localhost:8000/v1);
    with the key in `OLLAMA_API_KEY` or `VLLM_API_KEY` where they ask for one.

    Raises:
        PrerequisiteError: A package or a credential is missing, or `OLLAMA_HOST` is no address.
        ModelNotFound: LangChain knows no such provider or model.
    """
    provider, _, model = spec.partition(":")
    if not model:
        raise ModelNotFound(f"{spec!r} names no model of {provider!r}.")
    url = _ollama_url() if provider == "ollama" else _vllm_url() if provider == "vllm" else None
    with provider_errors(spec):
        if url is None:
            from langchain.chat_models import init_chat_model  # of the extra `openai`

            return init_chat_model(spec)
        from .compatible import CompatibleChatModel  # brings langchain_openai, of the same

        return CompatibleChatModel(
            model=model,
            base_url=url,
            # OpenAI's client wants a key, and would send OpenAI's own.
            api_key=SecretStr(os.environ.get(f"{provider.upper()}_API_KEY") or "none"),
            use_responses_api=False,
            stream_usage=True,  # which LangChain leaves off for any address but OpenAI's
        )


def _ollama_url() -> str:
    """Return the endpoint at `OLLAMA_HOST`, which Ollama reads with or without a scheme, a host and a port."""
    given = os.environ.get("OLLAMA_HOST", "").strip()
    try:
        parts = urlsplit(given if "://" in given else f"//{given}", scheme="http")
        port = parts.port or (None if "://" in given else OLLAMA_PORT)
    except ValueError as error:
        raise PrerequisiteError(
            f"OLLAMA_HOST is {given!r}, which is no address.", fix="Set it as for Ollama itself: 'localhost:11434'."
        ) from error
    host = parts.hostname or "localhost"
    host = EVERYWHERE.get(host, host)
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/')}/v1"


def _vllm_url() -> str:
    return os.environ.get("VLLM_BASE_URL") or VLLM_URL


@contextmanager
def provider_errors(spec: str) -> Iterator[None]:
    """Turn what goes wrong while the model `spec` (`"provider:model"`) is made into an error with a fix.

    Raises:
        PrerequisiteError: A package or a credential is missing.
        ModelNotFound: LangChain knows no such provider or model.
    """
    try:
        yield
    except ImportError as error:
        # LangChain's own message names the package of any other provider and the command that installs it.
        ours = spec.startswith(("openai:", "ollama:", "vllm:")) or isinstance(error, ModuleNotFoundError)
        raise PrerequisiteError(f"{spec!r} cannot be loaded: {error}.", fix=INSTALL if ours else "") from error
    except ValueError as error:
        raise ModelNotFound(f"{spec!r} cannot be loaded: {error}") from error
    except Exception as error:
        # Each provider has an error of its own for a missing credential, and its package may not be there to name it.
        raise PrerequisiteError(f"{spec!r} cannot be used: {error}") from error
