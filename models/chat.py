"""Chat models by name, by folder, or as they are."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelNotFound, PrerequisiteError
from .providers import load_provider_model

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

DEMO = Path(__file__).parent / "demo"
"""The folder of the demo model, which is shipped with the package."""

FORMS = (
    "Use 'demo', the folder of a local model (such as './my-model'), "
    "'provider:model' (such as 'openai:gpt-5-mini', 'ollama:llama3.2' or 'vllm:org/model'), or a LangChain chat model."
)
# Two letters or more: `C:` begins a path.
PROVIDER = re.compile(r"[A-Za-z][A-Za-z0-9_-]+:")


def load_chat_model(model: str | Path | BaseChatModel) -> BaseChatModel:
    """Return the chat model that a name, a folder or an object stands for.

    Args:
        model: `"demo"`; the folder of a model with a `config.json`, run by transformers; `"provider:model"` as
            LangChain's `init_chat_model` takes it, with `"ollama:llama3.2"` and `"vllm:org/model"` reached over their
            OpenAI-compatible endpoints; or a LangChain chat model, returned as it is.

    Raises:
        ModelNotFound: There is no model at this path or under this name.
        PrerequisiteError: A package or a credential is missing.
    """
    if model == "demo":
        return _load_folder(DEMO)
    if isinstance(model, str):
        return _load_named(model)
    return _load_folder(model) if isinstance(model, Path) else model


def _load_named(name: str) -> BaseChatModel:
    if PROVIDER.match(name):
        return load_provider_model(name)
    if name.startswith((".", "~")) or "/" in name or os.sep in name or (name and Path(name).is_dir()):
        return _load_folder(Path(name))
    raise ModelNotFound(f"No chat model is called {name!r}.", fix=FORMS)


def _load_folder(folder: Path) -> BaseChatModel:
    with suppress(RuntimeError):  # no such user: what follows says that nothing is there
        folder = folder.expanduser()
    if not (folder / "config.json").is_file():
        raise ModelNotFound(
            f"There is no chat model in {str(folder)!r}: it holds no 'config.json'.",
            fix=f"{FORMS} One from the Hugging Face hub is fetched by: hf download ORG/NAME --local-dir FOLDER",
        )
    try:
        from .local import LocalChatModel  # brings torch, of the extra `local`
    except ImportError as error:
        raise PrerequisiteError(
            f"The local model in {str(folder)!r} needs a package: {error}.", fix="Run: pip install 'expunge[local]'"
        ) from error
    return LocalChatModel(path=folder)
