"""LangChain's own tests of a chat model, put to the wrapper."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from expunge import TargetStore
from expunge.graphs import Sanitizer
from expunge.wrappers import SanitizedChatModel
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI
from langchain_tests.unit_tests import ChatModelUnitTests


@pytest.fixture
def benchmark() -> Callable[[Callable[[], None]], None]:
    """Stand in for a plugin that takes timings: what is timed is only run."""
    return lambda timed: timed()


class TestSanitizedChatModel(ChatModelUnitTests):
    """The wrapper around a model with tools and structured output; nothing is called."""

    @pytest.fixture(autouse=True)
    def opened(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        with TargetStore(tmp_path_factory.mktemp("targets")) as store:
            type(self).sanitizer = Sanitizer(store)
            yield

    sanitizer: Sanitizer

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return SanitizedChatModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"wrapped": ChatOpenAI(model="any", api_key="none"), "sanitizer": self.sanitizer}
