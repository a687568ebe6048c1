"""Sensors are evidence: repeated, late and wrong readings do no harm, and a drift that lasts asks for a count."""

import json
from collections.abc import Iterator

import pytest

from afterclick.inventory.counting import count
from afterclick.inventory.places import UnknownPlace
from afterclick.inventory.sensing import registry, states
from afterclick.inventory.sensing.codes import learn, meanings
from afterclick.inventory.sensing.evidence import take
from afterclick.inventory.sensing.registry import NotAddable
from afterclick.ports.sensors import Unread
from tests.inventory.stockroom import DAY_MS, MINUTE_MS, START_MS, Stockroom, reading, stockroom

FULL = 2_500.0
"""What a scale with 500 g of tare says with all 20 pieces of 100 g."""


@pytest.fixture
def room(database_url: str) -> Iterator[Stockroom]:
    with stockroom(database_url) as made:
        yield made


def drifted(room: Stockroom, grams: float = 2_200.0) -> None:
    """Pieces vanish from a scale, and that lasts."""
    room.weigh([FULL] * 5)
    assert room.sense() == []
    for _ in range(8):
        room.weigh([grams] * 5)
        room.sense(minutes=0)


def test_a_drift_that_lasts_asks_for_one_count_and_changes_no_stock(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    drifted(room)
    assert room.proposed() == [("POT", "proposed", "sensor")]
    assert room.on_hand("POT") == 20
    assert room.tx.value("SELECT COUNT(*) FROM stock_moves WHERE reason <> 'opening'") == 0
    assert room.state("POT")["drift"] == pytest.approx(-3, abs=0.2)
    assert states.apart(room.tx)[0].task > 0
    because = room.tx.value("SELECT because FROM count_tasks")
    assert "20" not in because.replace("scale-1", "")


def test_a_count_ends_the_drift(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    drifted(room)
    count(room.tx, [("POT", "W1", 17)], by="anna", now_ms=room.now_ms)
    room.weigh([2_200.0] * 5)
    room.sense()
    assert room.state("POT")["drift"] == 0
    assert room.proposed() == [("POT", "counted", "sensor")]


def test_a_count_that_stands_by_the_books_teaches_the_scale_and_is_not_asked_again(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    drifted(room)
    room.now_ms += 1
    count(room.tx, [("POT", "W1", 20)], by="anna", now_ms=room.now_ms)
    room.weigh([2_200.0] * 3)
    said = room.sense()
    assert [one.activity for one in said] == ["sensor.doubted"]
    for _ in range(8):
        room.weigh([2_200.0] * 5)
        room.sense(minutes=0)
    assert [one[1] for one in room.proposed()] == ["counted"]
    assert room.state("POT")["bias"] == pytest.approx(-3, abs=0.2)


def test_short_drifts_and_goods_on_their_way_to_the_packing_table_ask_for_nothing(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    room.tx.run("UPDATE stock_levels SET reserved = 3 WHERE sku = 'POT'")
    drifted(room)
    assert room.proposed() == []


def test_a_repeated_reading_is_kept_once_and_a_late_one_gets_its_place(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    late, first, second = (reading("scale-1", "weight", START_MS - at, grams=FULL, key=f"k{at}") for at in (5_000, 3_000, 0))
    assert room.take(first, first, second).kept == 2
    again = room.take(late, first, second)
    assert (again.kept, again.repeated) == (1, 2)
    assert [row[0] for row in room.tx.rows("SELECT key FROM sensor_events ORDER BY at_ms")] == ["k5000", "k3000", "k0"]
    assert registry.named(room.tx, ["scale-1"])["scale-1"].last_ms == START_MS


def test_what_is_too_late_or_from_nobody_or_about_nothing_known_is_counted_and_says_nothing(room: Stockroom) -> None:
    room.add("gate-1", "gate")
    at = room.now_ms
    taken = room.take(
        reading("gate-1", "in", at - 20 * DAY_MS, code="POT"), reading("stranger", "in", at, code="POT"),
        reading("gate-1", "in", at, code="NOTHING"), reading("gate-1", "out", at, code="POT"),
    )  # fmt: skip
    assert (taken.kept, taken.late, taken.unknown_sensor, taken.unknown_item) == (1, 1, 1, 1)
    assert [(one.id, one.state) for one in registry.listed(room.tx)] == [("stranger", "new"), ("gate-1", "live")]


def test_a_clock_that_is_ahead_does_not_hold_the_future(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    room.take(reading("scale-1", "weight", room.now_ms + DAY_MS, grams=FULL))
    assert room.tx.value("SELECT MAX(at_ms) FROM sensor_events") == room.now_ms


@pytest.mark.parametrize("first", [True, False])
def test_an_event_that_was_declared_an_error_is_taken_back_whichever_comes_first(room: Stockroom, first: bool) -> None:
    room.add("gate-1", "gate")
    said = [reading("gate-1", "out", room.now_ms, code="POT", key="e", line=line) for line in range(3)]
    wrong = reading("gate-1", "void", room.now_ms, key="e")
    for one in ([wrong], said) if first else (said, [wrong]):
        room.take(*one)
    assert room.tx.value("SELECT COUNT(*) FROM sensor_events WHERE NOT void") == 0


def test_a_gate_adds_up_from_a_quiet_moment_and_notices_what_was_never_booked(room: Stockroom) -> None:
    room.add("gate-1", "gate")
    room.take(reading("gate-1", "in", room.now_ms, code="POT", serial="old"))
    room.sense(minutes=31)
    assert room.state("POT")["base_ms"] == room.now_ms
    for tag in ("a", "b"):
        room.now_ms += MINUTE_MS
        room.take(reading("gate-1", "out", room.now_ms, code="POT", serial=tag))
    room.sense()
    room.sense(minutes=31)
    assert room.proposed() == [("POT", "proposed", "sensor")]
    count(room.tx, [("POT", "W1", 18)], by="anna", now_ms=room.now_ms)
    room.sense()
    assert room.state("POT")["drift"] == 0


def test_what_is_booked_as_the_gate_saw_it_is_no_drift(room: Stockroom) -> None:
    room.add("gate-1", "gate")
    room.take(reading("gate-1", "in", room.now_ms, code="POT", serial="old"))
    room.sense(minutes=31)
    room.take(reading("gate-1", "out", room.now_ms + 5, code="POT", serial="a"))
    room.now_ms += 10
    room.move({"POT": -1}, reason="shipment")
    room.sense(minutes=60)
    assert room.state("POT")["drift"] == 0


def test_a_silent_scale_is_said_once_and_so_is_its_return(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    room.add("gate-1", "gate")
    room.weigh([FULL] * 5)
    assert [one.activity for one in room.sense(minutes=20)] == ["sensor.silent"]
    assert room.sense(minutes=20) == []
    room.now_ms += 1
    assert [one.activity for one in room.take(reading("scale-1", "weight", room.now_ms, grams=FULL)).events] == ["sensor.back"]
    assert registry.named(room.tx, ["scale-1"])["scale-1"].state == "live"


def test_a_scale_that_hangs_while_goods_are_booked_is_stuck_and_is_no_evidence(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    room.weigh([FULL] * 13)
    room.sense()
    room.move({"POT": -4}, reason="shipment")
    room.weigh([FULL] * 3)
    assert [one.activity for one in room.sense()] == ["sensor.stuck"]
    for _ in range(10):
        room.weigh([FULL] * 5)
        room.sense(minutes=0)
    assert room.proposed() == []
    room.weigh([2_101.0, 2_099.0, 2_100.0])
    assert [one.activity for one in room.sense()] == ["sensor.back"]


def test_counts_that_sensors_ask_for_are_limited(room: Stockroom) -> None:
    room.sensing = type(room.sensing)(counts_per_day=1)
    for number, sku in enumerate(("POT", "TEA"), 1):
        room.add(f"scale-{number}", sku=sku)
    for _ in range(10):
        for number in (1, 2):
            room.weigh([2_000.0] * 4, sensor=f"scale-{number}")
        room.sense(minutes=0)
    assert len(room.proposed()) == 1


def test_old_evidence_is_cleared_and_what_passed_is_not_forgotten(room: Stockroom) -> None:
    room.add("gate-1", "gate")
    room.take(reading("gate-1", "in", room.now_ms, code="POT", serial="old"))
    room.sense(minutes=31)
    room.now_ms += 5
    room.take(
        reading("gate-1", "out", room.now_ms, code="POT", serial="a"),
        reading("gate-1", "out", room.now_ms, code="POT", serial="b"),
    )
    room.move({"POT": -2}, reason="shipment")
    room.sense(minutes=15 * 1440)
    assert room.tx.value("SELECT COUNT(*) FROM sensor_events") == 0
    assert room.tx.value("SELECT base_pieces FROM sensor_state") == 18


def test_messages_that_could_not_be_read_are_counted_at_their_sensor(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    said = take(room.tx, [], [Unread("scale-1", "not JSON")] * 3, limits=room.sensing, now_ms=room.now_ms)
    assert [(one.activity, one.because) for one in said.events] == [("sensor.unread", "3 messages were dropped: not JSON")]
    assert registry.named(room.tx, ["scale-1"])["scale-1"].unread == 3


def test_codes_mean_skus_by_name_barcode_or_tag(room: Stockroom) -> None:
    assert learn(room.tx, {"4006381333931": ("POT", 1), "10614141073464": ("TEA", 12)}) == 2
    codes = ["POT", "4006381333931", "04006381333931", "urn:epc:id:sgtin:0614141.107346.7", "5", "4006381333932"]
    found = meanings(room.tx, codes)
    assert {code: (one.sku, one.pieces) for code, one in found.items()} == {
        "POT": ("POT", 1), "4006381333931": ("POT", 1), "04006381333931": ("POT", 1),
        "urn:epc:id:sgtin:0614141.107346.7": ("TEA", 12),
    }  # fmt: skip
    for wrong in ({"123": ("POT", 1)}, {"4006381333931": ("NONE", 1)}, {"4006381333931": ("POT", 0)}):
        with pytest.raises(UnknownPlace):
            learn(room.tx, wrong)


@pytest.mark.parametrize(
    ("given", "because"),
    [({"kind": "camera"}, "no kind"), ({"warehouse": "W9"}, "no warehouse"), ({"sku": "NONE"}, "not in the catalogue"),
     ({"sku": ""}, "what lies on"), ({"tare_g": -1}, "from 0 on"), ({"sensor_id": "a\nb"}, "plain characters")],
)  # fmt: skip
def test_a_sensor_that_cannot_be_is_refused(room: Stockroom, given: dict[str, object], because: str) -> None:
    values: dict[str, object] = {"sensor_id": "s", "kind": "scale", "warehouse": "W1", "sku": "POT"}
    with pytest.raises(NotAddable, match=because):
        registry.add(room.tx, now_ms=1, **(values | given))  # pyright: ignore[reportArgumentType]


def test_a_retired_sensor_says_nothing(room: Stockroom) -> None:
    room.add("scale-1", sku="POT")
    registry.retire(room.tx, "scale-1")
    drifted_none = room.take(reading("scale-1", "weight", room.now_ms, grams=0.0))
    assert drifted_none.kept == 0
    with pytest.raises(NotAddable):
        registry.retire(room.tx, "none")
    assert json.dumps(room.sense()) == "[]"
