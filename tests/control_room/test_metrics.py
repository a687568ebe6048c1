"""What the office measures, who may see it, and whether it is ready for work."""

import re
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from afterclick.control_room.server import Room, build
from afterclick.control_room.watching.metrics import NeedsOrNear, metrics
from afterclick.control_room.watching.readiness import readiness
from afterclick.governance import figures
from afterclick.store import log
from afterclick.store.log import Block, Event
from tests.control_room.api_office import ApiOffice, recognised
from tests.control_room.browser import Browser

DOCS: Final = Path(__file__).parents[2] / "docs"


def scraped(office: ApiOffice) -> dict[tuple[str, ...], float]:
    """Every sample: (name, label values…) → value."""
    text = office.get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_orders_queues_inbox_bots_and_webhooks_are_measured(programs: ApiOffice) -> None:
    found = scraped(programs)
    assert found["afterclick_orders_received_total",] == 3
    assert found["afterclick_orders_resting", "inbox"] == 1
    assert found["afterclick_queue_items", "orders.fulfil"] == 3
    assert found["afterclick_queue_oldest_seconds", "orders.fulfil"] >= 0
    assert (found["afterclick_inbox_open",], found["afterclick_inbox_overdue",]) == (1, 0)
    assert found["afterclick_bots", "active"] > 5
    assert found["afterclick_webhooks", "dead"] == 0
    assert ("afterclick_batches_started_total",) in found and ("process_resident_memory_bytes",) in found


def test_ends_and_failures_come_from_the_daily_figures(programs: ApiOffice) -> None:
    with programs.office.database.transaction() as tx:
        happened = [
            Event("shipped", 2, None, "Done"), Event("shipped", 3, None, "Done"), Event("left.genuine", 1, None, "Refuse", "no"),
            Event("left.label", 1, None, "Ask", "label failed: KeyError: 1"),
        ]  # fmt: skip
        log.append(tx, Block(programs.office.clock.now_ms(), "orders.fulfil", "1", batch=1), happened)
    with programs.office.database.transaction() as tx:
        while figures.advance(tx):
            continue
    found = scraped(programs)
    ended = [found["afterclick_orders_finished_total", state] for state in ("shipped", "cancelled", "refused")]
    assert ended == [2, 0, 1]
    assert found["afterclick_failures_total", "orders.fulfil"] == 1


def test_stages_are_timed_from_the_first_look_on(programs: ApiOffice) -> None:
    scraped(programs)
    with programs.office.database.transaction() as tx:
        log.append(tx, Block(1, "orders.fulfil", "1", batch=7, duration_us=30_000), [Event("x")])
    found = scraped(programs)
    assert found["afterclick_stage_seconds_count", "orders.fulfil"] == 1
    assert found["afterclick_stage_seconds_sum", "orders.fulfil"] == 0.03


def test_the_dashboard_and_its_page_name_only_what_is_measured(programs: ApiOffice) -> None:
    measured = set(re.findall(r"^# TYPE (\w+)", programs.get("/metrics").text, re.MULTILINE))
    for page in ("grafana.json", "metrics.md"):
        named = set(re.findall(r"afterclick_[a-z_]+[a-z]", (DOCS / page).read_text(encoding="utf-8")))
        assert len(named) > 8
        assert {one.removesuffix("_bucket") for one in named} <= measured


def test_a_program_on_this_machine_needs_no_token_only_where_the_setting_says_so(programs: ApiOffice) -> None:
    office = programs.office
    room = Room("Shop", office.database, office.clock.now_ms, recognised, lambda: None)
    for near, headers, status in (
        (True, {}, 200), (False, {}, 401), (True, {"x-forwarded-for": "1.2.3.4"}, 401),
        (True, {"authorization": "Bearer x"}, 401), (True, {"host": "rebound.example"}, 401),
    ):  # fmt: skip
        app = build(room, [metrics(room, (), breakers=lambda: {"warehouse": False}, near=near)])
        answer = Browser(app).get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ('afterclick_system_open{system="warehouse"} 0.0' in answer.text) is (status == 200)
    assert NeedsOrNear(near=True).permission == "integrations.read"


def test_ready_says_what_is_missing_and_alive_needs_nothing(programs: ApiOffice) -> None:
    assert programs.get("/health").json() == {"ok": True}
    assert programs.get("/ready").json() == {"ready": True, "database": "ok", "migrations": "ok", "engine": "ok"}
    office = programs.office
    room = Room("Shop", office.database, office.clock.now_ms, recognised, lambda: None)
    lost = Browser(build(room, [readiness(room, lambda: False)])).get("/ready")
    assert (lost.status_code, lost.json()["engine"][:29]) == (503, "the engine has lost its lease")
    with office.database.transaction() as tx:
        tx.run("UPDATE alembic_version SET version_num = '0001'")
    assert "version 0001" in programs.get("/ready").json()["migrations"]
    with office.database.transaction() as tx:
        tx.run("DROP TABLE alembic_version")
    away = programs.get("/ready")
    assert (away.status_code, away.json()["database"]) == (503, "the database does not answer")
