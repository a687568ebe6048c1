"""What the log is exported as: OCEL 2.0 that keeps to its specification, and tables that no spreadsheet runs."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import r4pm

from afterclick.governance.audit import ocel, spreadsheet, times
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from tests.orders.office import START_MS, small_office

TYPES: Final = {"string", "integer", "float", "boolean", "time"}
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A day of a small office: two orders that ship, and one that asks a person."""
    with small_office(f"sqlite:///{tmp_path_factory.mktemp('ocel') / 'office.sqlite'}") as office:
        office.order("A-1")
        office.order("A-2", ("CUP", 1), ("PLATE", 2))
        office.order("A-3", ("UNKNOWN", 1))
        office.run()
        with office.database.transaction() as tx:
            log.append(tx, Block(office.clock.ms, "person:anna", ""), [Event("bot.changed", None, "bot/orders.fulfil", "paused")])
        with office.database.reading() as tx:
            return json.loads(b"".join(ocel.parts(tx)))


def wrong_in(found: Any) -> Iterator[str]:
    """What in a document is not as the specification has it: OCEL 2.0, JSON."""
    if set(found) != {"events", "objects", "eventTypes", "objectTypes"}:
        yield f"top: {sorted(found)}"
    for kind in ("eventTypes", "objectTypes"):
        for one in found[kind]:
            if set(one) != {"name", "attributes"} or not isinstance(one["name"], str):
                yield f"{kind}: {one}"
            yield from (f"{kind}: {a}" for a in one["attributes"] if set(a) != {"name", "type"} or a["type"] not in TYPES)
        names = [one["name"] for one in found[kind]]
        if len(names) != len(set(names)):
            yield f"{kind}: a name twice"
    objects = {one["id"] for one in found["objects"]}
    for kind, many, timed in (("eventTypes", found["events"], False), ("objectTypes", found["objects"], True)):
        declared = {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in found[kind]}
        seen: set[str] = set()
        for one in many:
            fields = {"id", "type", "attributes", "relationships"} | (set() if timed else {"time"})
            if set(one) != fields or one["id"] in seen or one["type"] not in declared:
                yield f"{kind}: {one}"
            seen.add(one["id"])
            if not timed and not TIME.fullmatch(one["time"]):
                yield f"time: {one['time']}"
            yield from _wrong_parts(one, declared.get(one["type"], {}), objects, timed=timed)


def _wrong_parts(one: Any, declared: dict[str, str], objects: set[str], *, timed: bool) -> Iterator[str]:
    for a in one["attributes"]:
        if set(a) != {"name", "value"} | ({"time"} if timed else set()) or not isinstance(a["value"], str):
            yield f"attribute: {a}"
        if a["name"] not in declared or (declared[a["name"]] == "integer" and not re.fullmatch(r"-?\d+", a["value"])):
            yield f"attribute: {a} of {one['type']}"
        if timed and not TIME.fullmatch(a["time"]):
            yield f"time: {a}"
    for r in one["relationships"]:
        if set(r) != {"objectId", "qualifier"} or r["objectId"] not in objects or not r["qualifier"]:
            yield f"relationship: {r}"


def test_the_export_keeps_to_the_specification(mined: dict[str, Any]) -> None:
    assert not list(wrong_in(mined))


def test_a_library_for_process_mining_reads_all_of_it(mined: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "log.json"
    file.write_text(json.dumps(mined), encoding="utf-8")
    read = r4pm.df.import_ocel_json(str(file))
    assert set(read["events"]["ocel:eid"]) == {one["id"] for one in mined["events"]}
    assert set(read["objects"]["ocel:oid"]) == {one["id"] for one in mined["objects"]}
    assert len(read["relations"]) == sum(len(one["relationships"]) for one in mined["events"])
    assert len(read["o2o"]) == sum(len(one["relationships"]) for one in mined["objects"])


def test_the_check_of_the_specification_bites(mined: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(mined))
    broken["events"][0]["relationships"].append({"objectId": "nobody", "qualifier": "order"})
    assert list(wrong_in(broken))


def test_events_lead_to_orders_parcels_invoices_payments_questions_and_bots(mined: dict[str, Any]) -> None:
    assert {"order", "parcel", "invoice", "payment", "task", "bot", "item", "customer", "person"} <= {
        one["name"] for one in mined["objectTypes"]
    }
    by_type = {one["type"]: {r["qualifier"]: r["objectId"] for r in one["relationships"]} for one in mined["events"]}
    assert by_type["carrier.label"]["parcel"].startswith("parcel-")
    assert by_type["payments.authorise"]["payment"].startswith("payment-")
    assert by_type["invoice"]["document"].startswith("invoice-INV-")
    assert by_type["shipped"] == {"done by": "bot-orders.fulfil", "order": by_type["shipped"]["order"]}
    assert by_type["bot.changed"] == {"done by": "actor-person:anna", "about": "bot-orders.fulfil"}
    order = next(one for one in mined["objects"] if one["id"] == by_type["shipped"]["order"])
    assert {"contains", "placed by", "parcel", "invoice", "payment"} == {r["qualifier"] for r in order["relationships"]}


def test_only_the_time_asked_for_is_exported(database_url: str) -> None:
    database = Database(database_url)
    metadata.create_all(database.engine)
    for minute in range(4):
        with database.transaction() as tx:
            log.append(tx, Block(START_MS + minute * 60_000, "orders.fulfil", "1"), [Event(f"minute{minute}", minute + 1)])
    with database.reading() as tx:
        for from_ms, to_ms, there in ((0, 0, 4), (START_MS + 60_000, 0, 3), (START_MS + 1, START_MS + 120_000, 1), (2**42, 0, 0)):
            found = json.loads(b"".join(ocel.parts(tx, from_ms=from_ms, to_ms=to_ms)))
            rows = b"".join(spreadsheet.lines(tx, from_ms=from_ms, to_ms=to_ms)).count(b"\r\n") - 1
            assert (len(found["events"]), rows) == (there, there)
    database.dispose()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1"])
def test_no_text_becomes_a_formula(database_url: str, text: str) -> None:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as tx:
        log.append(tx, Block(1, text, text), [Event(text, None, text, text, text)])
    with database.reading() as tx:
        rows = list(csv.reader(io.StringIO(b"".join(spreadsheet.lines(tx)).decode(), newline="")))
    assert rows[0] == list(spreadsheet.HEADINGS)
    assert all(not cell.lstrip(" ").startswith(tuple("=+-@\t\r\n＝")) for cell in rows[1])
    assert rows[1][6] == f"'{text}"
    database.dispose()


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("", 0), ("2026-11-20", START_MS), ("2026-11-20T00:00", START_MS), ("2026-11-20 01:00:00+01:00", START_MS),
        ("2026-11-20T00:00:00Z", START_MS),
    ],
)  # fmt: skip
def test_times_are_read_as_people_write_them(text: str, at_ms: int) -> None:
    assert times.read(text) == at_ms


@pytest.mark.parametrize("text", ["yesterday", "20.11.2026", "1969-01-01", "9999999"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(times.NoTime):
        times.read(text)
