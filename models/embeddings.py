"""Sentence embeddings behind one interface: the embedded model, or any LangChain embeddings object.

Importing this module loads no model and no large package: what a spec needs is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelNotFound
from ..schema import Embedder, Vectors
from ..settings import settings
from .providers import provider_errors
from .vectors import DEFAULT, encodable, unit_rows

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


def load_embedder(spec: str | Embedder | Embeddings | None = None) -> Embedder:
    """Return the embedding model that a spec stands for.

    Args:
        spec: `"all-MiniLM-L6-v2"`, run embedded by ONNX Runtime; `"provider:model"`, such as
            `"openai:text-embedding-3-small"`; a LangChain embeddings object; or an embedder, returned as it is.
            `None`: what `EXPUNGE_EMBEDDINGS` says, by default the embedded model.

    Raises:
        ModelNotFound: No embedding model has this name.
        PrerequisiteError: A package, a credential or the weights are missing.
    """
    from langchain_core.embeddings import Embeddings  # slow to import, and not needed before a model is

    if spec is None:
        spec = settings().embeddings
    if isinstance(spec, str):
        return _load_named(spec)
    return LangChainEmbedder(spec) if isinstance(spec, Embeddings) else spec


def _load_named(spec: str) -> Embedder:
    if spec == DEFAULT:
        from .minilm import load_minilm  # brings ONNX Runtime

        return load_minilm(settings().cache)
    if ":" not in spec:
        raise ModelNotFound(f"No embedding model is called {spec!r}.", fix=f"Use {DEFAULT!r} or 'provider:model'.")
    with provider_errors(spec):
        from langchain.embeddings import init_embeddings  # of the extra `openai`

        return LangChainEmbedder(init_embeddings(spec))


class LangChainEmbedder:
    """A LangChain embeddings object as an `Embedder`."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings

    @property
    def name(self) -> str:
        """The class and, where it has one, its model: `"OpenAIEmbeddings:text-embedding-3-small"`."""
        model = getattr(self._embeddings, "model", None) or getattr(self._embeddings, "model_name", None)
        kind = type(self._embeddings).__name__
        return f"{kind}:{model}" if isinstance(model, str) else kind

    @cached_property
    def dimensions(self) -> int:
        """The length of one vector, found by embedding one word."""
        return len(self._embeddings.embed_query("dimensions"))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), dimensions)`, rows of unit length."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        # Services refuse an empty string.
        rows = self._embeddings.embed_documents([encodable(text) or " " for text in texts])
        return unit_rows(np.asarray(rows, dtype=np.float32))
