"""Shares as reports write them."""

import pytest
from expunge.reporting.shares import Share, percent
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (0.00001, "under 0.01"), (0.0012, "0.12"), (0.034, "3.4"), (0.5, "50"), (0.9999, "over 99"), (1, "100")],
)
def test_a_share_is_never_written_as_nothing_or_all_where_it_is_not(value: float, written: str) -> None:
    assert percent(value) == f"{written}\N{NO-BREAK SPACE}%"


def test_intervals_are_wilsons() -> None:
    assert Share(5, 100).interval() == pytest.approx((0.0215, 0.1118), abs=1e-4)
    assert Share(0, 100).interval() == pytest.approx((0, 0.0370), abs=1e-4)
    assert Share(0, 0).interval() == (0, 1)


@given(whole=st.integers(1, 10**9), data=st.data())
def test_a_share_lies_in_its_interval(whole: int, data: st.DataObject) -> None:
    share = Share(data.draw(st.integers(0, whole)), whole)
    low, high = share.interval()
    assert 0 <= low <= share.value <= high <= 1


def test_two_shares_differ_where_chance_would_seldom_make_them() -> None:
    assert Share(2, 1_000).differs(Share(40, 1_000))
    assert not Share(20, 1_000).differs(Share(22, 1_000))
    assert not Share(0, 0).differs(Share(5, 10))
    assert not Share(0, 5).differs(Share(0, 10))
