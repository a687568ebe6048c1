"""Webhooks: signed, in the order of arrival, with each fault at its rate, and repeatable."""

import hashlib
import hmac
import json
from collections import Counter
from pathlib import Path

import pytest

from afterclick.simulator.faults import Faults
from afterclick.simulator.world import World
from tests.simulator.worlds import small_world

ORDERS = 6_000


def arrivals(world: World) -> list[str]:
    return [json.loads(body)["id"] for _, body in world.webhooks()]


def test_without_faults_every_order_comes_once_and_in_order(tmp_path: Path) -> None:
    world = small_world(tmp_path, orders=100)
    assert [body for _, body in world.webhooks()] == [placed.document for placed in world.day]


def test_a_delivery_is_signed_over_its_time_and_body(tmp_path: Path) -> None:
    world = small_world(tmp_path, orders=5)
    for headers, body in world.webhooks():
        stamp, digest = (part.split("=")[1] for part in headers["Afterclick-Signature"].split(","))
        assert hmac.new(world.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest() == digest


def test_lost_webhooks_are_still_in_the_stores_list(tmp_path: Path) -> None:
    world = small_world(tmp_path, orders=ORDERS, faults=Faults(webhook_lost=0.1))
    lost = {placed.external_id for placed in world.day} - set(arrivals(world))
    assert len(lost) / ORDERS == pytest.approx(0.1, rel=0.2)
    assert lost <= {one.external_id for one in world.store.listing(placed_from_ms=0, placed_to_ms=1 << 60)}
    assert len(world.store.document(sorted(lost)[:20])) == 20


def test_duplicated_webhooks_carry_the_same_event(tmp_path: Path) -> None:
    world = small_world(tmp_path, orders=ORDERS, faults=Faults(webhook_duplicated=0.1))
    bodies = Counter(body for _, body in world.webhooks())
    assert len(bodies) == ORDERS and set(bodies.values()) == {1, 2}
    assert sum(times == 2 for times in bodies.values()) / ORDERS == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize("fault", ["webhook_late", "webhook_reordered"])
def test_late_and_reordered_webhooks_all_come_out_of_order(tmp_path: Path, fault: str) -> None:
    came = arrivals(small_world(tmp_path, orders=ORDERS, faults=Faults(**{fault: 0.1})))
    assert len(came) == len(set(came)) == ORDERS
    overtaken, latest = 0, ""
    for external_id in came:
        overtaken += external_id < latest
        latest = max(latest, external_id)
    assert 0.05 < overtaken / ORDERS < 0.12


def test_webhooks_come_in_the_same_order_again(tmp_path: Path) -> None:
    worlds = [small_world(tmp_path / name, orders=1_000, faults=Faults.all_on()) for name in "ab"]
    assert list(worlds[0].webhooks()) == list(worlds[1].webhooks())
