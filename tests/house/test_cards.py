"""Every bot of the fleet says on its card why it exists, and with which classes of data it works."""

from typing import Final

import pytest

from afterclick.fleet import FLEET
from afterclick.governance.cards import Card
from afterclick.governance.lifecycle import gaps
from afterclick.governance.permissions import ACTS

CARDS: Final = {bot.card.id: bot.card for bot in FLEET.values()}


@pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))
def test_a_card_says_what_its_bot_is_for_and_which_data_it_handles(card: Card) -> None:
    assert gaps(card) == []
    assert card.handles, "name what it works with; the head of the log, for example, is log data and nobody's"


@pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))
def test_the_table_of_permissions_names_every_act_of_a_card(card: Card) -> None:
    assert [act for act in card.acts if act not in ACTS] == []
