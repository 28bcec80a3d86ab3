"""The vetter's model: whether an uncertain candidate is asked for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ...detection.detector import Detector
from ...prompts.variables import VetterPrompt
from ...schema import Finding, Policy, Target
from ..conversation import Conversation
from ..findings import SAID, UNCLEARED, of_agent, stands
from ..vetting import Vetting, placed
from .adviser import Adviser, Answer, Spending
from .clearing import clearable, clears
from .lineup import Lineup, side_by_side

HINTS = 0.8
"""Weight of the marks that together hint at a target from which on the model is asked."""

# Of a long conversation the last turns say what is asked for.
_CONTEXT = 6_000
# Ends of lines that JSON leaves as they are.
_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


class Asked(Answer):
    """Whether one subject is asked for."""

    subject: str
    relation: Literal["asked", "namesake", "unrelated"]
    meant: str


class VetterAnswer(Answer):
    """What the vetter's model fills in: every subject once."""

    subjects: list[Asked]


class VettingAdviser:
    """Settles what the vetter's rules leave open.

    Args:
        adviser: The model.
        detector: The layers of detection.
        policy: Limits and sides.
    """

    def __init__(self, adviser: Adviser, detector: Detector, policy: Policy) -> None:
        self._adviser = adviser
        self._detector = detector
        self._policy = policy

    def doubts(self, vetting: Vetting, conversation: Conversation, spending: Spending) -> list[Target]:
        """Return the targets to ask about, denied or hinted at; none where one is denied whom no word clears."""
        targets = self._detector.targets
        ids = dict.fromkeys([*sorted(vetting.denied), *hinted(vetting)])
        candidates = [targets[target_id] for target_id in ids if target_id in targets][: self._policy.candidates]
        denied = [target for target in candidates if target.id in vetting.denied]
        open_ = len(denied) == len(vetting.denied) and all(
            _clearable(vetting, target, conversation) for target in denied
        )
        return candidates if open_ and self._adviser.affords(spending) else []

    def settle(self, doubts: list[Target], conversation: Conversation, vetting: Vetting, spending: Spending) -> Vetting:
        """Return the vetting with what the model says: denied, cleared, or left for the draft to tell.

        Without a usable answer all in doubt are denied, where the policy prefers forgetting.
        """
        said = self._ask(doubts, conversation, spending)
        for target in doubts:
            vetting = self._settled(vetting, target, said.get(target.id), conversation)
        return vetting

    def _ask(self, doubts: list[Target], conversation: Conversation, spending: Spending) -> Mapping[str, Asked]:
        told = _as_text(conversation)
        control = self._adviser.control(told)
        lineup = Lineup.of(doubts, conversation.ask, control)
        asked = json.dumps({"user": control.question})
        prompt = VetterPrompt(side_by_side(told, asked, swapped=control.swapped), lineup.blocks)
        answer = self._adviser.ask(prompt, VetterAnswer, spending)
        return lineup.believe(answer.subjects, {"asked"}, spending) if answer else {}

    def _settled(self, vetting: Vetting, target: Target, said: Asked | None, conversation: Conversation) -> Vetting:
        if said is None:
            uncleared = _of_ask(target, conversation, UNCLEARED)
            return _with(vetting, target, uncleared) if stands(uncleared[0], target, self._policy) else vetting
        if said.relation == "asked":
            return _with(vetting, target, _of_ask(target, conversation, SAID))
        found = _of(vetting, target)
        if not found:  # a hint, which goes on to count in the draft
            return replace(vetting, settled=vetting.settled | {target.id})
        own = _in_ask(found, conversation)
        word = said.relation, said.meant, target, own, conversation.ask
        if _clearable(vetting, target, conversation) and clears(*word):
            return _without(vetting, target.id)
        return vetting


def hinted(vetting: Vetting) -> list[str]:
    """Return the ids of the targets at which an ask hints enough to ask a model, those that it hints at most first.

    One mark is not enough, however rare: in a large register every date is somebody's.
    """
    enough = [target_id for target_id in vetting.several if vetting.hints[target_id] >= HINTS]
    return sorted(enough, key=lambda target_id: (-vetting.hints[target_id], target_id))


def _of(vetting: Vetting, target: Target) -> list[Finding]:
    return [finding for finding in vetting.findings if finding.target == target.id]


def _clearable(vetting: Vetting, target: Target, conversation: Conversation) -> bool:
    """Whether some word of the model clears a target; none does what was found outside of the ask."""
    found = _of(vetting, target)
    own = _in_ask(found, conversation)
    return len(own) == len(found) and clearable(target, own, conversation.ask)


def _in_ask(found: Sequence[Finding], conversation: Conversation) -> list[Finding]:
    """Return the findings in turns of the ask, placed in the text of all of it."""
    asking = conversation.asking
    begins = conversation.begins(asking)
    return [
        finding.model_copy(update={"start": begins[turn] + finding.start, "end": begins[turn] + finding.end})
        for finding in found
        if (turn := finding.turn) is not None and turn in begins
    ]


def _of_ask(target: Target, conversation: Conversation, evidence: str) -> list[Finding]:
    """Make the findings of a model in an ask: all of it."""
    found = of_agent(target.id, 0, len(conversation.ask), "prompt", evidence)
    return placed(found, conversation, conversation.asking)


def _with(vetting: Vetting, target: Target, findings: Sequence[Finding]) -> Vetting:
    """Return a vetting in which a target is asked for."""
    denied = {target.id} if target.scope == "everything" else set()
    return replace(
        vetting,
        active=vetting.active | {target.id},
        denied=vetting.denied | denied,
        findings=(*vetting.findings, *findings),
    )


def _without(vetting: Vetting, target_id: str) -> Vetting:
    """Return a vetting in which a target was never thought of."""
    return replace(
        vetting,
        active=vetting.active - {target_id},
        denied=vetting.denied - {target_id},
        partly=vetting.partly - {target_id},
        findings=tuple(finding for finding in vetting.findings if finding.target != target_id),
        hints={key: hint for key, hint in vetting.hints.items() if key != target_id},
    )


def _as_text(conversation: Conversation) -> str:
    """Return the last turns, a JSON object a line, so that no text can pretend to be another's turn."""
    lines: list[str] = []
    for turn in reversed(conversation.turns):
        lines.insert(0, json.dumps({turn.role: turn.text}, ensure_ascii=False).translate(_LINE_ENDS))
        if sum(map(len, lines)) > _CONTEXT:
            break
    return "\n".join(lines)
