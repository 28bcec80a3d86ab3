import math
from collections.abc import Callable

import pytest
from expunge.unlearning.encoding import IGNORED, Batch
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.reference import Reference, Want
from expunge.unlearning.losses.undial import UNDIAL, UNDIALOptions
from transformers import PreTrainedModel


def entropy_by_hand(now: list[float], before: list[float], right: int, strength: float) -> float:
    target = [math.exp(score - (strength if token == right else 0)) for token, score in enumerate(before)]
    total, norm = math.fsum(target), math.log(math.fsum(map(math.exp, now)))
    return -math.fsum(share / total * (score - norm) for share, score in zip(target, now, strict=True))


@pytest.mark.parametrize("strength", [10.0, 0.5])
def test_target_is_the_reference_with_the_right_token_lowered(
    model: PreTrainedModel,
    earlier: PreTrainedModel,
    reference: Reference,
    step: Step,
    logits_by_hand: Callable[[PreTrainedModel, Batch], list[list[list[float]]]],
    strength: float,
) -> None:
    now, before = (
        [position for answer in logits_by_hand(each, step.forget) for position in answer] for each in (model, earlier)
    )
    right = [token for token in step.forget.labels.flatten().tolist() if token != IGNORED]
    entropies = [entropy_by_hand(*each, strength) for each in zip(now, before, right, strict=True)]
    loss = UNDIAL(UNDIALOptions(strength=strength), reference)
    assert loss.forget(model, step).item() == pytest.approx(math.fsum(entropies) / len(entropies), rel=1e-5)
    assert loss.wants(model) == {Want("logits", "forget")}


def test_the_reference_is_left_as_it_is(
    knowing: PreTrainedModel, step: Step, reference_of: Callable[[PreTrainedModel], Reference]
) -> None:
    loss = UNDIAL(UNDIALOptions(), reference_of(knowing))
    assert loss.forget(knowing, step).item() == loss.forget(knowing, step).item()
