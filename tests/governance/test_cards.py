"""A card says what its bot may do, and nothing else."""

import msgspec
import pytest

from afterclick.governance.cards import Card, Cron, Every, On, Queue

CARD = Card(
    id="orders.fulfil", does="", owner="", works_on="order",
    starts_on=(Queue("orders"), On("order.received"), Every(2), Cron("0 3 * * *")), may={"carrier": frozenset({"label", "void"})},
)  # fmt: skip


@pytest.mark.parametrize(
    ("port", "act", "allowed"),
    [("carrier", "label", True), ("carrier", "burn", False), ("payments", "label", False), ("", "", False)],
)
def test_an_act_is_allowed_when_it_is_on_the_card(port: str, act: str, allowed: bool) -> None:
    assert CARD.allows(port, act) is allowed


def test_a_card_is_the_same_after_it_was_written_down_and_read() -> None:
    assert msgspec.json.decode(msgspec.json.encode(CARD), type=Card) == CARD
