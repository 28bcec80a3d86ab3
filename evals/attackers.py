"""Attackers who tell two kinds of answers apart, trained on half of the names and tested on the other half."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .measures import words

Scores = NDArray[np.float64]
"""What an attacker makes of answers, a name a row: shape `(names, questions)`; the higher, the likelier a target."""

_BINS = 8
_RESAMPLES = 2_000


class Answer(NamedTuple):
    """What an attacker sees of one answer."""

    text: str
    """The text."""

    seconds: float
    """Seconds until it was there; of a stream until its first piece."""

    pieces: int = 1
    """In how many pieces it came."""

    question: int = 0
    """Which question it answers."""


Answers = Sequence[Sequence[Answer]]
"""The answers about names, a name a row, in the order of the questions."""

Fit = Callable[[Sequence[Answer], Sequence[Answer]], Callable[[Answer], float]]
"""Trains on answers about targets and on others; returns what scores an answer."""


class Power(NamedTuple):
    """How well an attacker tells targets from other names."""

    auc: float
    """Area under the ROC curve; 0.5 is chance."""

    low: float
    """Lower end of its 95 % interval, by a bootstrap over names."""

    high: float
    """Upper end of it."""

    advantage: float
    """The largest difference between the rates of true and false positives; above 0 by chance too."""


def by_text(targets: Sequence[Answer], others: Sequence[Answer]) -> Callable[[Answer], float]:
    """Train a multinomial naive Bayes classifier on words, length and pieces, by question too, smoothed by one."""
    counts = [Counter(chain.from_iterable(map(_features, answers))) for answers in (targets, others)]
    vocabulary = counts[0].keys() | counts[1].keys()
    totals = [sum(count.values()) + len(vocabulary) for count in counts]
    weights = {
        feature: math.log((counts[0][feature] + 1) / totals[0]) - math.log((counts[1][feature] + 1) / totals[1])
        for feature in vocabulary
    }
    return lambda answer: sum(weights.get(feature, 0.0) for feature in _features(answer))


def by_direction(targets: Sequence[Answer], others: Sequence[Answer]) -> Callable[[Answer], float]:
    """Learn whether answers about targets come sooner or later."""
    sign = 1.0 if _auc(_wins(_seconds(targets), _seconds(others))) >= 0.5 else -1.0
    return lambda answer: sign * answer.seconds


def by_question(targets: Sequence[Answer], others: Sequence[Answer]) -> Callable[[Answer], float]:
    """Learn for each question whether answers about targets come sooner or later than usual."""
    middles, signs = dict[int, float](), dict[int, float]()
    for question in {answer.question for answer in targets}:
        ours, theirs = (_seconds([each for each in all_ if each.question == question]) for all_ in (targets, others))
        middles[question] = float(np.median(np.concatenate([ours, theirs])))
        signs[question] = 1.0 if _auc(_wins(ours, theirs)) >= 0.5 else -1.0
    return lambda answer: signs[answer.question] * (answer.seconds - middles[answer.question])


def by_histogram(targets: Sequence[Answer], others: Sequence[Answer]) -> Callable[[Answer], float]:
    """Learn how likely each time is of a target and of another name, in eight bins of as many answers each."""
    edges = np.quantile([answer.seconds for answer in (*targets, *others)], np.linspace(0, 1, _BINS + 1)[1:-1])

    def log_shares(answers: Sequence[Answer]) -> Scores:
        bins = np.searchsorted(edges, [answer.seconds for answer in answers])
        return np.log((np.bincount(bins, minlength=_BINS) + 1) / (len(answers) + _BINS))

    weights = log_shares(targets) - log_shares(others)
    return lambda answer: float(weights[np.searchsorted(edges, answer.seconds)])


def power(fit: Fit, targets: Answers, others: Answers, *, together: bool, seed: int = 0) -> Power:
    """Train an attacker on every second name and test it on the rest, and the other way round.

    Args:
        fit: The attacker.
        targets: The answers about targets, at least two; as many about each.
        others: The answers about other names, at least two.
        together: Whether the attacker takes all answers about a name together, or each by itself.
        seed: Of the bootstrap.
    """
    halves = [_tested(fit, targets, others, half, together=together) for half in (0, 1)]
    wins = [_wins(*half) for half in halves]
    rng = np.random.default_rng(seed)
    drawn = np.mean([_resampled(each, rng) for each in wins], axis=0)
    low, high = np.clip(np.quantile(drawn, [0.025, 0.975]), 0, 1)
    auc = float(np.mean([_auc(each) for each in wins]))
    return Power(auc, float(low), float(high), float(np.mean([_advantage(*half) for half in halves])))


def _features(answer: Answer) -> list[str]:
    features = [*words(answer.text), f"length {len(answer.text) // 10}", f"pieces {answer.pieces}"]
    return [*features, *(f"{answer.question}: {feature}" for feature in features)]


def _seconds(answers: Sequence[Answer]) -> Scores:
    return np.array([[answer.seconds] for answer in answers])


def _tested(fit: Fit, targets: Answers, others: Answers, half: int, *, together: bool) -> tuple[Scores, Scores]:
    """Train on one half of the names, and return the scores of the other half's answers."""
    score = fit(*(list(chain.from_iterable(names[1 - half :: 2])) for names in (targets, others)))
    scores = (np.array([[score(answer) for answer in name] for name in names[half::2]]) for names in (targets, others))
    ours, theirs = (each.mean(axis=1, keepdims=True) if together else each for each in scores)
    return ours, theirs


def _wins(targets: Scores, others: Scores) -> Scores:
    """Return how often answers about one target score above those about one other name, shape `(targets, others)`."""
    ours, theirs = targets[:, None, :, None], others[None, :, None, :]
    won: Scores = ((ours > theirs) + 0.5 * (ours == theirs)).mean(axis=(2, 3))
    return won


def _auc(wins: Scores) -> float:
    return float(wins.mean())


def _resampled(wins: Scores, rng: np.random.Generator) -> Scores:
    """Return the AUC of names drawn with replacement, once for each resample."""
    ours, theirs = (rng.multinomial(size, np.full(size, 1 / size), _RESAMPLES) / size for size in wins.shape)
    drawn: Scores = np.einsum("bi,ij,bj->b", ours, wins, theirs, optimize=True)
    return drawn


def _advantage(targets: Scores, others: Scores) -> float:
    """Return the statistic of Kolmogorov and Smirnov, on the side of the attacker."""
    thresholds = np.unique(np.concatenate([targets.ravel(), others.ravel()]))
    rates = [1 - np.searchsorted(np.sort(each.ravel()), thresholds) / each.size for each in (targets, others)]
    return max(0.0, float((rates[0] - rates[1]).max()))
