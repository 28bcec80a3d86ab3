"""Exchanges in many threads while targets are registered, changed, paused and removed: nothing fails, nothing leaks."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

from expunge import Sanitizer, Target, TargetStore

SECRET = "Hina Ameen"
CLEAN = "Somebody won the race. It rained all day. They went home. " * 4
AT_TIMES = f"{CLEAN}Plim came second. They left."
LATE = f"{CLEAN}The prize went to {SECRET}. They left."


def change(store: TargetStore, target: Target, ended: Event) -> None:
    """Change a target that is always enforced, and one that comes and goes."""
    for number in count():
        if ended.is_set():
            return
        store.update(target.id, basis=f"Basis {number}.")
        other = store.add(Target(name="Zork Plim", documents=[f"Zork Plim was born in Brukk{number}."]))
        store.update(other.id, state="paused")
        store.update(other.id, state="active")
        store.remove(other.id)


def exchange(sanitizer: Sanitizer, answer: str, streamed: bool) -> tuple[str, str, bool]:
    """Return the action, the error, and whether anything shown holds the name."""
    if not streamed:
        verdict = sanitizer.check("Who won?", answer)
        return verdict.action, verdict.error, "Ameen" in verdict.text
    session = sanitizer.begin("Who won?")
    told = "".join(session.feed(answer[start : start + 40]).text for start in range(0, len(answer), 40))
    released = session.finish()
    return released.verdict.action, released.verdict.error, "Ameen" in told + released.rest


def test_exchanges_go_on_while_the_register_changes(store: TargetStore) -> None:
    target = store.add(Target(name=SECRET))
    sanitizer = Sanitizer(store)
    asked = [(answer, streamed) for answer in (CLEAN, AT_TIMES, LATE) for streamed in (False, True)] * 25
    ended = Event()
    with ThreadPoolExecutor(13) as pool:
        changes = pool.submit(change, store, target, ended)
        try:
            outcomes = list(pool.map(lambda case: exchange(sanitizer, *case), asked))
        finally:
            ended.set()
        changes.result()
    by_answer = {answer: Counter[tuple[str, str, bool]]() for answer in (CLEAN, AT_TIMES, LATE)}
    for outcome, (answer, _) in zip(outcomes, asked, strict=True):
        by_answer[answer][outcome] += 1
    assert by_answer[CLEAN] == {("release", "", False): 50}
    assert {(error, leaked) for _, error, leaked in by_answer[AT_TIMES]} == {("", False)}
    assert {(error, leaked) for _, error, leaked in by_answer[LATE]} == {("", False)}
    assert "release" not in {action for action, _, _ in by_answer[LATE]}
