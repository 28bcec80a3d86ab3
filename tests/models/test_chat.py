"""Chat models by name, by folder, or as they are."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import reduce
from operator import add
from pathlib import Path

import pytest
from expunge.errors import ModelNotFound, PrerequisiteError
from expunge.models import DEMO, load_chat_model
from expunge.tests.serving.scripted import Upstream, error, says
from langchain_core.language_models import FakeListChatModel
from langchain_openai import ChatOpenAI


def test_a_chat_model_is_returned_as_it_is() -> None:
    model = FakeListChatModel(responses=["Paris."])
    assert load_chat_model(model) is model


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """A server that seems to be OpenAI's, Ollama's and vLLM's."""
    monkeypatch.setenv("OPENAI_API_KEY", "of OpenAI alone")
    for variable in ("OLLAMA_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with Upstream() as upstream:
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{upstream.port}")
        monkeypatch.setenv("VLLM_BASE_URL", upstream.url)
        yield upstream


async def test_a_model_behind_an_api_answers_over_http(upstream: Upstream) -> None:
    model = load_chat_model("openai:gpt-5-mini")
    assert model.invoke("What is the capital of France?").content == "Paris."
    assert (await model.ainvoke("What is the capital of France?")).content == "Paris."
    for body in upstream.bodies:
        assert body["model"] == "gpt-5-mini"
        assert body["messages"] == [{"role": "user", "content": "What is the capital of France?"}]


# For a model of the last name, LangChain would take another API of OpenAI's.
LOCAL = [
    ("ollama:llama3.2:1b", "llama3.2:1b"),
    ("vllm:openai/gpt-oss-20b", "openai/gpt-oss-20b"),
    ("vllm:gpt-5-pro", "gpt-5-pro"),
]


@pytest.mark.parametrize(("name", "model"), LOCAL)
async def test_ollama_and_vllm_are_reached_over_their_compatible_endpoints(
    upstream: Upstream, name: str, model: str
) -> None:
    assert load_chat_model(name).invoke("What is the capital of France?").text == "Paris."
    assert (await load_chat_model(name).ainvoke("What is the capital of France?")).text == "Paris."
    for request in upstream.requests:
        assert request.path == "/v1/chat/completions"
        assert request.body["model"] == model
        assert "OpenAI" not in request.headers["authorization"]


@pytest.mark.parametrize("name", ["ollama:llama3.2", "vllm:org/model"])
def test_a_stream_of_ollama_and_vllm_tells_its_usage(upstream: Upstream, name: str) -> None:
    upstream.plan = says("Par", "is", ".")
    chunks = list(load_chat_model(name).stream("What is the capital of France?"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["Par", "is", "."]
    whole = reduce(add, chunks)
    assert whole.usage_metadata
    assert whole.usage_metadata["output_tokens"] == 3
    assert whole.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("name", ["ollama:llama3.2", "vllm:org/model"])
def test_a_limit_of_tokens_goes_by_the_name_that_ollama_reads(upstream: Upstream, name: str) -> None:
    list(load_chat_model(name).stream("What is the capital of France?", max_tokens=5))
    load_chat_model(name).invoke("What is the capital of France?", max_completion_tokens=5)
    for body in upstream.bodies:
        assert body["max_tokens"] == 5
        assert "max_completion_tokens" not in body


@pytest.mark.parametrize("provider", ["ollama", "vllm"])
def test_a_key_for_ollama_or_vllm_is_sent(upstream: Upstream, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", "its own")
    load_chat_model(f"{provider}:model").invoke("What is the capital of France?")
    assert upstream.requests[0].headers["authorization"] == "Bearer its own"


def test_a_busy_server_is_asked_again(upstream: Upstream) -> None:
    upstream.next.append(error(429, retry_after=0))
    assert load_chat_model("vllm:org/model").invoke("What is the capital of France?").text == "Paris."
    assert len(upstream.requests) == 2


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (None, "http://localhost:11434/v1"),
        ("", "http://localhost:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:11434", "http://127.0.0.1:11434/v1"),
        (":5", "http://localhost:5/v1"),
        ("gpu", "http://gpu:11434/v1"),
        ("[::]:5", "http://[::1]:5/v1"),
        ("http://gpu:5/", "http://gpu:5/v1"),
        ("https://ollama.com", "https://ollama.com/v1"),
        ("https://gpu:5/behind/a/proxy/", "https://gpu:5/behind/a/proxy/v1"),
    ],
)
def test_the_host_of_ollama_is_read_as_ollama_reads_it(
    host: str | None, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if host is None:
        monkeypatch.delenv("OLLAMA_HOST", raising=False)
    else:
        monkeypatch.setenv("OLLAMA_HOST", host)
    model = load_chat_model("ollama:llama3.2")
    assert isinstance(model, ChatOpenAI)
    assert model.openai_api_base == url


def test_vllm_is_looked_for_where_it_listens_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VLLM_BASE_URL", raising=False)
    model = load_chat_model("vllm:org/model")
    assert isinstance(model, ChatOpenAI)
    assert model.openai_api_base == "http://localhost:8000/v1"


@pytest.mark.parametrize("host", ["gpu:many", "http://[::1", "gpu:70000"])
def test_a_host_that_is_no_address_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    with pytest.raises(PrerequisiteError, match=re.escape(f"OLLAMA_HOST is {host!r}")) as caught:
        load_chat_model("ollama:llama3.2")
    assert not isinstance(caught.value, ModelNotFound)


@pytest.mark.parametrize(
    ("package", "name"),
    [("langchain", "openai:gpt-5-mini"), ("langchain_openai", "openai:gpt-5-mini"), ("langchain_openai", "vllm:m")],
)
def test_a_missing_package_is_told_with_the_command_that_installs_it(package: str, name: str) -> None:
    # In a process of its own: LangChain remembers the providers that it has imported.
    code = f"""if True:
        import sys
        from expunge.errors import PrerequisiteError
        from expunge.models import load_chat_model
        sys.modules[{package!r}] = None
        try:
            load_chat_model({name!r})
        except PrerequisiteError as error:
            print(error.fix)
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "Run: pip install 'expunge[openai]'\n"


def test_a_missing_package_of_another_provider_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    with pytest.raises(PrerequisiteError, match="pip install langchain-anthropic"):
        load_chat_model("anthropic:claude-opus-4-7")


def test_a_missing_credential_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(PrerequisiteError, match="OPENAI_API_KEY") as caught:
        load_chat_model("openai:gpt-5-mini")
    assert not isinstance(caught.value, ModelNotFound)


def test_the_demo_model_answers() -> None:
    assert load_chat_model("demo").invoke("What is the capital of France?").text


def test_a_folder_is_a_local_model_by_path_and_by_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(DEMO, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    for model in (tmp_path / "mine", Path("mine"), str(tmp_path / "mine"), "./mine", "mine"):
        assert type(load_chat_model(model)).__name__ == "LocalChatModel"


@pytest.mark.parametrize(
    "text",
    [
        "./missing",
        "~/no/such/model",
        "~nobody-of-this-name/model",
        "/no/such/model",
        "organisation/model",
        "C:/models/x",
    ],
)
def test_a_path_that_is_not_there_is_told_with_what_to_do(text: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        load_chat_model(text)
    assert "config.json" in str(caught.value)
    assert "hf download" in caught.value.fix
    with pytest.raises(ModelNotFound):
        load_chat_model(Path(text))


def test_a_folder_without_a_model_is_no_model(tmp_path: Path) -> None:
    for model in (tmp_path, str(tmp_path)):
        with pytest.raises(ModelNotFound, match=r"config\.json"):
            load_chat_model(model)


def test_a_local_model_without_its_packages_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "expunge.models.local", None)
    with pytest.raises(PrerequisiteError) as caught:
        load_chat_model(tmp_path)
    assert caught.value.fix == "Run: pip install 'expunge[local]'"


@pytest.mark.parametrize("name", ["", "gpt-5-mini", "two words", "nobody:model", "ollama:", "vllm:"])
def test_a_name_that_no_one_knows_is_not_found(name: str) -> None:
    with pytest.raises(ModelNotFound):
        load_chat_model(name)


def test_an_unknown_name_is_told_what_is_accepted() -> None:
    with pytest.raises(ModelNotFound, match="'gpt-5-mini'") as caught:
        load_chat_model("gpt-5-mini")
    for form in ("'demo'", "folder", "'provider:model'", "'ollama:llama3.2'", "'vllm:org/model'", "LangChain"):
        assert form in caught.value.fix
