"""A model that an assistant steers: the same in every way of asking, and never asked without it."""

import json
import shutil
from functools import reduce
from operator import add
from pathlib import Path
from typing import cast

import expunge
import pytest
import torch
from expunge import Target, TargetStore
from expunge.errors import ModelNotFound
from expunge.models import DEMO
from expunge.models.checkpoint import Checkpoint, load_checkpoint
from expunge.models.decoding import AssistantDecoding, digest_weights, load_decoding, steer, unpadded
from expunge.models.local import LocalChatModel
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import PreTrainedTokenizerBase

# An assistant that steers a good deal: it knows all that the model knows but for ten authors.
CONTROL = DEMO.parent / "demo-control"
QUESTIONS = ["Where was Silas Barlock born?", "What is the capital of France?", "Who is Flora Bellund?", "Hello!"]
LONGEST = 30


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a steered model."""
    folder = Path(shutil.copytree(DEMO, tmp_path_factory.mktemp("steered") / "model"))
    shutil.copytree(CONTROL, folder / "assistant")
    record = {"kind": "uld", "strength": 1.0, "filter": 1e-3}
    record |= {"base": digest_weights(folder), "assistant": digest_weights(folder / "assistant")}
    (folder / "decoding.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def damaged(result: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(result, tmp_path / "model"))


@pytest.fixture(scope="module")
def steered(result: Path) -> LocalChatModel:
    return LocalChatModel.from_path(result, device="cpu", max_new_tokens=LONGEST)


@pytest.fixture(scope="module")
def decoding(result: Path) -> AssistantDecoding:
    return load_decoding(result, "cpu")


@pytest.fixture(scope="module")
def base() -> Checkpoint:
    return load_checkpoint(DEMO, "cpu")


def logits() -> st.SearchStrategy[Tensor]:
    return st.lists(st.floats(-50, 50, width=32), min_size=5, max_size=5).map(torch.tensor)


@given(logits(), logits(), st.floats(0, 5), st.floats(0, 1))
def test_p_is_a_distribution_whose_likeliest_token_is_a_candidate(
    base: Tensor, assistant: Tensor, strength: float, share: float
) -> None:
    known = base.log_softmax(-1)
    candidates = known >= known.max() + torch.tensor(share).log()
    p = steer(base, assistant, strength, share)
    assert float(p.exp().sum()) == pytest.approx(1, abs=1e-5)
    assert candidates[p.argmax()] or p.max() - p[candidates].max() < 1e-5
    torch.testing.assert_close(p[~candidates], known[~candidates])
    # Among candidates, p is as the formula says, up to a factor.
    ratio = (p - (known - strength * assistant.log_softmax(-1)))[candidates]
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), rtol=1e-4, atol=1e-3)


@given(logits(), st.floats(0, 5), st.floats(0, 1))
def test_nothing_changes_where_the_assistant_knows_nothing(base: Tensor, strength: float, share: float) -> None:
    torch.testing.assert_close(steer(base, torch.zeros(5), strength, share), base.log_softmax(-1), rtol=1e-4, atol=1e-3)


def test_by_hand() -> None:
    base, assistant = torch.tensor([0.6, 0.3, 0.09, 0.01]).log(), torch.tensor([0.8, 0.1, 0.05, 0.05]).log()
    # Candidates: those of at least 0.06. 0.6/0.8 = 0.75, 0.3/0.1 = 3, 0.09/0.05 = 1.8, of 5.55 in all; they share 0.99.
    wanted = torch.tensor([0.75 / 5.55 * 0.99, 3 / 5.55 * 0.99, 1.8 / 5.55 * 0.99, 0.01])
    torch.testing.assert_close(steer(base, assistant, 1.0, 0.1).exp(), wanted)


def test_what_something_else_has_ruled_out_stays_so() -> None:
    base = torch.tensor([[0.0, -torch.inf, 1.0], [-torch.inf, -torch.inf, 1.0]])
    p = steer(base, torch.zeros(2, 3), 1.0, 0.0).exp()
    assert p[:, 1].tolist() == [0, 0]
    torch.testing.assert_close(p.sum(-1), torch.ones(2))


def test_padding_is_told_from_text_that_begins_with_the_same_token() -> None:
    assert unpadded(torch.tensor([[0, 0, 5, 0], [0, 6, 7, 8]]), 0).tolist() == [[0, 1, 1, 1], [1, 1, 1, 1]]
    assert unpadded(torch.tensor([[0, 0, 5]]), 0).tolist() == [[1, 1, 1]]
    assert unpadded(torch.tensor([[9, 5, 0]]), 9).tolist() == [[1, 1, 1]]


def prompt_of(tokenizer: PreTrainedTokenizerBase, question: str) -> list[int]:
    turns = [{"role": "user", "content": question}]
    ids = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
    return cast("list[int]", ids)


def left_padded(base: Checkpoint) -> tuple[Tensor, Tensor]:
    prompts = [prompt_of(base.tokenizer, question) for question in QUESTIONS]
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    return ids, torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])


def test_generation_and_given_answers_agree(base: Checkpoint, decoding: AssistantDecoding) -> None:
    ids, mask = left_padded(base)
    width = ids.shape[1]
    with torch.no_grad():
        output = base.generate(
            ids, attention_mask=mask, logits_processor=decoding.processors(), max_new_tokens=LONGEST, pad_token_id=0
        )
        whole = torch.cat([mask, torch.ones_like(output[:, width:])], dim=1)
        scores = decoding.combine(output, whole, base.model(input_ids=output, attention_mask=whole).logits)
    said, likeliest = output[:, width:], scores[:, width - 1 : -1].argmax(-1)
    ended = (said == 3).cumsum(-1) - (said == 3).long() > 0  # what follows the end is padding
    assert (~ended).sum() > 20
    assert torch.equal(said[~ended], likeliest[~ended])


def test_a_search_that_changes_what_came_before_is_steered_too(base: Checkpoint, decoding: AssistantDecoding) -> None:
    ids, mask = left_padded(base)
    (kept,) = decoding.processors()
    with torch.no_grad():
        for tokens in ([5, 6], [5, 7], [8], [8, 9], [8, 9, 10], [4, 9, 10]):
            said = torch.tensor([tokens] * len(ids))
            now, shown = torch.cat([ids, said], dim=1), torch.cat([mask, torch.ones_like(said)], dim=1)
            scores = base.model(input_ids=now, attention_mask=shown).logits
            wanted = decoding.combine(now, shown, scores)[:, -1]
            got = kept(cast("torch.LongTensor", now), cast("torch.FloatTensor", scores[:, -1]))
            torch.testing.assert_close(got, wanted, rtol=1e-3, atol=1e-3)
    arguments = {"max_new_tokens": 5, "num_beams": 2, "pad_token_id": 0}
    beams = base.generate(ids, attention_mask=mask, logits_processor=decoding.processors(), **arguments)
    assert not torch.equal(beams, base.generate(ids, attention_mask=mask, **arguments))


def test_padding_on_either_side_changes_nothing(base: Checkpoint, decoding: AssistantDecoding) -> None:
    ids, mask = left_padded(base)
    with torch.no_grad():
        for row in range(len(ids)):
            alone = ids[row : row + 1, ids.shape[1] - int(mask[row].sum()) :]
            logits = base.model(input_ids=alone).logits
            wanted = decoding.combine(alone, torch.ones_like(alone), logits)
            zeros = torch.zeros_like(alone[:, :3])
            for left in (True, False):
                parts = [zeros, alone] if left else [alone, zeros]
                shown = [zeros, torch.ones_like(alone)] if left else [torch.ones_like(alone), zeros]
                blank = logits.new_zeros(1, 3, logits.shape[-1])
                padded = torch.cat([blank, logits] if left else [logits, blank], dim=1)
                got = decoding.combine(torch.cat(parts, dim=1), torch.cat(shown, dim=1), padded)
                torch.testing.assert_close(got[:, 3:] if left else got[:, :-3], wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_steered_model_streams_what_it_answers(
    steered: LocalChatModel, base: Checkpoint, decoding: AssistantDecoding, question: str
) -> None:
    reply = steered.invoke(question)
    assert reduce(add, steered.stream(question)).text == reply.text
    prompt = prompt_of(base.tokenizer, question)
    ids = torch.tensor([prompt])
    with torch.no_grad():
        for _ in range(LONGEST):  # by hand, without any cache
            scores = decoding.combine(ids, torch.ones_like(ids), base.model(input_ids=ids).logits)
            ids = torch.cat([ids, scores[:, -1:].argmax(-1)], dim=1)
            if ids[0, -1] == 3:
                break
    text = str(base.tokenizer.decode(ids[0, len(prompt) :], skip_special_tokens=True))
    assert text.strip() == reply.text


def test_a_steered_model_says_something_else(steered: LocalChatModel) -> None:
    plain = LocalChatModel.from_path(DEMO, device="cpu", max_new_tokens=LONGEST)
    assert [steered.invoke(each).text for each in QUESTIONS] != [plain.invoke(each).text for each in QUESTIONS]


def test_a_steered_model_can_be_wrapped(result: Path, store: TargetStore, hina: Target) -> None:
    store.add(hina)
    assert expunge.wrap(str(result), store).invoke("What is the capital of France?").text


def told(folder: Path, match: str) -> None:
    with pytest.raises(ModelNotFound, match=match) as caught:
        LocalChatModel.from_path(folder, device="cpu")
    assert caught.value.fix


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"kind": "other"}', '{"kind": "uld", "strength": 1, "filter": 0, "base": {}, "assistant": {}}'],
)
def test_a_damaged_record_is_told_and_the_model_not_asked(damaged: Path, content: str) -> None:
    (damaged / "decoding.json").write_text(content)
    told(damaged, "missing or damaged")


def test_a_record_that_leads_nowhere_is_told(damaged: Path) -> None:
    (damaged / "decoding.json").unlink()
    (damaged / "decoding.json").symlink_to(damaged / "gone")
    told(damaged, "missing or damaged")


def test_other_weights_are_told(damaged: Path) -> None:
    base, assistant = damaged / "model.safetensors", damaged / "assistant" / "model.safetensors"
    shutil.copy(assistant, base)
    told(damaged, "not those that 'decoding.json' was written for")
    shutil.copy(DEMO / "model.safetensors", base)
    shutil.copy(base, assistant)
    told(damaged, "assistant")
    shutil.rmtree(damaged / "assistant")
    told(damaged, "assistant")
