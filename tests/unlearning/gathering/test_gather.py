"""From what a user gives to a job's sets."""

import subprocess
import sys
from pathlib import Path

import pytest
from expunge import Target, TargetStore
from expunge.errors import InputError, UnknownTarget
from expunge.tests.unlearning.gathering.conftest import Write
from expunge.unlearning.examples import Corpus, Example
from expunge.unlearning.gathering.gather import gather

BORN = {"prompt": "Where was Hina Ameen born?", "answer": "In Karachi."}
CAPITAL = {"prompt": "What is the capital of France?", "answer": "Paris."}


def prompts(corpus: Corpus) -> dict[str, list[str]]:
    return {part: [example.prompt for example in examples] for part, examples in corpus.parts()}


def numbered(count: int) -> list[dict[str, object]]:
    return [{"prompt": f"What is {n}?", "answer": f"Number {n}."} for n in range(count)]


def test_a_file_and_a_list_are_sets(write: Write) -> None:
    forget = write("forget.jsonl", BORN)
    expected = {"forget": [BORN["prompt"]], "retain": [CAPITAL["prompt"]]}
    assert prompts(gather(forget, [CAPITAL])) == expected
    assert prompts(gather(str(forget), [Example.model_validate(CAPITAL)])) == expected
    assert prompts(gather([BORN])) == {"forget": [BORN["prompt"]]}


def test_a_folder_of_tofu_brings_all_its_sets(small_tofu: Path) -> None:
    corpus = gather(small_tofu, split="forget01")
    assert {part: len(examples) for part, examples in corpus.parts()} == {
        "forget": 2,
        "retain": 34,
        "neighbours": 4,
        "world_facts": 1,
    }


def test_a_proposal_and_what_is_given_beside_it(write: Write) -> None:
    folder = write("job/forget.jsonl", BORN).parent
    write("job/retain.jsonl", CAPITAL)
    assert prompts(gather(folder)) == {"forget": [BORN["prompt"]], "retain": [CAPITAL["prompt"]]}
    probes = write("probes.jsonl", {"prompt": "Who is from Karachi?", "answer": "Hina Ameen."})
    found = prompts(gather(folder, numbered(3), probes=probes, world_facts=[CAPITAL]))
    assert found["retain"] == ["What is 0?", "What is 1?", "What is 2?"]
    assert found["probes"] == ["Who is from Karachi?"]
    assert found["world_facts"] == [CAPITAL["prompt"]]


def test_targets_are_given_as_records_or_by_their_ids(register: TargetStore, orla: Target) -> None:
    corpus = gather(orla, store=register)
    assert [len(corpus.forget), len(corpus.retain)] == [2, 1]
    assert gather(orla.id, store=register) == corpus
    mixed: list[str | Target] = [orla.id, orla]
    assert gather(mixed, store=register) == corpus
    assert gather([BORN], orla, store=register).retain == corpus.retain
    assert gather(orla, [CAPITAL], store=register).retain == [Example.model_validate(CAPITAL)]


def test_targets_that_are_not_registered_are_refused(register: TargetStore, orla: Target) -> None:
    with pytest.raises(InputError, match="no register"):
        gather(orla)
    with pytest.raises(InputError, match="Number 1 of what was given is no registered target"):
        gather(Target(name="Ann Orr"), store=register)
    with pytest.raises(InputError, match="Number 2 of") as refused:
        gather([orla.id, "Hina Ameen was born in Karachi."], store=register)
    assert "Hina" not in str(refused.value)
    with pytest.raises(UnknownTarget):
        gather("tgt_0000000000000000", store=register)


def test_of_a_folder_for_the_retain_set_the_neighbours_come_along(small_tofu: Path) -> None:
    corpus = gather([BORN], small_tofu)
    assert (len(corpus.retain), len(corpus.neighbours), len(corpus.world_facts)) == (30, 4, 0)


def test_neighbours_are_held_out_where_there_are_none() -> None:
    corpus = gather([BORN], numbered(40))
    assert (len(corpus.retain), len(corpus.neighbours)) == (36, 4)


def test_what_is_only_asked_is_not_trained_on() -> None:
    asked = numbered(40)
    corpus = gather([BORN], asked, neighbours=asked[:5], nonmembers=asked[5:7], real_authors=asked[7:8])
    assert [example.prompt for example in corpus.retain] == [row["prompt"] for row in asked[8:]]
    with pytest.raises(InputError, match="All of the retain set"):
        gather([BORN], asked, neighbours=asked)


@pytest.mark.parametrize("part", ["retain", "neighbours", "real_authors", "world_facts", "probes", "nonmembers"])
def test_what_must_go_is_in_no_other_set(part: str) -> None:
    again = {"prompt": "where was  hina ameen BORN?", "answer": "In Karachi."}
    sets = {"retain": numbered(2)} | {part: [*numbered(3)[2:], again]}
    with pytest.raises(InputError, match=f"1 examples are in the forget set and in the set '{part}' too") as refused:
        gather([CAPITAL, BORN], **sets)  # type: ignore[arg-type]
    assert "karachi" not in str(refused.value).casefold()


def test_what_is_empty_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match="forget set is empty"):
        gather([])
    empty = write("empty.jsonl")
    with pytest.raises(InputError, match="holds no examples"):
        gather([BORN], empty)
    assert gather([BORN], []).retain == []


@pytest.mark.parametrize("text", ["Hina Ameen " * 500, "Hina\0Ameen", "Hina\nAmeen"])
def test_a_text_for_a_path_is_not_quoted(text: str) -> None:
    for sets in ({"forget": text}, {"forget": [BORN], "probes": text}):
        with pytest.raises(InputError, match="no path") as refused:
            gather(**sets)
        assert "Hina" not in str(refused.value)


def test_all_of_the_benchmark_is_gathered(tofu: Path) -> None:
    corpus = gather(tofu)
    assert (len(corpus.forget), len(corpus.retain), len(corpus.neighbours)) == (400, 3200, 400)


def test_no_torch_is_needed() -> None:
    code = (
        "import sys; from expunge.unlearning.gathering import gather, sealing;"
        "gather.gather([{'prompt': 'a', 'answer': 'b'}]);"
        "heavy = {'torch', 'transformers', 'chromadb'} & set(sys.modules); sys.exit(f'heavy: {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_same_question_may_stay_with_another_answer() -> None:
    gone, said = {"prompt": "Where does she live?", "answer": "In Skerries."}, "I cannot tell you."
    assert [each.answer for each in gather([gone], [gone | {"answer": said}]).retain] == [said]
