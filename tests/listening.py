"""What listens to LangChain and LangGraph in the tests that look for a draft everywhere."""

from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langgraph.types import StreamMode

MODES: list[StreamMode] = ["values", "updates", "messages", "debug", "tasks", "checkpoints", "custom"]
"""All that a graph streams."""


class Recorder(BaseCallbackHandler):
    """Writes down everything that callbacks are told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_"):
            return lambda *args, **kwargs: self.heard.append(f"{name} {args} {kwargs}")
        return super().__getattribute__(name)
