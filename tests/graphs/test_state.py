"""The desk: exchanges by handle, out of sight of streams."""

import pickle

import pytest
from expunge.agents.conversation import Conversation
from expunge.graphs.draft import Draft
from expunge.graphs.state import Desk, Exchange, LostExchange


def exchange() -> Exchange:
    return Exchange(Conversation.of("the secret"), draft=Draft("the secret"))


def test_a_handle_leads_to_its_exchange_until_dropped() -> None:
    desk, one = Desk(), exchange()
    handle = desk.put(one)
    assert desk.get(handle) is one
    desk.drop(handle)
    with pytest.raises(LostExchange):
        desk.get(handle)


def test_the_oldest_give_way() -> None:
    desk = Desk(limit=2)
    first, *others = [desk.put(exchange()) for _ in range(3)]
    assert len(desk) == 2
    assert all(desk.get(handle) for handle in others)
    with pytest.raises(LostExchange):
        desk.get(first)


def test_an_exchange_has_no_readable_form() -> None:
    assert "secret" not in repr(exchange())
    with pytest.raises(TypeError):
        pickle.dumps(exchange())
