"""The trading day: the same for the same seed, shaped like a day, and bad exactly where its truth says so."""

import hashlib
import json
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from afterclick.simulator.day import CHUNK, DAY_MS, Day, Placed
from afterclick.simulator.faults import Faults
from afterclick.simulator.plan import ALONE, BURSTS
from tests.simulator.worlds import small_world


def day_of(folder: Path, *, faults: Faults | None = None, orders: int = 6_000, seed: int = 1) -> Day:
    return small_world(folder, faults=faults, orders=orders, seed=seed).day


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    digests = [
        hashlib.sha256(
            b"".join(placed.document for placed in day_of(tmp_path / name, faults=Faults.all_on(), seed=seed))
        ).hexdigest()
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_any_stretch_can_be_read_alone(tmp_path: Path) -> None:
    everything = list(day_of(tmp_path / "a", faults=Faults.all_on()))
    assert list(day_of(tmp_path / "b", faults=Faults.all_on()).chunk(1)) == everything[CHUNK:]


def test_orders_come_in_order_within_the_day_and_mostly_in_the_evening(tmp_path: Path) -> None:
    day = day_of(tmp_path, faults=Faults.all_on())
    times = [placed.placed_ms - day.start_ms for placed in day]
    assert times == sorted(times)
    assert times[0] >= 0 and times[-1] < DAY_MS
    hours = Counter(ms // 3_600_000 for ms in times)
    assert hours[20] > 5 * hours[4]


def test_good_orders_tie_and_are_of_known_goods_at_their_price(tmp_path: Path) -> None:
    world = small_world(tmp_path, orders=500)
    prices = {item.sku: Decimal(item.price) / 100 for item in world.items()}
    for placed in world.day:
        order = json.loads(placed.document)
        assert all(Decimal(line["unit_price"]) == prices[line["sku"]] for line in order["lines"])
        lines = sum(line["quantity"] * prices[line["sku"]] for line in order["lines"])
        assert (
            Decimal(order["total"]) * 100
            == placed.total
            == (lines + Decimal(order["shipping"]) - Decimal(order["discount"])) * 100
        )
        assert (placed.kind, placed.right, placed.group) == ("good", "ship", "")


@pytest.mark.parametrize("kind", [*ALONE, *BURSTS])
def test_each_kind_of_bad_order_is_there_at_its_rate(tmp_path: Path, kind: str) -> None:
    rate = 0.05
    bad = [placed for placed in day_of(tmp_path, faults=Faults(**{kind: rate})) if placed.kind != "good"]
    assert {placed.kind for placed in bad} == {kind}
    assert len(bad) / 6_000 == pytest.approx(rate, rel=0.2)
    assert all(placed.right == "stop" and placed.group for placed in bad)


def bad_one(folder: Path, kind: str) -> tuple[dict[str, Any], Placed, list[Placed]]:
    """One bad order of a kind, as a document and as placed, and its group."""
    placed = list(day_of(folder, faults=Faults(**{kind: 0.05})))
    bad = next(one for one in placed if one.kind == kind)
    return json.loads(bad.document), bad, [one for one in placed if one.group == bad.group]


def test_a_double_repeats_buyer_and_basket_within_a_minute(tmp_path: Path) -> None:
    order, bad, group = bad_one(tmp_path, "double")
    original = json.loads(group[0].document)
    assert [one.kind for one in group] == ["good", "double"] and {one.allowed for one in group} == {1}
    assert [order[key] == original[key] for key in ("customer", "ship_to", "lines", "total", "id", "event")] == [True] * 4 + [
        False
    ] * 2
    assert 0 <= bad.placed_ms - group[0].placed_ms <= 60_000


def test_a_near_double_differs_in_one_line(tmp_path: Path) -> None:
    order, _, group = bad_one(tmp_path, "near_double")
    original = json.loads(group[0].document)
    assert order["customer"] == original["customer"] and order["lines"] != original["lines"]
    assert {line["sku"] for line in order["lines"]} <= {line["sku"] for line in original["lines"]}


@pytest.mark.parametrize(
    ("kind", "shared", "differing"), [("card_velocity", "payment", "ship_to"), ("address_velocity", "ship_to", "payment")]
)
def test_a_burst_shares_one_thing_among_many_customers(tmp_path: Path, kind: str, shared: str, differing: str) -> None:
    _, bad, group = bad_one(tmp_path, kind)
    orders = [json.loads(one.document) for one in group]

    def marks(part: str) -> set[str]:
        return {order[part].get("card") or order[part]["line1"] + order[part]["line2"] for order in orders}

    assert len(orders) == 10 and bad.allowed == BURSTS[kind]
    assert len(marks(shared)) == 1 and len(marks(differing)) > 7
    assert len({order["customer"]["id"] for order in orders}) > 7
    assert group[-1].placed_ms - group[0].placed_ms < 3_600_000


def test_a_country_mismatch_is_a_strangers_dear_order_in_three_countries(tmp_path: Path) -> None:
    order, bad, _ = bad_one(tmp_path, "country_mismatch")
    assert len({order["ship_to"]["country"], order["bill_country"], order["ip_country"]}) == 3
    assert bad.total >= 60_000 and int(order["customer"]["id"][2:]) >= 90_000_000


def test_twenty_thousand_orders_take_under_two_seconds(tmp_path: Path) -> None:
    day = day_of(tmp_path, faults=Faults.all_on(), orders=20_000)
    began = time.process_time()
    assert sum(1 for _ in day) == 20_000
    assert time.process_time() - began < 2


def test_a_bad_day_leaves_nine_orders_in_ten_to_the_machine() -> None:
    rates = Faults.all_on()
    bad = sum(float(getattr(rates, kind)) for kind in (*ALONE, *BURSTS)) + rates.payment_declined
    assert 0.04 <= bad <= 0.06
    assert min(getattr(rates, name) for name in Faults.__struct_fields__) > 0


def test_ids_and_positions_belong_together(tmp_path: Path) -> None:
    day = day_of(tmp_path, orders=50)
    assert [day.position(day.external_id(at)) for at in (0, 7, 49)] == [0, 7, 49]
    assert [day.position(other) for other in ("", "S-", "S-0000051", "S-0000000", "S-1", "X-0000001", "S-٠٠٠٠٠٠١")] == [None] * 7
