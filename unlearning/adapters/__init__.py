"""What steers a model at decoding time and leaves its weights alone: suppression."""

from collections.abc import Mapping
from typing import Any

from .adapter import Adapter
from .uld import ULD

ADAPTERS: Mapping[str, type[Adapter[Any]]] = {adapter.name: adapter for adapter in (ULD,)}
"""All adapters by name."""

__all__ = ["ADAPTERS"]
