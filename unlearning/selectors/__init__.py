"""Which weights may move: usable with any loss."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .kunbr import KUnBR, KUnBROptions
from .selector import Data, Phase, Selector, SelectorOptions
from .seuf import SEUF, SEUFOptions
from .wagle import WAGLE, WAGLEOptions

SELECTORS: Mapping[str, type[Selector[Any]]] = MappingProxyType(
    {selector.name: selector for selector in (KUnBR, SEUF, WAGLE)}
)
"""All selectors by name."""

__all__ = [
    "SELECTORS",
    "SEUF",
    "WAGLE",
    "Data",
    "KUnBR",
    "KUnBROptions",
    "Phase",
    "SEUFOptions",
    "Selector",
    "SelectorOptions",
    "WAGLEOptions",
]
