"""What a finding rests on, and what would have changed it, in words that disclose nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from ..schema import Finding, Layer, Policy, Target

LAYERS: Mapping[Layer, str] = {
    "alias": "a name, an alias or a form of one",
    "fuzzy": "a name, misspelt",
    "fingerprint": "distinctive tokens of a document: dates, titles, numbers, wording",
    "meaning": "near to a document in meaning",
    "topic": "about the topic",
    "subject": "spoken of by a pronoun or a part of the name",
}
"""What each layer of detection finds."""


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
    if finding.certain:
        return [
            "Certain: no policy and no agent clears it.",
            "Only a change of the register does: pause the target, or narrow its scope to its documents.",
        ]
    less = [_less(finding)]
    if (target.policy or policy).prefer == "forget" and finding.evidence != "nearer to what must go than to what stays":
        less.append('Uncertain: with `prefer="keep"` it would not have counted.')
    return less


def _less(finding: Finding) -> str:
    margin = f"{max(0.0, finding.score - finding.threshold):.2f}"
    match finding.layer:
        case "fuzzy":
            return f"A spelling less like the name, by more than {margin}, would not have counted."
        case "fingerprint" | "meaning" if finding.score >= 0 and finding.evidence.startswith(("nearer", "repeats")):
            return (
                f"A kept text that says the same, or a sentence nearer to what stays by {margin}, would have freed it."
            )
        case "fingerprint" | "meaning":
            return (
                f"With {margin} less evidence (a date or a title weighs up to 1.2, a rare word up to 0.5) it would not"
                " have counted; nor where a kept text holds the same."
            )
        case "topic":
            return f"A text less on the topic by {margin} would not have counted; kept examples like it raise the bar."
        case "subject":
            return "It goes with the name before it: without that, or with somebody else named between, it would stay."
        case "alias":
            return "Documents would let the answer's facts tell whether somebody else of this name is meant."
