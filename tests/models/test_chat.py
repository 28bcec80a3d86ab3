"""Chat models by name, by folder, or as they are."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from expunge.errors import ModelNotFound, PrerequisiteError
from expunge.models import DEMO, load_chat_model
from langchain_core.language_models import FakeListChatModel


def test_a_chat_model_is_returned_as_it_is() -> None:
    model = FakeListChatModel(responses=["Paris."])
    assert load_chat_model(model) is model


def test_a_model_behind_an_api_answers_over_http(openai: list[dict[str, object]]) -> None:
    reply = load_chat_model("openai:gpt-5-mini").invoke("What is the capital of France?")
    assert reply.content == "Paris."
    assert openai[0]["model"] == "gpt-5-mini"
    assert openai[0]["messages"] == [{"role": "user", "content": "What is the capital of France?"}]


async def test_a_model_behind_an_api_answers_asynchronously(openai: list[dict[str, object]]) -> None:
    reply = await load_chat_model("openai:gpt-5-mini").ainvoke("What is the capital of France?")
    assert reply.content == "Paris."
    assert len(openai) == 1


@pytest.mark.parametrize("package", ["langchain", "langchain_openai"])
def test_a_missing_package_is_told_with_the_command_that_installs_it(package: str) -> None:
    # In a process of its own: LangChain remembers the providers that it has imported.
    code = f"""if True:
        import sys
        from expunge.errors import PrerequisiteError
        from expunge.models import load_chat_model
        sys.modules[{package!r}] = None
        try:
            load_chat_model("openai:gpt-5-mini")
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


@pytest.mark.parametrize("name", ["", "gpt-5-mini", "two words", "nobody:model"])
def test_a_name_that_no_one_knows_is_not_found(name: str) -> None:
    with pytest.raises(ModelNotFound):
        load_chat_model(name)


def test_an_unknown_name_is_told_what_is_accepted() -> None:
    with pytest.raises(ModelNotFound, match="'gpt-5-mini'") as caught:
        load_chat_model("gpt-5-mini")
    for form in ("'demo'", "folder", "'provider:model'", "LangChain"):
        assert form in caught.value.fix
