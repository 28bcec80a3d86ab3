import math
from collections.abc import Callable

import pytest
from expunge.errors import InputError
from expunge.unlearning.encoding import Batch
from expunge.unlearning.losses.altpo import AltPO
from expunge.unlearning.losses.dpo import DPO, DPOOptions
from expunge.unlearning.losses.idk_dpo import IdkDPO
from expunge.unlearning.losses.loss import Step
from expunge.unlearning.losses.npo import NPO, NPOOptions
from expunge.unlearning.losses.reference import Reference, Want
from transformers import PreTrainedModel


@pytest.mark.parametrize("kind", [IdkDPO, AltPO])
@pytest.mark.parametrize("beta", [0.1, 1.5])
def test_compares_two_answers_with_the_reference(
    model: PreTrainedModel,
    earlier: PreTrainedModel,
    reference: Reference,
    step: Step,
    log_p_by_hand: Callable[[PreTrainedModel, Batch], list[list[float]]],
    beta: float,
    kind: type[DPO],
) -> None:
    ratios = [
        [
            math.fsum(now) - math.fsum(before)
            for now, before in zip(log_p_by_hand(model, batch), log_p_by_hand(earlier, batch), strict=True)
        ]
        for batch in (step.replacement, step.forget)
    ]
    margins = [alternate - original for alternate, original in zip(*ratios, strict=True)]
    by_hand = 2 / beta * sum(math.log(1 + math.exp(-beta * margin)) for margin in margins) / len(margins)
    loss = kind(DPOOptions(beta=beta), reference)
    assert loss.forget(model, step).item() == pytest.approx(by_hand, rel=1e-5)
    assert loss.wants(model) == {Want("nll", "forget"), Want("nll", "alternate")}


def test_is_npo_where_the_alternate_stays_as_it_was(
    knowing: PreTrainedModel, step: Step, reference_of: Callable[[PreTrainedModel], Reference]
) -> None:
    same = reference_of(knowing)  # both ratios are 0, and so is NPO's
    dpo = IdkDPO(DPOOptions(), same).forget(knowing, step)
    npo = NPO(NPOOptions(), same).forget(knowing, step)
    assert dpo.item() == pytest.approx(npo.item(), abs=1e-4) == pytest.approx(20 * math.log(2), abs=1e-3)


def test_alternates_come_from_two_places() -> None:
    assert (IdkDPO.alternates, AltPO.alternates) == ("unknown", "plausible")


def test_without_alternates_it_says_so(model: PreTrainedModel, reference: Reference, step: Step) -> None:
    with pytest.raises(InputError, match="in place of what must go"):
        IdkDPO(DPOOptions(), reference).forget(model, Step(step.forget))
