"""What is trained on, and in which order."""

from collections import Counter

import torch
from expunge.unlearning.encoding import IGNORED, Encoded, Encoder
from expunge.unlearning.training.pairing import Collator, Pairs, Sets, batch_of
from hypothesis import given
from hypothesis import strategies as st


def encoded(number: int) -> Encoded:
    return Encoded(list(range(1, number + 4)), 2)


def sets(forget: int, retain: int, alternates: list[int] | None = None) -> Sets:
    return Sets(
        [encoded(n) for n in range(forget)],
        [encoded(n) for n in range(retain)],
        [[encoded(n) for n in range(count)] for count in alternates or []],
    )


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 60), st.integers(0, 9))
def test_a_set_is_gone_through_whole_before_any_of_it_comes_again(
    forget: int, retain: int, count: int, seed: int
) -> None:
    pairs = Pairs(sets(forget, retain), count, seed, alternates=False, retain=True)
    assert len(pairs) == count
    for size, rows in ((forget, [item.forget for item in pairs.items]), (retain, [i.retain for i in pairs.items])):
        counts = Counter(rows)
        assert max(counts.values()) - min(counts.get(row, 0) for row in range(size)) <= 1


def test_the_same_seed_gives_the_same_order_and_another_another() -> None:
    def items(seed: int) -> object:
        return Pairs(sets(9, 9), 50, seed, alternates=False, retain=True).items

    assert items(3) == items(3)
    assert items(3) != items(4)


def test_an_alternate_belongs_to_its_forget_example() -> None:
    own = sets(3, 0, alternates=[2, 1, 4])
    rows = {0: {0, 1}, 1: {2}, 2: {3, 4, 5, 6}}
    items = Pairs(own, 200, 0, alternates=True, retain=False).items
    assert all(item.alternate in rows[item.forget] for item in items)
    assert {item.alternate for item in items} == set(range(7))
    assert all(item.retain is None for item in items)


def test_a_batch_holds_each_side_with_its_rows_and_what_is_not_asked_for_is_left_out(encoder: Encoder) -> None:
    own = sets(4, 5)
    collate = Collator(own, encoder)
    inputs = collate(Pairs(own, 3, 0, alternates=False, retain=True).items)
    forget, retain = batch_of(inputs, "forget"), batch_of(inputs, "retain")
    assert batch_of(inputs, "alternate") is None
    assert forget is not None
    assert retain is not None
    for batch, examples in ((forget, own.forget), (retain, own.retain)):
        for row, ids, labels, mask in zip(
            batch.rows.tolist(), batch.input_ids, batch.labels, batch.attention_mask, strict=True
        ):
            length = len(examples[row].ids)
            assert ids[:length].tolist() == examples[row].ids
            assert labels[2:length].tolist() == examples[row].answer
            assert (labels[:2] == IGNORED).all()
            assert (labels[length:] == IGNORED).all()
            assert torch.equal(mask, (torch.arange(len(ids)) < length).long())
