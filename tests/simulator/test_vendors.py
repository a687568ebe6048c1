"""The pretend vendors keep the contract, whatever goes wrong with them, and do what their seed says."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from afterclick.domain.purchase import Acknowledgement
from afterclick.simulator.faults import Faults
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.prompt import PromptVendors
from afterclick.simulator.vendor_plans import DAY_MS, VendorFaults
from afterclick.simulator.vendors import SimulatedVendors
from tests.ports.insisting import insist
from tests.ports.vendors_contract import VendorsContract, all_replies, dispatch, order, reminder, withdrawal
from tests.simulator.worlds import Clock


class TestVendors(VendorsContract):
    faults = VendorFaults()

    @pytest.fixture
    def clock(self) -> Clock:
        self.ticking = Clock()
        return self.ticking

    @pytest.fixture
    def unloaded(self) -> list[tuple[str, str, int]]:
        return []

    @pytest.fixture
    def vendors(self, tmp_path: Path, clock: Clock, unloaded: list[tuple[str, str, int]]) -> Iterator[SimulatedVendors]:
        ledger = Ledger(tmp_path / "outside.sqlite")
        yield SimulatedVendors(ledger=ledger, seed=3, faults=self.faults, now_ms=clock, unload=unloaded.extend)
        ledger.close()

    def answered(self, vendors: object) -> None:
        self.ticking.now_ms += 70 * DAY_MS


class TestVendorsWithEveryFaultButRefusal(TestVendors):
    faults = msgspec.structs.replace(VendorFaults(**dict.fromkeys(VendorFaults.__struct_fields__, 0.5)), declines=0.0)


class TestWhatTheyBring(TestVendors):
    def test_what_is_confirmed_comes_once_and_lies_on_the_shelf(
        self, vendors: SimulatedVendors, clock: Clock, unloaded: list[tuple[str, str, int]]
    ) -> None:
        insist(vendors.order, dispatch("a"))
        clock.now_ms += 10 * DAY_MS
        first = vendors.dock.arrivals(cursor="", limit=10)
        again = vendors.dock.arrivals(cursor="", limit=10)  # the office did not get to writing the cursor down
        assert first == again and [(one.sku, one.quantity) for one in first.lines] == [("CUP", 10), ("PLATE", 5)]
        assert unloaded == [("CUP", "W1", 10), ("PLATE", "W1", 5)]
        assert vendors.dock.arrivals(cursor=first.cursor, limit=10).lines == ()

    def test_nothing_comes_of_what_was_taken_back_in_time(self, vendors: SimulatedVendors, clock: Clock) -> None:
        insist(vendors.order, dispatch("a"))
        insist(vendors.withdraw, withdrawal("w"))
        clock.now_ms += 60 * DAY_MS
        assert vendors.dock.arrivals(cursor="", limit=10).lines == ()


class TestLateAndInParts(TestWhatTheyBring):
    faults = VendorFaults(late=1.0)

    def test_what_is_confirmed_comes_once_and_lies_on_the_shelf(  # it comes late, unless somebody asks
        self, vendors: SimulatedVendors, clock: Clock, unloaded: list[tuple[str, str, int]]
    ) -> None:
        insist(vendors.order, dispatch("a"))
        clock.now_ms += 5 * DAY_MS
        assert vendors.dock.arrivals(cursor="", limit=10).lines == ()
        insist(vendors.remind, reminder("r"))
        clock.now_ms += 2 * DAY_MS + 1
        assert {one.sku for one in vendors.dock.arrivals(cursor="", limit=10).lines} == {"CUP", "PLATE"}


def test_goods_are_unloaded_and_put_on_the_shelf_in_one_or_not_at_all(tmp_path: Path) -> None:
    """A process that is killed between the two would leave the shelf short for good."""

    def killed(_goods: object) -> None:
        raise KeyboardInterrupt

    ledger, clock, shelf = Ledger(tmp_path / "outside.sqlite"), Clock(), list[tuple[str, str, int]]()
    dies, lives = (
        SimulatedVendors(ledger=ledger, seed=3, faults=VendorFaults(), now_ms=clock, unload=unload)
        for unload in (killed, shelf.extend)
    )
    insist(dies.order, dispatch("a"))
    clock.now_ms += 10 * DAY_MS
    with pytest.raises(KeyboardInterrupt):
        dies.dock.arrivals(cursor="", limit=10)
    lives.dock.arrivals(cursor="", limit=10)
    assert shelf == [("CUP", "W1", 10), ("PLATE", "W1", 5)]
    ledger.close()


def test_the_same_order_meets_the_same_fate_in_every_world_of_a_seed(tmp_path: Path) -> None:
    said: list[list[Acknowledgement]] = []
    for name in ("one", "two"):
        clock, ledger = Clock(), Ledger(tmp_path / f"{name}.sqlite")
        vendors = SimulatedVendors(ledger=ledger, seed=7, faults=VendorFaults.all_on(), now_ms=clock)
        insist(vendors.order, *(dispatch(f"k{number}", number, order(number)) for number in range(1, 60)))
        clock.now_ms += 90 * DAY_MS
        said.append([msgspec.json.decode(one.document, type=Acknowledgement) for one in all_replies(vendors, limit=50)])
        ledger.close()
    assert said[0] == said[1]
    assert {one.answer for one in said[0]} == {"accepted", "changed", "refused"}


def test_vendors_fail_where_the_rest_of_the_world_does() -> None:
    assert VendorFaults.beside(Faults.none()) == VendorFaults()
    assert VendorFaults.beside(Faults.all_on()) == VendorFaults.all_on()


def test_prompt_vendors_take_everything_and_say_nothing() -> None:
    vendors = PromptVendors()
    assert len(vendors.order([dispatch("a"), dispatch("b", 2)])) == 2
    assert vendors.withdraw([withdrawal("w")]) == vendors.remind([reminder("r")])
    assert vendors.replies(cursor="", limit=1).replies == ()
