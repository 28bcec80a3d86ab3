"""Exchanges of a dialogue, their digests, and samples of them."""

from expunge.agents.conversation import Role
from expunge.audits.exchanges import Exchange, exchanges_in, is_sampled
from expunge.audits.records import Dialogue, Place, Turn
from expunge.stores import Keys
from hypothesis import given
from hypothesis import strategies as st

KEYS = Keys("correct horse battery staple")
ROLES = st.sampled_from(["system", "user", "assistant", "tool"])


def turns(*roles: str) -> tuple[Turn, ...]:
    return tuple(Turn(role, f"{role} {i}", Place("log", 1), (i,)) for i, role in enumerate(roles))  # type: ignore[arg-type]


def dialogue(*roles: Role) -> Dialogue:
    return Dialogue("d", None, turns(*roles))


@given(st.lists(ROLES))
def test_every_answer_has_one_exchange_and_so_has_a_question_at_the_end(roles: list[Role]) -> None:
    found = list(exchanges_in(dialogue(*roles), 7))
    answers = [each.answer for each in found if each.answer]
    assert [answer.role for answer in answers] == ["assistant"] * roles.count("assistant")
    assert [each.number for each in found] == list(range(7, 7 + len(found)))
    assert (found != [] and found[-1].answer is None) == (roles != [] and roles[-1] != "assistant")
    for each in found:
        assert each.prompt == turns(*roles)[: len(each.prompt)]


def exchange(*texts: str, answer: str | None = None) -> Exchange:
    prompt = tuple(Turn("user", text, Place("log", 1), ()) for text in texts)
    return Exchange(0, "", None, prompt, Turn("assistant", answer, Place("log", 1), ()) if answer is not None else None)


@given(st.lists(st.text(max_size=5), min_size=1, max_size=3), st.lists(st.text(max_size=5), min_size=1, max_size=3))
def test_a_digest_tells_other_texts(one: list[str], other: list[str]) -> None:
    same = exchange(*one, answer="a").digest(KEYS) == exchange(*other, answer="a").digest(KEYS)
    assert same == (one == other)


def test_a_digest_is_that_of_the_texts_wherever_they_stand() -> None:
    here = exchange("a", answer="b")
    there = here._replace(number=9, id="x", at=1.0, prompt=(here.prompt[0]._replace(place=Place("other", 3)),))
    assert here.digest(KEYS) == there.digest(KEYS)
    assert exchange("a", answer="").digest(KEYS) != exchange("a").digest(KEYS)
    assert here.digest(KEYS) != here.digest(Keys("another horse battery staple"))


def test_a_sample_takes_its_share() -> None:
    assert 850 < sum(is_sampled(number, 0.1, KEYS) for number in range(10_000)) < 1_150
    assert all(is_sampled(number, 1.0, KEYS) for number in range(100))
    larger = {number for number in range(1_000) if is_sampled(number, 0.5, KEYS)}
    assert {number for number in range(1_000) if is_sampled(number, 0.2, KEYS)} <= larger
