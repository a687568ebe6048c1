"""The scout visits what is due, keeps what it read with its provenance, and lets only proven prices through."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from afterclick.connectors.price_folder import PriceFolder
from afterclick.domain.purchase import Offer, PriceBreak, Vendor
from afterclick.domain.scouting import HOUR_MS
from afterclick.procurement.buying import records
from afterclick.procurement.scouting import readings, watches
from afterclick.procurement.scouting.accepting import accept
from afterclick.procurement.scouting.readings import UnknownReading
from afterclick.procurement.scouting.scout import scout
from afterclick.procurement.scouting.watches import BadWatch, Watch
from afterclick.simulator.vendor_site import Shown, VendorSite
from tests.orders.office import SmallOffice, small_office

CUP = "https://acme.example/cup"
DAY = 24 * HOUR_MS


class Scouted:
    """An office with a scout, a vendor's site and a folder for price lists."""

    def __init__(self, office: SmallOffice, site: VendorSite, folder: Path) -> None:
        self.office, self.site, self.folder = office, site, folder

    def watch(self, address: str = CUP, *, party: str = "acme", sku: str = "CUP", **more: Any) -> int:
        with self.office.database.transaction() as tx:
            made, _ = watches.add(
                tx, Watch(party=party, address=address, sku=sku, **more), by="anna", now_ms=self.office.clock.ms
            )
        return made.id

    def show(self, price: str, address: str = CUP, **more: Any) -> None:
        self.site.show(address, Shown("Cup", Decimal(price), **more))

    def days(self, count: int) -> None:
        """Let days pass, the scout at work on each: once to go, once to pick up."""
        for _ in range(count):
            self.visit(DAY)

    def visit(self, later_ms: int = 0) -> None:
        self.office.run(later_ms=later_ms + 1_000)
        self.office.run(later_ms=30_000)

    def counting(self, party: str = "acme", sku: str = "CUP") -> int | None:
        with self.office.database.reading() as tx:
            kept = readings.accepted_prices(tx).get((party, sku))
        return kept.reading.amount if kept else None

    def events(self, activity: str) -> list[tuple[str, str]]:
        return [tuple(row) for row in self.office.rows(
            "SELECT verdict, because FROM events WHERE activity = ? ORDER BY block, seq", activity
        )]  # fmt: skip


@pytest.fixture
def scouted(database_url: str, tmp_path: Path) -> Iterator[Scouted]:
    site, folder = VendorSite(), tmp_path / "price-lists"
    folder.mkdir()
    with small_office(database_url, bots=(scout,), more_ports={"web": site, "web:files": PriceFolder(folder)}) as office:
        yield Scouted(office, site, folder)


def test_a_price_counts_after_two_days_and_keeps_its_provenance(scouted: Scouted) -> None:
    scouted.show("10.00")
    scouted.watch()
    scouted.visit()
    assert scouted.counting() is None
    scouted.days(1)
    assert scouted.counting() == 1000
    (kept,) = [one for one in history(scouted) if one.judged.counts]
    assert (kept.reading.url, kept.reading.currency, kept.judged.readings) == (CUP, "EUR", 2)
    assert len(kept.reading.sha256) == 64
    assert kept.reading.path
    assert "json-ld" in kept.reading.source


def history(scouted: Scouted) -> list[readings.Kept]:
    with scouted.office.database.reading() as tx:
        return readings.history(tx)


@pytest.mark.parametrize("fault", ["factor", "currency", "nonsense", "down", "gone"])
def test_a_page_that_lies_or_fails_for_a_week_moves_nothing(scouted: Scouted, fault: str) -> None:
    scouted.show("10.00")
    scouted.watch()
    scouted.days(3)
    scouted.show("10.00", fault=fault)
    scouted.days(7)
    assert scouted.counting() == 1000
    scouted.show("10.00")
    scouted.days(2)
    assert scouted.counting() == 1000


def test_a_change_is_told_once_and_again_when_it_counts(scouted: Scouted) -> None:
    scouted.show("10.00")
    scouted.watch()
    scouted.days(2)
    scouted.show("13.00")
    scouted.days(2)
    assert [verdict for verdict, _ in scouted.events("price.changed")] == ["Ask"]
    assert scouted.counting() == 1000
    scouted.days(1)
    assert scouted.counting() == 1300
    assert [verdict for verdict, _ in scouted.events("price.changed")] == ["Ask", "Pass"]
    assert "rose by 30.0%" in scouted.events("price.changed")[-1][1]


def test_a_person_may_let_a_doubted_price_count(scouted: Scouted) -> None:
    scouted.show("10.00")
    scouted.watch()
    scouted.days(2)
    scouted.show("100.00")
    scouted.days(1)
    doubted = history(scouted)[0]
    with scouted.office.database.transaction() as tx:
        event = accept(tx, doubted.id, by="anna", because="they said so on the phone", now_ms=scouted.office.clock.ms)
    assert event.verdict == "Pass"
    assert scouted.counting() == 10_000
    with scouted.office.database.transaction() as tx, pytest.raises(UnknownReading, match="later one"):
        accept(tx, doubted.id, by="anna", because="again", now_ms=scouted.office.clock.ms)


