"""The kill switch of buying, and what waits behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from afterclick.procurement.buying import stopping
from tests.procurement.buying.buying_office import HOUR_MS, BuyingOffice, buying_office, with_limits


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[BuyingOffice]:
    with buying_office(database_url, tmp_path) as made:
        yield made


def test_nothing_leaves_while_buying_is_stopped_and_everything_when_it_goes_on(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stopping.stop(tx, by="person:anna", because="the books are closed", now_ms=office.clock.ms)
    purchase = office.order()
    office.run(later_ms=HOUR_MS)
    assert (office.state(purchase), office.on_order()) == ("approved", 10)
    assert next(iter(office.ledger.rows("SELECT COUNT(*) FROM purchases"))) == (0,)
    with office.database.transaction() as tx:
        stopping.go(tx, by="person:anna", because="open again", now_ms=office.clock.ms)
    office.run()
    assert office.state(purchase) == "sent"


def test_what_waited_while_buying_was_stopped_keeps_the_limits_of_the_day_on_which_it_leaves(
    database_url: str, tmp_path: Path
) -> None:
    with buying_office(database_url, tmp_path, policy=with_limits(orders_per_day=2)) as office:
        with office.database.transaction() as tx:
            stopping.stop(tx, by="person:anna", because="an audit", now_ms=office.clock.ms)
        for _ in range(2):
            office.order()
            office.order()
            office.run(later_ms=24 * HOUR_MS)
        with office.database.transaction() as tx:
            stopping.go(tx, by="person:anna", because="it is over", now_ms=office.clock.ms)
        office.run(later_ms=HOUR_MS)
        assert sorted(row[0] for row in office.rows("SELECT state FROM purchase_orders")) == ["asked", "asked", "sent", "sent"]
        assert all(row[0].endswith("2 are the limit") for row in office.rows("SELECT because FROM tasks"))
