"""Reading prompt files from the installed package."""

from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Name = Literal[
    "abstain-unknown",
    "abstain-refuse",
    "vetter",
    "auditor",
    "rewriter",
    "critic",
    "miner",
    "alu-vary",
    "alu-check",
    "alu-rate",
    "alu-merge",
    "guardrail",
    "icul",
]
NAMES: tuple[Name, ...] = get_args(Name)
"""Every prompt of the package."""


@cache
def load(name: Name) -> str:
    """Return the text of a prompt."""
    return files(__package__).joinpath(f"{name}.md").read_text("utf-8").strip()
