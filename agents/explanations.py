"""What a finding rests on, and what would have changed it, in words that disclose nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from ..schema import Finding, Policy, Source, Target
from .findings import NEARER, REPEATS

LAYERS: Mapping[Source, str] = {
    "alias": "a name, an alias or a form of one",
    "fuzzy": "a name, misspelt",
    "fingerprint": "distinctive tokens of a document: dates, titles, numbers, wording",
    "meaning": "near to a document in meaning",
    "topic": "about the topic",
    "subject": "spoken of by a pronoun or a part of the name",
    "agent": "an agent's model says so, or gave no usable answer where the rules were uncertain",
}
"""What each layer of detection finds, and what an agent's model does."""


class Explanation(NamedTuple):
    """One finding in plain words."""

    finding: Finding
    """The finding."""

    layer: str
    """What its layer finds."""

    counterfactual: str
    """What would have changed it."""


def explain(finding: Finding, target: Target, policy: Policy) -> Explanation:
    """Explain a finding.

    Args:
        finding: The finding.
        target: Its target.
        policy: The policy that decided.
    """
    return Explanation(finding, LAYERS[finding.layer], " ".join(_counterfactual(finding, target, policy)))


def _counterfactual(finding: Finding, target: Target, policy: Policy) -> list[str]:
    if finding.layer in {"alias", "fuzzy"} and target.scope == "documents":
        return ["It only says whom the exchange is about: what is said of them decides."]
    if finding.certain:
        return [
            "Certain: no policy and no agent clears it.",
            "Only a change of the register does: pause the target, or narrow its scope to its documents.",
        ]
    if finding.evidence in {NEARER, REPEATS}:
        return [
            f"A sentence nearer to what stays by {_margin(finding)} would not have counted; kept texts that say the"
            ' same free it, and `prefer="keep"` asks for a higher score.'
        ]
    less = [_less(finding)]
    if (target.policy or policy).prefer == "forget":
        less.append('Uncertain: with `prefer="keep"` it would not have counted.')
    return less


def _less(finding: Finding) -> str:
    match finding.layer:
        case "fuzzy":
            return f"A spelling less like the name, by more than {_margin(finding)}, would not have counted."
        case "fingerprint" | "meaning":
            return (
                f"With {_margin(finding)} less evidence (a date or a title weighs up to 1.2, a rare word up to 0.5) it"
                " would not have counted; nor where a kept text holds the same."
            )
        case "topic":
            return (
                f"A text less on the topic by {_margin(finding)} would not have counted; kept examples raise the bar."
            )
        case "subject":
            return "It goes with the name before it: without that, or with somebody else named between, it would stay."
        case "agent":
            return "Another answer of the agent's model would have cleared it; without such a model the rules decide."
        case "alias":
            return "Documents would let the answer's facts tell whether somebody else of this name is meant."


def _margin(finding: Finding) -> str:
    return f"{max(0.0, finding.score - finding.threshold):.2f}"
