from collections import Counter

import pytest
from expunge.errors import InputError
from expunge.evals.measures import words
from expunge.evals.synthetic import make_exchanges
from expunge.evals.synthetic_targets import make_targets
from expunge.evals.synthetic_topics import TOPICS, make_topics


def test_targets_have_names_of_their_own_and_their_documents() -> None:
    targets = make_targets(5_000, documents=4)
    assert len({target.name for target in targets}) == 5_000
    assert all(len(target.documents) == 4 for target in targets)
    assert all(target.name in document for target in targets for document in target.documents)
    assert make_targets(1, documents=0)[0].documents == []


def test_targets_are_of_every_kind_and_scope() -> None:
    kinds = Counter((target.kind, target.scope) for target in make_targets(100, documents=1))
    assert kinds == {
        ("person", "everything"): 50,
        ("person", "documents"): 10,
        ("work", "everything"): 10,
        ("record", "everything"): 10,
        ("organisation", "everything"): 10,
        ("secret", "everything"): 10,
    }
    assert all(bool(target.keep) is (target.scope == "documents") for target in make_targets(100, documents=1))
    assert {target.scope for target in make_targets(100, documents=0)} == {"everything"}


def test_topics_have_questions_and_neighbours() -> None:
    topics = make_topics(TOPICS)
    assert {topic.kind for topic in topics} == {"topic"}
    assert all(len(set(topic.documents)) == 20 and topic.keep for topic in topics)
    assert make_topics(2) == topics[:2]
    with pytest.raises(InputError, match=f"There are {TOPICS} made-up topics, not {TOPICS + 1}"):
        make_topics(TOPICS + 1)


def test_the_same_seed_gives_the_same() -> None:
    assert make_targets(20, 2, seed=3) == make_targets(20, 2, seed=3) != make_targets(20, 2, seed=4)
    assert make_exchanges(20, seed=3) == make_exchanges(20, seed=3) != make_exchanges(20, seed=4)


def test_exchanges_have_their_lengths_and_name_no_target() -> None:
    exchanges = make_exchanges(200)
    assert {(len(exchange.prompt.split()), len(exchange.draft.split())) for exchange in exchanges} == {(50, 150)}
    assert len(set(exchanges)) > 190
    names = [target.name for target in make_targets(5_000, documents=0)]
    surnames = {name.split()[1].lower() for name in names[::2]}
    assert all(surnames.isdisjoint(words(f"{exchange.prompt} {exchange.draft}")) for exchange in exchanges)
    assert not any(name in f"{exchange.prompt} {exchange.draft}" for name in names for exchange in exchanges[:20])


def test_more_targets_than_names_are_refused() -> None:
    with pytest.raises(InputError, match=r"There are names for 281,250 made-up targets, not for 300,000"):
        make_targets(300_000, documents=0)
