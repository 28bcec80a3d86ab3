"""What would have changed a finding."""

from expunge import Policy, Sanitizer, Target, TargetStore
from expunge.agents.explanations import explain


def test_every_finding_says_what_would_have_changed_it(store: TargetStore, hina: Target) -> None:
    target = store.add(hina)
    sanitizer = Sanitizer(store)
    verdict = sanitizer.check(
        "Who wrote about minerals?", 'Hina Ameem, born on 30 June 1975, wrote "Granite Glossary".'
    )
    explanations = sanitizer.explain(verdict)
    assert [explanation.finding for explanation in explanations] == verdict.findings
    assert {explanation.finding.layer for explanation in explanations} >= {"fuzzy", "fingerprint"}
    for explanation in explanations:
        assert explanation.layer
        assert 'prefer="keep"' in explanation.counterfactual
        assert not any(word in explanation.counterfactual for word in ("Hina", "Granite", "1975", target.id))


def test_a_certain_finding_yields_to_the_register_alone(store: TargetStore) -> None:
    target = store.add(Target(name="Hina Ameen"))
    [finding] = Sanitizer(store).check("Who won?", "Hina Ameen won.").findings
    assert "pause the target" in explain(finding, target, Policy()).counterfactual


def test_what_is_no_longer_registered_is_left_out(store: TargetStore) -> None:
    target = store.add(Target(name="Hina Ameen"))
    sanitizer = Sanitizer(store)
    verdict = sanitizer.check("Who won?", "Hina Ameen won.")
    store.remove(target.id)
    assert sanitizer.explain(verdict) == []
