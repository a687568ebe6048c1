"""A customer is erased: nothing names them any more, the books and the chain hold, and what the law keeps is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from afterclick.control_room.audit.forget import forget
from afterclick.domain.invoice import Invoice
from afterclick.governance.audit import erasing, texts
from afterclick.governance.audit.erasing import NotErasable
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from tests.orders.office import DAY_MS, SmallOffice, small_office

PERSONAL: Final = ("Ada Lovelace", "ada@shop.example", "Weg A-1", "10115", "C-A-1")


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    """An order that shipped after its address was changed, a note about it, and a document that could not be read."""
    with small_office(database_url, bots=(forget,)) as made:
        order = made.order("A-1")
        made.order("A-2")
        made.amend(order, "address", {"address": {"line1": "Weg A-1", "city": "Berlin", "postcode": "10115", "country": "DE"}})
        made.run()
        with made.database.transaction() as tx:
            log.append(tx, Block(made.clock.ms, "person:anna", ""), [
                Event("decided.approved", order, None, "approved", "called Ada Lovelace, Weg A-1, 10115"),
                Event("unreadable", None, "store/shop", "Refuse", "no number", '{"email":"ADA@shop.example","line1":"Weg A-1'),
                Event("unreadable", None, "store/shop", "Refuse", "no number", '{"email":"bob@shop.example"}'),
                Event("asked.back", None, "task/1", "", "is Weg A-1 right?"),
            ])  # fmt: skip
            tx.run(
                "INSERT INTO tasks (bot, stage, item_kind, item, who, because, facts, state, note)"
                " VALUES ('orders.fulfil', 'genuine', 'order', ?, 'fraud', 'Ada Lovelace is new', '{\"postcode\":\"10115\"}',"
                " 'approved', 'called Ada Lovelace')",
                (order,),
            )
        yield made


def erase(office: SmallOffice, customer: str = "C-A-1", *, because: str = "by letter of 3 May", years: int = 10) -> erasing.Found:
    with office.database.transaction() as tx:
        found = erasing.erase(tx, customer, by="person:dpo", because=because, now_ms=office.clock.ms, years=years)
    erasing.sweep(office.database)
    return found


def everything(office: SmallOffice, *, but: str = "") -> str:
    """All that stands in the tables, as one text."""
    parts: list[str] = []
    for table in metadata.sorted_tables:
        if table.name != but:
            rows: list[Any] = office.rows(f"SELECT * FROM {table.name}")
            parts.append(" ".join(str(value) for row in rows for value in row if isinstance(value, str)))
    return "\n".join(parts)


def verified(office: SmallOffice) -> log.Verified:
    with office.database.reading() as tx:
        return log.verify(tx)


def test_nothing_names_the_customer_any_more_and_the_proof_stays(office: SmallOffice) -> None:
    before = verified(office)
    head = office.one("SELECT hash FROM blocks WHERE number = ?", before.blocks)
    with office.database.reading() as tx:
        seen = erasing.look(tx, "C-A-1", now_ms=office.clock.ms)
    assert (len(seen.orders), len(seen.tasks), len(seen.kept)) == (1, 1, 1)
    assert erase(office) == seen
    left = everything(office, but="invoices")
    assert "C-A-2" in left
    for word in PERSONAL[2:3] + PERSONAL[4:]:
        assert word not in left
    assert "bob@shop.example" in left
    assert "ADA@shop" not in left
    assert office.one("SELECT COUNT(*) FROM orders WHERE particulars LIKE '%Lovelace%'") == 1  # the other order's
    found = verified(office)
    assert (found.ok, found.detail, found.erased) == (True, "", len(seen.events))
    assert office.one("SELECT hash FROM blocks WHERE number = ?", before.blocks) == head
    assert not [one for one in office.wrong() if "bank" not in one]


def test_what_programs_were_answered_about_the_customer_is_kept_no_longer(office: SmallOffice) -> None:
    order, other = (office.one("SELECT id FROM orders WHERE external_id = ?", name) for name in ("A-1", "A-2"))
    task = office.one("SELECT id FROM tasks WHERE item = ? AND item_kind = 'order'", order)
    answers = {
        "cancels": {"order": order, "action": "cancel", "amendment": 1},
        "asks": {"task": {"id": task, "item_kind": "order", "item": order, "note": "rang Ada L."}, "questions": []},
        "decides": {"task": task, "state": "approved"},
        "bulk": {"decided": [], "left": [{"task": task, "because": "it was decided already"}]},
        "names": {"found": ["wants it at ADA@shop.example"]} | {"customer": "C-A-1"},
        "other": {"order": other, "action": "cancel", "amendment": 2},
        "counts": {"task": {"id": task + 90, "item_kind": "count", "item": order}},
        "plain": ["nothing", 7],
        "secret": None,
    }
    with office.database.transaction() as tx:
        tx.run_many(
            "INSERT INTO api_answers (actor, key, request, status, answer, at_ms) VALUES ('token:t', ?, 'mark', 200, ?, 1)",
            [(key, msgspec.json.encode(said).decode() if said else "") for key, said in answers.items()],
        )
        tx.run(
            "INSERT INTO api_answers (actor, key, request, status, answer, at_ms)"
            " VALUES ('token:t', 'for C-A-1', 'mark', 200, '{}', 1)"
        )
    erase(office)
    left = dict(office.rows("SELECT key, answer FROM api_answers"))
    assert sorted(key for key, answer in left.items() if answer) == ["counts", "other", "plain"]
    assert set(left) == set(answers)  # the keys stay taken, so that nothing is done twice


def test_the_act_is_on_record_and_names_only_who_did_it(office: SmallOffice) -> None:
    erase(office)
    (row,) = office.rows(
        "SELECT b.actor, e.order_id, e.because, e.facts FROM events e JOIN blocks b ON b.number = e.block"
        " WHERE e.activity = 'data.erased'"
    )
    assert row[:3] == ("person:dpo", None, "by letter of 3 May (1 orders, 1 questions, 0 documents; 1 kept by law)")
    assert not any(word in row[3] for word in PERSONAL)


def test_answers_of_other_systems_stay_so_that_nothing_is_done_twice(office: SmallOffice) -> None:
    before = office.rows("SELECT key, verdict, facts FROM events WHERE key IS NOT NULL ORDER BY key")
    erase(office)
    assert office.rows("SELECT key, verdict, facts FROM events WHERE key IS NOT NULL ORDER BY key") == before


@pytest.mark.parametrize("customer", ["ada@shop.example", "ADA@SHOP.example"])
def test_an_email_address_finds_all_orders_of_a_guest(office: SmallOffice, customer: str) -> None:
    found = erase(office, customer)
    assert len(found.orders) == 2
    left = everything(office, but="invoices")
    for word in PERSONAL:
        assert word not in left


@pytest.mark.parametrize(
    ("customer", "because", "said"),
    [
        ("C-nobody", "by letter", "nothing is known"),
        ("", "by letter", "nothing is known"),
        ("C-A-1", " ", "say why"),
        ("C-A-1", "Ada Lovelace asked", "without naming the customer"),
        ("C-A-1", "customer c-a-1 asked", "without naming the customer"),
    ],
)
def test_what_cannot_be_erased_is_refused_and_nothing_changes(
    office: SmallOffice, customer: str, because: str, said: str
) -> None:
    before = everything(office)
    with pytest.raises(NotErasable, match=said):
        erase(office, customer, because=because)
    assert everything(office) == before


def test_an_order_that_has_not_ended_must_end_first(office: SmallOffice) -> None:
    office.order("A-9", ("CUP", 1_000))
    office.run()
    with pytest.raises(NotErasable, match="have not ended"):
        erase(office, "C-A-9")


def test_a_document_is_kept_for_its_years_and_then_loses_its_buyer(office: SmallOffice) -> None:
    found = erase(office)
    (kept,) = found.kept
    assert kept.kept_until_ms > office.clock.ms + 10 * 365 * DAY_MS
    assert "Ada Lovelace" in office.one("SELECT document FROM invoices WHERE order_id = ?", found.orders[0])
    office.run(later_ms=DAY_MS)
    assert "Ada Lovelace" in office.one("SELECT document FROM invoices WHERE order_id = ?", found.orders[0])
    office.run(later_ms=11 * 366 * DAY_MS)
    assert office.rows("SELECT object, because FROM events WHERE activity = 'document.expired'") == [
        (f"invoice/{kept.name}", "the law wants it kept no longer; its buyer was taken out")
    ]
    assert not office.rows("SELECT * FROM kept_documents")
    document = msgspec.json.decode(office.one("SELECT document FROM invoices WHERE order_id = ?", found.orders[0]), type=Invoice)
    assert (document.buyer.name, document.customer, document.buyer.country) == ("", "", "DE")
    assert document.gross > 0


def test_a_document_whose_time_is_over_loses_its_buyer_at_once(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("UPDATE invoices SET issued_ms = 1")
    found = erase(office)
    assert (len(found.due), len(found.kept)) == (1, 0)
    assert "Ada Lovelace" not in office.one("SELECT document FROM invoices WHERE order_id = ?", found.orders[0])


def test_erasing_twice_erases_only_what_came_since(office: SmallOffice) -> None:
    first = erase(office)
    with office.database.transaction() as tx:
        assert not texts.about(tx, first.orders, first.tasks, ["Ada Lovelace", "ada@shop.example"])
    erase(office, "C-A-2")
    assert verified(office).ok


@pytest.mark.sqlite_only
def test_what_is_erased_is_not_left_in_the_bytes_of_the_file(office: SmallOffice) -> None:
    folder = Path(office.database.url.removeprefix("sqlite:///")).parent
    note = b"called Ada Lovelace, Weg A-1, 10115"

    def left() -> bool:
        return any(note in path.read_bytes() for path in folder.glob("office.sqlite*") if path.is_file())

    assert left()
    erase(office)
    assert not left()
