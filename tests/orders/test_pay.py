"""The customer's money: blocked before anything is bought, taken at hand-over, asked for again when the block has lapsed."""

from collections.abc import Iterator

import pytest

from tests.orders.office import DAY_MS, SmallOffice, small_office


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def test_an_authorisation_that_expired_while_carriers_were_down_is_asked_for_again(office: SmallOffice) -> None:
    office.bank.until_ms = office.clock.ms + DAY_MS
    office.cheap.down = office.dear.down = True
    order = office.order("A")
    office.run()
    assert office.state(order) == "waiting"
    lapsed = set(office.bank.held)
    office.bank.held.clear()  # the provider lets go of the block
    office.bank.until_ms = office.clock.ms + 9 * DAY_MS
    office.cheap.down = office.dear.down = False
    office.run(later_ms=2 * DAY_MS)
    office.run(later_ms=600_000)
    assert office.state(order) == "shipped"
    assert not lapsed & set(office.bank.held)
    assert office.wrong() == []
