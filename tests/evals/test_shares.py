import signal
from pathlib import Path
from threading import Thread

import pytest
from expunge.detection.canonical import canonical
from expunge.detection.decoding import readings
from expunge.evals.shares import PARTS, shares
from expunge.evals.synthetic import make_exchanges
from expunge.evals.synthetic_targets import make_targets
from expunge.graphs.sanitize import Sanitizer
from expunge.stores.targets import TargetStore

TEXT = " ".join(exchange.draft for exchange in make_exchanges(20))

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")


def test_work_is_booked_to_the_part_that_does_it() -> None:
    found = shares(lambda: [canonical(TEXT) for _ in range(400)])
    assert found is not None
    assert found["canonical text"] > 0.8
    assert sum(found.values()) == pytest.approx(1)


def test_a_part_owns_what_it_calls() -> None:
    plain = canonical(TEXT)
    found = shares(lambda: [list(readings(TEXT, plain)) for _ in range(40)])
    assert found is not None
    assert found["disguises"] > 0.8
    assert "canonical text" not in found


def test_the_parts_of_an_exchange_are_seen(tmp_path: Path) -> None:
    with TargetStore(tmp_path) as store:
        store.add_many(make_targets(20, documents=0))
        sanitizer = Sanitizer(store)
        exchange = make_exchanges(1)[0]
        found = shares(lambda: [sanitizer.check(*exchange) for _ in range(60)])
    assert found is not None
    assert set(PARTS) >= found.keys() >= {"disguises", "names with typing errors", "graph and gate"}
    assert "topics" not in found or found["topics"] < 0.05


def test_the_timer_and_its_handler_are_given_back() -> None:
    def handler(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGALRM, handler)
    waiting = signal.setitimer(signal.ITIMER_REAL, 50.0)
    try:
        with pytest.raises(ZeroDivisionError):
            shares(lambda: 1 // 0)
        assert signal.getsignal(signal.SIGALRM) is handler
        assert signal.getitimer(signal.ITIMER_REAL)[0] == pytest.approx(50.0, abs=5.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *waiting)
        signal.signal(signal.SIGALRM, before)


def test_other_threads_are_not_looked_at() -> None:
    found = []
    thread = Thread(target=lambda: found.append(shares(lambda: canonical(TEXT))))
    thread.start()
    thread.join()
    assert found == [None]


def test_work_too_short_to_be_seen_has_no_shares() -> None:
    assert shares(lambda: None) is None
