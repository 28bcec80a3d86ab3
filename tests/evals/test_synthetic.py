import pytest
from expunge.errors import InputError
from expunge.evals.measures import words
from expunge.evals.synthetic import make_exchanges, make_targets


def test_targets_have_names_of_their_own_and_their_documents() -> None:
    targets = make_targets(5_000, documents=4)
    assert len({target.name for target in targets}) == 5_000
    assert all(len(target.documents) == 4 for target in targets)
    assert all(target.name in document for target in targets for document in target.documents)
    assert make_targets(1, documents=0)[0].documents == []


def test_the_same_seed_gives_the_same() -> None:
    assert make_targets(20, 2, seed=3) == make_targets(20, 2, seed=3) != make_targets(20, 2, seed=4)
    assert make_exchanges(20, seed=3) == make_exchanges(20, seed=3) != make_exchanges(20, seed=4)


def test_exchanges_have_their_lengths_and_name_no_target() -> None:
    exchanges = make_exchanges(200)
    assert {(len(exchange.prompt.split()), len(exchange.draft.split())) for exchange in exchanges} == {(50, 150)}
    assert len(set(exchanges)) > 190
    surnames = {target.name.split()[1].lower() for target in make_targets(5_000, documents=0)}
    assert all(surnames.isdisjoint(words(f"{exchange.prompt} {exchange.draft}")) for exchange in exchanges)


def test_more_targets_than_names_are_refused() -> None:
    with pytest.raises(InputError, match=r"There are names for 281,250 made-up targets, not for 300,000"):
        make_targets(300_000, documents=0)
