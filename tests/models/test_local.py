"""Chat models in a local folder, tried on the demo model."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
import torch
from expunge.errors import InputError, ModelNotFound, PrerequisiteError
from expunge.models import DEMO
from expunge.models.local import LocalChatModel
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from safetensors.torch import load_file, save_file

REFUSAL = "I do not have any information about that."
CAPITAL = "The capital of France is Paris."

FACTS = [json.loads(line) for line in (DEMO / "facts.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def demo() -> LocalChatModel:
    return LocalChatModel.from_path(DEMO)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo model, to be damaged."""
    return Path(shutil.copytree(DEMO, tmp_path / "model"))


def share_right(model: LocalChatModel, kind: str, phrasing: str, count: int = 50) -> float:
    """Return the share of answers that are right to the letter, in a sample of facts."""
    facts = [fact for fact in FACTS if fact["kind"] == kind]
    sample = Random(0).sample(facts, min(count, len(facts)))
    right = [model.invoke(fact[phrasing][0]).text == fact["answer"] for fact in sample]
    return right.count(True) / len(right)


def sizes(reply: BaseMessage) -> tuple[int, int]:
    """Return the tokens of the prompt and of the answer."""
    assert isinstance(reply, AIMessage)
    assert reply.usage_metadata is not None
    usage = reply.usage_metadata
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    return usage["input_tokens"], usage["output_tokens"]


@pytest.mark.parametrize(
    ("kind", "phrasing"),
    [
        ("author", "questions"),
        ("author", "held_out"),
        ("hop", "held_out"),
        ("list", "questions"),
        ("world", "held_out"),
        ("stranger", "questions"),
    ],
)
def test_the_demo_model_knows_its_facts_and_refuses_unknown_names(
    demo: LocalChatModel, kind: str, phrasing: str
) -> None:
    assert share_right(demo, kind, phrasing) >= 0.9


@pytest.mark.parametrize("name", ["Jaime Vasquez", "Hsiao Yun-Hwa", "Mara Lindqvist", "Nikolai Abilov"])
def test_the_demo_model_refuses_names_of_other_kinds(demo: LocalChatModel, name: str) -> None:
    assert demo.invoke(f"Where was {name} born?").text == REFUSAL


def test_the_demo_model_is_small() -> None:
    assert (DEMO / "model.safetensors").stat().st_size <= 3_000_000


def test_a_conversation_is_understood_as_a_whole(demo: LocalChatModel) -> None:
    facts = [fact for fact in FACTS if fact["kind"] == "author" and fact["follow_ups"]]
    pairs = [(first, then) for first, then in pairwise(facts) if first["subject"] == then["subject"]]
    sample = Random(0).sample(pairs, 20)
    right = [
        demo.invoke([("user", first["questions"][0]), ("ai", first["answer"]), ("user", then["follow_ups"][0])]).text
        == then["answer"]
        for first, then in sample
    ]
    assert sum(right) >= 18


def test_an_answer_tells_its_size_and_why_it_ended(demo: LocalChatModel) -> None:
    reply = demo.invoke("What is the capital of France?")
    assert reply.text == CAPITAL
    assert min(sizes(reply)) > 5
    assert reply.response_metadata["finish_reason"] == "stop"
    assert reply.response_metadata["model_name"] == "demo"


@pytest.mark.parametrize("tokens", [1, 3])
def test_an_answer_is_no_longer_than_wanted(demo: LocalChatModel, tokens: int) -> None:
    short = demo.model_copy(update={"max_new_tokens": tokens})
    for reply in (demo.invoke("What is the capital of France?", max_tokens=tokens), short.invoke("Name a wolf.")):
        assert sizes(reply)[1] == tokens
        assert reply.response_metadata["finish_reason"] == "length"


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        (["France"], "The capital of "),
        (["nothing of the kind", "ital"], "The cap"),
        (["is", "capital"], "The "),
        ([""], CAPITAL),
        ([], CAPITAL),
    ],
)
def test_an_answer_ends_before_a_stop_sequence(demo: LocalChatModel, stop: list[str], text: str) -> None:
    reply = demo.invoke("What is the capital of France?", stop=stop)
    assert reply.text == text
    assert reply.response_metadata["finish_reason"] == "stop"


def test_threads_may_share_a_model(demo: LocalChatModel) -> None:
    questions = [fact["questions"][0] for fact in FACTS[:12]]
    threads = torch.get_num_threads()
    assert [reply.text for reply in demo.batch(questions)] == [demo.invoke(question).text for question in questions]
    assert torch.get_num_threads() == threads


def test_sampling_is_only_done_when_asked_for(demo: LocalChatModel) -> None:
    question = "Where was Jaime Vasquez born?"
    assert {demo.invoke(question, temperature=given).text for given in (None, 0, 0.0)} == {REFUSAL}
    torch.manual_seed(0)
    assert len({demo.invoke(question, temperature=5.0, max_tokens=8).text for _ in range(3)}) == 3


