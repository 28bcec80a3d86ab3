"""The critic: forgetting first, then usefulness."""

from expunge import Policy, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.agents.critic import Critic
from expunge.agents.vetting import Vetting
from expunge.detection import Detector


def critic(store: TargetStore) -> Critic:
    detector = Detector(store)
    detector.sync()
    return Critic(Auditor(detector, Policy()))


def test_a_proposal_that_still_discloses_is_not_accepted(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    draft = "Hina Ameen won the prize. Jane Smith came second in the race."
    best, worst = critic(store).critique([draft, "Jane Smith came second in the race."], draft, Vetting())
    assert (best.accepted, best.forgetting) == (True, 5)
    assert (worst.accepted, worst.forgetting) == (False, 1)
    assert worst.findings


def test_an_uncertain_disclosure_scores_between(store: TargetStore) -> None:
    store.add(Target(name="Hina Ameen"))
    [critique] = critic(store).critique(["It was Hina Ameem."], "It was Hina Ameem.", Vetting())
    assert (critique.forgetting, critique.accepted) == (3, False)


def test_usefulness_counts_content_kept(store: TargetStore) -> None:
    draft = "Jane Smith won the marathon. Bob Ray lost it. The weather was lovely throughout."
    full, half, none = critic(store).critique([draft, "Jane Smith won the marathon.", "It is so."], draft, Vetting())
    assert (full.usefulness, none.usefulness) == (5, 1)
    assert 1 < half.usefulness < 5
    assert not none.accepted
