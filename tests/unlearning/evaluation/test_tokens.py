import math

import numpy as np
import pytest
import torch
from expunge.unlearning.encoding import IGNORED
from expunge.unlearning.evaluation.tokens import LEAST, Tokens, answer_tokens, likeliest, log_probs, z_scores


def test_questions_and_padding_are_left_out() -> None:
    logits = torch.arange(2 * 4 * 3, dtype=torch.float32).reshape(2, 4, 3)
    labels = torch.tensor([[IGNORED, 1, 2, IGNORED], [IGNORED, IGNORED, 0, 2]])
    tokens = answer_tokens(logits, labels)
    assert tokens.ids.tolist() == [1, 2, 0, 2]
    assert torch.equal(tokens.scores, torch.stack([logits[0, 0], logits[0, 1], logits[1, 1], logits[1, 2]]))


def test_log_p_and_the_likeliest_by_hand() -> None:
    tokens = Tokens(torch.tensor([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]]).log(), torch.tensor([0, 2]))
    assert log_probs(tokens).tolist() == pytest.approx([math.log(0.7), math.log(0.1)])
    assert likeliest(tokens).tolist() == [True, False]


def test_z_scores_by_hand() -> None:
    p = np.array([0.7, 0.2, 0.1])
    mean = sum(each * math.log(each) for each in p)
    deviation = math.sqrt(sum(each * (math.log(each) - mean) ** 2 for each in p))
    tokens = Tokens(torch.tensor(p).log().float().expand(3, 3), torch.tensor([0, 1, 2]))
    assert z_scores(tokens).tolist() == pytest.approx([(math.log(each) - mean) / deviation for each in p], abs=1e-5)


@pytest.mark.parametrize("broken", [math.nan, -math.inf])
def test_a_broken_model_gives_numbers(broken: float) -> None:
    tokens = Tokens(torch.tensor([[broken, 1.0, 2.0]]), torch.tensor([0]))
    assert log_probs(tokens).tolist() == [LEAST]
    assert torch.isfinite(z_scores(tokens)).all()


def test_a_model_that_is_sure_gives_numbers() -> None:
    tokens = Tokens(torch.tensor([[500.0, 0.0, 0.0]] * 2), torch.tensor([0, 1]))
    right, wrong = z_scores(tokens).tolist()
    assert right == pytest.approx(0)
    assert wrong < -1e3