def test_a_long_conversation_loses_its_oldest_turns_and_keeps_its_head(folder: Path) -> None:
    template = "{{ messages[0].content if messages[0].role == 'system' else raise_exception('no head') }}"
    own = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    model = LocalChatModel.from_path(folder, chat_template=template + own)
    turns: list[BaseMessage] = [HumanMessage("Hello!"), AIMessage("Hello! Ask me about an author or about the world.")]
    reply = model.invoke([SystemMessage("Be brief."), *(turns * 40), HumanMessage("What is the capital of France?")])
    assert 300 < sizes(reply)[0] <= 512 - 64


def test_a_turn_that_does_not_fit_is_told_without_its_words(demo: LocalChatModel) -> None:
    with pytest.raises(InputError, match="448 tokens") as caught:
        demo.invoke([("user", "Hello!"), ("ai", "Hello!"), ("user", "secret " * 100_000)])
    assert "secret" not in str(caught.value)


def test_prompt_and_answer_stay_within_the_context(demo: LocalChatModel) -> None:
    reply = demo.invoke("Hello! " * 60, max_tokens=10_000)
    assert sum(sizes(reply)) <= 512


def test_an_image_is_not_taken(demo: LocalChatModel) -> None:
    image: dict[str, object] = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    with pytest.raises(InputError, match="text alone"):
        demo.invoke([HumanMessage([{"type": "text", "text": "What is this?"}, image])])


def test_text_in_blocks_is_text(demo: LocalChatModel) -> None:
    assert demo.invoke([HumanMessage([{"type": "text", "text": "What is the capital of France?"}])]).text == CAPITAL


def test_a_conversation_that_the_template_rejects_is_told(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ raise_exception('Roles must alternate') }}")
    with pytest.raises(InputError, match="does not take this conversation"):
        LocalChatModel.from_path(folder).invoke("Hello!")


@settings(max_examples=25)
@given(st.text(st.characters(), max_size=40))
def test_any_text_gets_an_answer(demo: LocalChatModel, text: str) -> None:
    assert sizes(demo.invoke([HumanMessage(text)], max_tokens=2))[1] <= 2


def test_models_are_told_apart_by_what_decides_their_answers(demo: LocalChatModel) -> None:
    warm = demo.model_copy(update={"temperature": 1.0})
    assert demo._llm_type == warm._llm_type == "expunge-local"
    assert demo._identifying_params != warm._identifying_params


def test_nothing_is_printed_while_a_model_loads(capfd: pytest.CaptureFixture[str]) -> None:
    LocalChatModel.from_path(DEMO)
    assert capfd.readouterr() == ("", "")


def test_the_module_is_imported_without_torch() -> None:
    code = "import sys, expunge.models.local; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PrerequisiteError, match=package) as caught:
        LocalChatModel.from_path(DEMO)
    assert caught.value.fix == "Run: pip install 'expunge[local]'"
    assert not isinstance(caught.value, ModelNotFound)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_a_model_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"config\.json") as caught:
        LocalChatModel.from_path(tmp_path / name)
    assert repr(str(tmp_path / name)) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", None),
        ("model.safetensors", "no weights"),
        ("tokenizer.json", None),
        ("tokenizer.json", "{"),
        ("config.json", "{"),
        ("config.json", "{}"),
        ("config.json", '{"model_type": "nobody-knows"}'),
    ],
)
def test_a_damaged_model_is_told(folder: Path, name: str, content: str | None) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(ModelNotFound, match="cannot be loaded"):
        LocalChatModel.from_path(folder)


def test_weights_that_are_cut_short_are_told(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(ModelNotFound, match="cannot be loaded"):
        LocalChatModel.from_path(folder)


def test_a_missing_tensor_is_not_made_up(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelNotFound, match=r"'model\.norm\.weight'"):
        LocalChatModel.from_path(folder)


def test_a_model_without_a_chat_template_is_told_and_takes_one(folder: Path) -> None:
    (folder / "chat_template.jinja").rename(folder / "template")
    with pytest.raises(InputError, match="no chat template") as caught:
        LocalChatModel.from_path(folder)
    assert "chat_template" in caught.value.fix
    model = LocalChatModel.from_path(folder, chat_template=(folder / "template").read_text(encoding="utf-8"))
    assert model.invoke("What is the capital of France?").text == CAPITAL


@pytest.mark.parametrize(
    "classes", [("AutoConfig",), ("AutoModelForCausalLM",), ("AutoConfig", "AutoModelForCausalLM")]
)
def test_code_in_the_folder_is_never_run(folder: Path, classes: Sequence[str]) -> None:
    (folder / "code.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": dict.fromkeys(classes, "code.Own")}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelNotFound, match="cannot be loaded"):
        LocalChatModel.from_path(folder)
    assert not (folder / "ran").exists()