def test_an_unchanged_page_confirms_without_being_sent_again(scouted: Scouted) -> None:
    scouted.show("10.00")
    scouted.watch()
    scouted.days(2)
    assert scouted.counting() == 1000
    assert scouted.office.one("SELECT failures FROM watches") == 0
    assert scouted.site.visits == 2


def test_a_failing_page_is_visited_less_and_less_and_named(scouted: Scouted) -> None:
    scouted.watch()
    scouted.visit()
    assert scouted.office.one("SELECT failures FROM watches") == 1
    assert "404" in scouted.office.one("SELECT said FROM watches")
    before = scouted.site.visits
    scouted.visit(60_000)
    assert scouted.site.visits == before
    for _ in range(12):
        scouted.visit(HOUR_MS)
    assert 3 <= scouted.site.visits - before <= 7
    assert len(scouted.events("watch.unread")) == 2


def test_the_market_is_the_middle_of_what_others_ask(scouted: Scouted) -> None:
    for party, price in (("acme", "10.00"), ("bolt", "12.00"), ("crow", "20.00")):
        scouted.show(price, f"https://{party}.example/cup")
        scouted.watch(f"https://{party}.example/cup", party=party, role="vendor" if party == "acme" else "competitor")
    scouted.days(3)
    with scouted.office.database.reading() as tx:
        found = readings.market(tx, ["CUP", "PLATE"], now_ms=scouted.office.clock.ms)
        assert set(readings.accepted_prices(tx)) == {("acme", "CUP")}
    one = found["CUP"]
    assert (one.median, one.low, one.high, one.parties, one.currency) == (1200, 1000, 2000, 3, "EUR")
    assert "PLATE" not in found


def test_a_price_that_counts_becomes_the_offer_of_a_known_vendor(scouted: Scouted) -> None:
    with scouted.office.database.transaction() as tx:
        records.save_vendors(tx, [Vendor("acme", "Acme")], now_ms=1)
        kept = Offer("acme", "PLATE", (PriceBreak(1, 500),))
        records.save_offers(tx, [kept], now_ms=1)
    for sku, price in (("CUP", "10.00"), ("PLATE", "9.00")):
        scouted.show(price, f"https://acme.example/{sku}")
        scouted.watch(f"https://acme.example/{sku}", sku=sku)
    scouted.days(3)
    with scouted.office.database.reading() as tx:
        found = {one.offer.sku: one for one in records.offers(tx)}
    assert (found["CUP"].offer.price_at(1), found["CUP"].offer.source, found["CUP"].readings) == (1000, "page", 2)
    assert found["PLATE"].offer == kept


def test_a_price_list_in_the_folder_counts_at_once_and_names_its_bad_lines(scouted: Scouted) -> None:
    (scouted.folder / "acme.csv").write_text("sku,price,currency\nCUP,9.50,EUR\nPLATE,free?,EUR\nNEW,1,EUR\n")
    scouted.watch("file:acme.csv", sku="")
    scouted.visit()
    assert scouted.counting() == 950
    assert scouted.office.rows("SELECT lines, lines_bad, said FROM watches") == [(2, 1, "line 3: 'free?' is no price")]
    (scouted.folder / "acme.csv").write_text("sku,price,currency\nCUP,950,EUR\n")
    scouted.days(3)
    assert scouted.counting() == 950


def test_an_unchanged_list_adds_no_rows_every_day(scouted: Scouted) -> None:
    (scouted.folder / "acme.csv").write_text("sku,price,currency\nCUP,9.50,EUR\nSPOON,1,EUR\n")
    scouted.watch("file:acme.csv", sku="")
    scouted.days(4)
    assert scouted.office.one("SELECT COUNT(*) FROM price_readings") == 2
    scouted.days(8)
    assert scouted.office.one("SELECT COUNT(*) FROM price_readings") <= 6, "every few days, so that they do not get old"


@pytest.mark.parametrize(
    ("watch", "because"),
    [
        (Watch(party="", address=CUP), "whose price"), (Watch(party="a", address="ftp://x/y"), "no web address"),
        (Watch(party="a", address=CUP, sku="NONE"), "does not know"),
        (Watch(party="a", address=CUP, every_hours=0), "once an hour"),
    ],
)  # fmt: skip
def test_a_watch_that_cannot_be_kept_says_why(scouted: Scouted, watch: Watch, because: str) -> None:
    with scouted.office.database.transaction() as tx, pytest.raises(BadWatch, match=because):
        watches.add(tx, watch, by="anna", now_ms=1)


def test_an_address_is_watched_once_and_may_be_removed(scouted: Scouted) -> None:
    number = scouted.watch()
    with scouted.office.database.transaction() as tx, pytest.raises(BadWatch, match="already"):
        watches.add(tx, Watch(party="acme", address=CUP, sku="CUP"), by="anna", now_ms=1)
    with scouted.office.database.transaction() as tx:
        assert watches.remove(tx, number).activity == "watch.removed"
    with scouted.office.database.transaction() as tx, pytest.raises(BadWatch, match="no watch"):
        watches.remove(tx, number)


def test_a_page_about_another_article_is_not_believed(scouted: Scouted) -> None:
    scouted.show("10.00", gtin="4006381333931")
    scouted.watch(gtin="9783161484100")
    scouted.days(3)
    assert scouted.counting() is None
    assert "is about 4006381333931" in scouted.office.one("SELECT said FROM watches")
