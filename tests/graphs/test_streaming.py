"""A draft that comes piece by piece: nothing is shown that was not audited, and nothing shown is taken back."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from time import sleep
from typing import Any

import pytest
from expunge import Policy, Sanitizer, Target, TargetStore
from expunge.agents.auditor import Auditor
from expunge.detection.growth import Growth
from expunge.detection.sentences import last_sentence
from expunge.graphs.gate import Released
from expunge.graphs.steps import Steps
from expunge.graphs.streaming import DraftStream, Piece
from expunge.stores.ledger import Ledger
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

SECRET = "Hina Ameen"
CLEAN = "Bob Ray won the race. It rained all day. Dr. Smith saw it, and 3.5 thousand others. They went home."
LATE = f"Bob Ray won the race. It rained all day. The prize went to {SECRET}. They went home."


@pytest.fixture(scope="module")
def sanitizer(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Sanitizer]:
    with TargetStore(tmp_path_factory.mktemp("targets")) as store:
        store.add(Target(name=SECRET))
        store.add(Target(name="Cobalt Heron 7-Q9", kind="secret"))
        store.add(Target(name="Zoë Müller-Å", aliases=["Yes! We Can"]))
        yield Sanitizer(store)


def cut(text: str, places: Sequence[int]) -> list[str]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


def shown(session: DraftStream, pieces: Iterable[str]) -> tuple[list[str], Released]:
    given = [session.feed(piece).text for piece in pieces if not session.ended]
    return given, session.finish()


PLACES = st.lists(st.integers(0, 200), max_size=60)


@given(places=PLACES)
def test_a_clean_answer_comes_whole_and_sentence_by_sentence(sanitizer: Sanitizer, places: list[int]) -> None:
    given, released = shown(sanitizer.begin("Who won?"), cut(CLEAN, places))
    assert "".join([*given, released.rest]) == CLEAN == released.message.text
    assert released.verdict.action == "release"
    told = ""
    for piece in filter(None, given):
        told += piece
        assert told.rstrip().endswith((".", "!"))
        assert not told.rstrip().endswith(("Dr.", "3."))


@given(places=PLACES)
def test_a_target_split_in_any_way_ends_the_stream(sanitizer: Sanitizer, places: list[int]) -> None:
    given, released = shown(sanitizer.begin("Who won?"), cut(LATE, places))
    told = "".join([*given, released.rest])
    assert told == released.verdict.text == released.message.text
    assert not any(word in told for word in ("Hina", "Ameen", "prize"))
    assert released.verdict.action in ("abstain", "rewrite")
    if released.verdict.action == "abstain":
        assert told.startswith("Bob Ray won the race. ")


def test_what_was_shown_stays_and_an_abstention_stands_for_the_rest(sanitizer: Sanitizer) -> None:
    given, released = shown(sanitizer.begin("Who won?"), LATE)
    assert "".join(given) == "Bob Ray won the race. It rained all day. "
    assert released.rest
    assert released.verdict.action == "abstain"
    assert released.message.response_metadata["finish_reason"] == "stop"


@given(places=PLACES, rest=st.sampled_from(["", " It rained.", "\nIt rained.\n"]))
def test_names_of_several_words_and_signs_are_waited_for(sanitizer: Sanitizer, places: list[int], rest: str) -> None:
    for name in ("Cobalt Heron 7-Q9", "Zoë Müller-Å", "Yes! We Can", "ᴴina Amee\u0301n"):
        draft = f"It was late.\n{name}{rest}"
        given, released = shown(sanitizer.begin("What was it?"), cut(draft, places))
        told = "".join([*given, released.rest])
        assert name.split()[0] not in told


def test_letters_on_lines_of_their_own_are_waited_for(sanitizer: Sanitizer) -> None:
    given, released = shown(sanitizer.begin("Spell it."), "Well then:\n" + "\n".join("HINAAMEEN") + "\nThat was it.")
    assert "".join(given) == "Well then:\n"
    assert released.verdict.action == "abstain"


def test_halves_of_a_surrogate_pair_are_put_together(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    given = [session.feed(piece).text for piece in ("Bob won \ud83c", "\udfc6. It", " rained. \ud83c")]
    released = session.finish()
    assert "".join([*given, released.rest]) == "Bob won \U0001f3c6. It rained. \ufffd"


def test_a_conversation_about_a_target_is_shown_at_its_end_as_invoke_gives_it(
    sanitizer: Sanitizer, store: TargetStore
) -> None:
    store.add(Target(name="Orla Venn", scope="documents", documents=["Orla Venn lives at 14 Alder Row, Skerries."]))
    own = Sanitizer(store)
    prompt, draft = "What did Orla Venn write?", "She wrote novels. She lives at 14 Alder Row, Skerries. It rained."
    given, released = shown(own.begin(prompt), draft)
    assert not any(given)
    assert released.rest == own.check(prompt, draft).text


def test_a_question_that_cannot_be_answered_is_denied(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin(f"Who is {SECRET}?")
    assert session.denied
    assert (session.finish().verdict.action, session.finish().verdict.calls) == ("abstain", 0)


def test_a_buffered_stream_is_rewritten(sanitizer: Sanitizer) -> None:
    given, released = shown(sanitizer.begin("Who won?", stream="buffer"), LATE)
    assert not any(given)
    assert released.verdict.action == "rewrite"
    assert released.rest == sanitizer.check("Who won?", LATE).text


def test_reasoning_is_shown_before_the_text_and_audited_with_it(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    pieces = [session.feed(reasoning="I think. It was "), session.feed(reasoning="Bob"), session.feed("Bob won. It")]
    released = session.finish()
    assert [*pieces, Piece(released.rest)] == [
        Piece("", "I think. "),
        Piece(),
        Piece("Bob won. ", "It was Bob"),
        Piece("It"),
    ]


@pytest.mark.parametrize("thought", [f"It was {SECRET}.", f"Hm. It was {SECRET}.", f"Hm. It was {SECRET.upper()}"])
def test_reasoning_that_discloses_is_never_shown(sanitizer: Sanitizer, thought: str) -> None:
    session = sanitizer.begin("Who won?")
    pieces = [session.feed(reasoning=sign) for sign in thought] + [session.feed(sign) for sign in CLEAN]
    released = session.finish()
    told = "".join(piece.reasoning + piece.text for piece in pieces) + released.rest + released.rest_reasoning
    assert "hina" not in told.lower()
    assert released.verdict.action != "release"


def test_a_message_with_reasoning_that_discloses_keeps_its_text(sanitizer: Sanitizer) -> None:
    block = {"type": "thinking", "thinking": f"Not {SECRET}.", "signature": "x"}
    released = sanitizer.begin("Who won?").finish(AIMessage([block, {"type": "text", "text": "Bob won."}]))
    assert (released.verdict.action, released.message.content) == ("rewrite", "Bob won.")
    clean = {**block, "thinking": "Bob."}
    released = sanitizer.begin("Who won?").finish(AIMessage([clean, {"type": "text", "text": "Bob won."}]))
    assert released.message.content == [clean, {"type": "text", "text": "Bob won."}]


def test_tool_calls_are_released_only_when_they_are_clean(sanitizer: Sanitizer) -> None:
    def call(city: str) -> AIMessage:
        return AIMessage("", tool_calls=[{"name": "find", "args": {"who": city}, "id": "1"}])

    assert sanitizer.begin("Who won?").finish(call("Bob")).message.tool_calls
    released = sanitizer.begin("Who won?").finish(call(SECRET))
    assert (released.verdict.action, released.message.tool_calls) == ("abstain", [])


def test_an_error_on_the_way_ends_in_an_abstention(sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch) -> None:
    session = sanitizer.begin("Who won?")
    given = session.feed("Bob won. It rained. ").text

    def fails(*_: object) -> None:
        raise OSError(SECRET)

    monkeypatch.setattr(Auditor, "audit", fails)
    given += session.feed("They went home. Then").text
    assert session.ended
    released = session.finish()
    assert given == "Bob won. "
    assert (released.verdict.action, released.verdict.error) == ("abstain", "OSError")


def test_a_ledger_that_cannot_be_written_shows_nothing(sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Ledger, "append", fails)
    given, released = shown(sanitizer.begin("Who won?"), CLEAN)
    assert not any(given)
    assert "Bob" not in released.rest


def test_the_ledger_tells_of_the_first_release_and_of_the_end(store: TargetStore) -> None:
    sanitizer = Sanitizer(store)
    session = sanitizer.begin("Who won?")
    session.feed("Bob won. It")
    session.abandon()
    first, last = store.ledger.entries()
    assert (first.kind, last.kind, last.error) == ("stream", "error", "Abandoned")
    assert last.text_digest != first.text_digest == store.ledger.digest("Bob won. ")
    store.ledger.verify()


def test_audits_grow_rarer_in_a_long_stream(sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch) -> None:
    audited: list[int] = []
    audit = Auditor.audit

    def counted(self: Auditor, draft: str, *rest: object) -> object:
        audited.append(len(draft))
        return audit(self, draft, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Auditor, "audit", counted)
    draft = "It rained all day in the small town by the sea. " * 400
    given, released = shown(sanitizer.begin("Tell me a story."), cut(draft, range(0, len(draft), 7)))
    assert "".join([*given, released.rest]) == draft
    assert len(audited) < 120
    assert max(after - before for before, after in pairwise(audited)) < len(draft) / 25


def test_a_policy_that_refuses_says_so_in_the_finish_reason(sanitizer: Sanitizer) -> None:
    refusing = sanitizer.with_policy(Policy(abstain="refuse"))
    _, released = shown(refusing.begin("Who won?"), LATE)
    assert released.message.response_metadata["finish_reason"] == "content_filter"


@pytest.mark.parametrize("name", ["data", "type", "index", "image_url", "base64", SECRET])
def test_no_argument_of_a_tool_call_escapes_by_its_name(sanitizer: Sanitizer, name: str) -> None:
    value = "x" if name == SECRET else SECRET
    call = AIMessage("", tool_calls=[{"name": "find", "args": {"deep": [{name: value}]}, "id": "1"}])
    assert sanitizer.begin("Who won?").finish(call).verdict.action == "abstain"


PAD = "It rained all day in the small town by the sea. " * 40
DISGUISED = {
    "one word a line": "apple\npear\nplum\n" * 70 + f"{SECRET}\nIt rained.\nSo it did.",
    "escapes": "".join(f"&#{ord(sign)};" for sign in SECRET) + ". It rained. So it did.",
    "a long encoded piece": b64encode(f"{PAD[:900]}{SECRET} won.".encode()).decode() + ". It rained. So it did.",
    "no spaces": "今日は雨が降った。" * 90 + f"{SECRET}が勝った。今日は雨が降った。",
}


@pytest.mark.parametrize("end", DISGUISED)
def test_what_comes_late_in_a_long_text_is_found_in_any_writing(sanitizer: Sanitizer, end: str) -> None:
    given, released = shown(sanitizer.begin("Tell me a story."), cut(PAD + DISGUISED[end], range(0, 9_000, 3)))
    told = "".join([*given, released.rest])
    assert released.verdict.action == "abstain"
    assert sanitizer.check("Tell me a story.", "".join(given)).action == "release"
    assert not any(word in told for word in SECRET.split())


def test_what_is_wrapped_over_lines_is_not_shown_up_to_its_last_line(sanitizer: Sanitizer, store: TargetStore) -> None:
    store.add(Target(name="sk-live-9f8e7d6c5b4a", kind="secret", documents=["The number is 900-51-4344-221."]))
    own = Sanitizer(store)
    for secret in ("sk-live-\n9f8e7d6c\n5b4a", "900\n51\n4344\n221"):
        given, released = shown(own.begin("What is it?"), f"Here it is.\n{secret}\nFine.")
        assert "".join(given) == "Here it is.\n"
        assert released.verdict.action == "abstain"


def test_parties_of_a_record_may_stand_far_apart(sanitizer: Sanitizer, store: TargetStore) -> None:
    store.add(
        Target(name="Contract between Ardoval SA and Belkin Orro Ltd", kind="record", documents=["It is of 2019."])
    )
    own = Sanitizer(store)
    draft = f"{PAD}Ardoval SA is a firm. {PAD[:1_200]}It signed a contract with Belkin Orro Ltd. So it did."
    given, released = shown(own.begin("Tell me a story."), cut(draft, range(0, len(draft), 5)))
    assert own.check("Tell me a story.", "".join(given)).action == "release"
    assert "Belkin" not in "".join(given) or released.verdict.action == "release"


def test_reasoning_explains_nothing_away(sanitizer: Sanitizer, store: TargetStore) -> None:
    store.add(Target(name="rose mark"))
    own = Sanitizer(store)
    session = own.begin("who won?")
    session.feed(reasoning="I think. It was late. ")
    given = [session.feed(sign).text for sign in "the prize went to rose mark.\nit rained.\nso it did.\n"]
    assert not any(given)
    session.finish()


def test_text_that_was_not_fed_counts_where_only_reasoning_was(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    session.feed(reasoning="I think. So. ")
    assert session.finish(AIMessage("Bob won.")).rest == "Bob won."


def test_an_exchange_that_has_ended_shows_nothing_more(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    session.feed("Bob won. It")
    ended = session.finish()
    assert session.feed(" rained. They went home. So") == Piece()
    assert session.finish() is ended


def test_a_stream_may_take_hours(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    given = session.feed("Bob won. It").text
    session._exchange.started -= 10_000
    session._exchange.growth = Growth()
    assert given + session.finish().rest == "Bob won. It"


def test_a_stream_that_was_stopped_is_withheld_whatever_else_was_fed(store: TargetStore) -> None:
    store.add(Target(name="Gilda Marsh", policy=Policy(prefer="keep")))
    session = Sanitizer(store).begin("Who won?")
    draft = "Bob won the race. It rained.\nThen came Gilda Marsh\nThe rest of it was told by nobody at all."
    for sign in draft:
        session.feed(sign)
    released = session.finish()
    assert released.verdict.action in ("release", "abstain")
    assert released.verdict.text == draft or "Gilda" not in released.verdict.text


def test_blocks_side_by_side_hide_no_name(sanitizer: Sanitizer) -> None:
    blocks: list[str | dict[Any, Any]] = ["The prize went to Hina Ameen", {"type": "text", "text": "also to nobody"}]
    released = sanitizer.begin("Who won?").finish(AIMessage(blocks))
    assert "Ameen" not in released.rest


def test_what_is_held_back_for_long_does_not_cost_more_with_every_piece(
    sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[int] = []
    uncut = Steps.uncut

    def counted(self: Steps, text: str, place: int) -> int:
        settled.append(len(text))
        return uncut(self, text, place)

    monkeypatch.setattr(Steps, "uncut", counted)
    draft = "1 2 3 4 5 6 7 8 9\n" * 500
    given, released = shown(sanitizer.begin("Count."), cut(draft, range(0, len(draft), 3)))
    assert "".join([*given, released.rest]) == draft
    assert sum(settled) < 100 * len(draft)
    assert len("".join(given)) > len(draft) / 2


def test_how_an_answer_ended_is_told_only_in_known_words(sanitizer: Sanitizer) -> None:
    told = {"finish_reason": f"{SECRET} won", "model_name": f"{SECRET} 2", "model_provider": "any"}
    metadata = (
        sanitizer.begin("Who won?").finish(AIMessage("Bob won.", response_metadata=told)).message.response_metadata
    )
    assert SECRET not in str(metadata)
    assert (metadata["finish_reason"], metadata["model_provider"]) == ("stop", "any")


def test_text_without_blanks_is_not_read_again_with_every_piece(
    sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(text: str) -> int:
        read.append(len(text))
        return last_sentence(text)

    monkeypatch.setattr("expunge.graphs.streaming.last_sentence", counted)
    draft = "ACGTTGCA" * 2_500
    given, released = shown(sanitizer.begin("Give me a sequence."), cut(draft, range(0, len(draft), 4)))
    assert "".join([*given, released.rest]) == draft
    assert sum(read) < 60 * len(draft)


def test_an_exchange_ends_once_however_many_end_it(sanitizer: Sanitizer, monkeypatch: pytest.MonkeyPatch) -> None:
    session = sanitizer.begin("Who won?")
    session.feed("Bob won. It")
    audit = Auditor.audit

    def slow(self: Auditor, *args: Any) -> Any:
        sleep(0.1)
        return audit(self, *args)

    monkeypatch.setattr(Auditor, "audit", slow)
    before = len(sanitizer.store.ledger.entries())
    with ThreadPoolExecutor(2) as threads:
        ended = threads.submit(session.finish)
        sleep(0.02)
        threads.submit(session.abandon).result()
    assert ended.result().verdict.action == "release"
    assert len(sanitizer.store.ledger.entries()) == before + 1


def test_a_model_that_was_asked_and_failed_counts_as_a_call(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    session.feed("Bob")
    assert session.fail(TimeoutError()).verdict.calls == 1


def test_a_twin_is_another_answer_to_the_same_conversation(sanitizer: Sanitizer) -> None:
    session = sanitizer.begin("Who won?")
    session.feed("Bob won. It")
    twin = session.twin()
    given, released = shown(twin, LATE)
    assert "".join(given) == "Bob Ray won the race. It rained all day. "
    assert released.verdict.action == "abstain"
    assert session.finish().verdict.action == "release"
    assert sanitizer.begin(f"Who is {SECRET}?").twin().denied
