"""`afterclick check` finds nothing in a sound office, and names whatever is broken in it."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from afterclick.app import Office
from afterclick.cli.check import prove_all
from afterclick.engine import checks as engine_checks
from afterclick.engine import vouched
from afterclick.engine.checks import Proof
from afterclick.governance.cards import written
from afterclick.inventory import checks as inventory_checks
from afterclick.orders import checks as orders_checks
from afterclick.orders.fulfil import fulfil
from afterclick.procurement.buying import checks as buying_checks
from afterclick.procurement.transferring import checks as transferring_checks
from afterclick.store.transaction import Tx
from tests.orders.worked import worked_office

WIDE: Final = written(replace(fulfil.card, may={**fulfil.card.may, "bank": frozenset({"pay"})}))
WIDER: Final = (f"card = '{WIDE}'", f"digest = '{sha256(WIDE.encode()).hexdigest()}'")
SHIPPED: Final = "(SELECT MIN(id) FROM orders WHERE state = 'shipped')"
MOVED: Final = (
    "INSERT INTO transfers (id, number, sku, from_warehouse, to_warehouse, pieces, state, received)"
    " VALUES (1, 'TO-1', 'A', 'W', 'X', 5,"
)
BREAKS: Final = {  # what is done behind the office's back → a part of the name of the check that must find it
    f"UPDATE orders SET state = 'waiting', because = '' WHERE id = {SHIPPED}": "a reason when it is not moving",
    f"UPDATE orders SET state = 'lost' WHERE id = {SHIPPED}": "every order has one state",
    f"UPDATE orders SET state = 'running', batch = 1 WHERE id = {SHIPPED}": "every running order is in a batch",
    f"UPDATE orders SET state = 'received' WHERE id = {SHIPPED}": "queued or in hand",
    "INSERT INTO queue (bot, items, size) VALUES ('orders.fulfil', '[987654]', 1)": "queued for a bot of orders is an order",
    f"UPDATE orders SET state = 'inbox', because = 'asked' WHERE id = {SHIPPED}": "an open task",
    f"UPDATE orders SET total = total + 1 WHERE id = {SHIPPED}": "its lines plus shipping less discount",
    f"UPDATE payments SET captured = captured - 1 WHERE order_id = {SHIPPED}": "paid in full",
    f"DELETE FROM payments WHERE order_id = {SHIPPED}": "paid in full",
    f"UPDATE payments SET refunded = captured + 1 WHERE order_id = {SHIPPED}": "no more is refunded than was taken",
    f"UPDATE payments SET refunded = captured WHERE order_id = {SHIPPED}": "both shipped and refunded in full",
    f"DELETE FROM postings WHERE order_id = {SHIPPED} AND account = 'trade_receivables' AND line = 1": "what each customer owes",
    f"DELETE FROM invoices WHERE order_id = {SHIPPED}": "exactly one invoice that stands",
    f"UPDATE invoices SET gross = gross + 1 WHERE order_id = {SHIPPED}": "exactly one invoice that stands",
    f"UPDATE postings SET amount = amount + 1 WHERE order_id = {SHIPPED} AND line = 1": "balance to 0.00",
    "DELETE FROM invoices WHERE number = 2 AND kind = 'invoice'": "invoice numbers have no gap",
    f"UPDATE shipments SET state = 'labelled' WHERE order_id = {SHIPPED}": "every parcel of a shipped order",
    f"UPDATE reservations SET state = 'open' WHERE order_id = {SHIPPED}": "no order that is closed holds stock back",
    f"UPDATE stock_moves SET quantity = quantity - 1 WHERE order_id = {SHIPPED}": "the pieces that left the shelves",
    f"DELETE FROM stock_moves WHERE order_id = {SHIPPED}": "stock on hand is the sum of its moves",
    "DELETE FROM stock_levels WHERE sku = (SELECT MIN(sku) FROM stock_moves)": "stock on hand is the sum of its moves",
    "UPDATE stock_levels SET reserved = 1 WHERE on_hand = (SELECT MAX(on_hand) FROM stock_levels)": "sum of open reservations",
    "UPDATE stock_levels SET reserved = on_hand + 1 WHERE on_hand > 0": "nothing available is below zero",
    "UPDATE stock_levels SET on_order = 5 WHERE on_hand = (SELECT MAX(on_hand) FROM stock_levels)": "what is on order",
    f"{MOVED} 'in_transit', 0)": "has taken off the shelf is what it moves",
    f"{MOVED} 'received', 5)": "what a transfer has received",
    f"{MOVED} 'received', 4)": "every transfer is on its way",
    "UPDATE bots SET owner = '' WHERE id = 'orders.fulfil'": "every active bot has an owner",
    "UPDATE blocks SET actor = 'nobody' WHERE number = 2": "everything was done by",
    "UPDATE blocks SET actor = 'person:nobody' WHERE number = 2": "everything was done by",
    "UPDATE blocks SET actor = 'token:ghost' WHERE number = 2": "everything was done by",
    "UPDATE bots SET approved = '' WHERE id = 'orders.fulfil'": "works by a card that was approved",
    "UPDATE bots SET card = REPLACE(card, 'capture', 'refund') WHERE id = 'orders.fulfil'": "works by a card that was approved",
    "UPDATE bot_versions SET card = '{}' WHERE bot = 'orders.fulfil'": "works by a card that was approved",
    "UPDATE bot_versions SET approved_by = 'person:anna' WHERE bot = 'orders.fulfil'": "works by a card that was approved",
    f"UPDATE bots SET {', '.join(WIDER)} WHERE id = 'orders.fulfil'": "works by a card that was approved",
    "UPDATE policy_versions SET text = '[orders]' WHERE number = 1": "has the text that was proposed",
    f"UPDATE policy_versions SET text = '', digest = '{sha256(b'').hexdigest()}'": "has the text that was proposed",
    "UPDATE policy_versions SET state = 'withdrawn' WHERE state = 'active'": "what its versions say",
    "UPDATE policy_regimes SET trial = 7, how = 'canary', share = 5": "what its versions say",
    "INSERT INTO anchors (block, hash, at_ms, witness, state, said) VALUES (1, 'x', 1, 'file', 'kept', '')": "every head",
    "UPDATE blocks SET version = '' WHERE actor = 'orders.fulfil'": "names the bot's version",
    "INSERT INTO queue (bot, items, size) VALUES ('orders.ghost', '[1]', 1)": "belongs to a registered bot",
    f"UPDATE events SET because = 'never mind' WHERE order_id = {SHIPPED}": "the event chain verifies",
    "DELETE FROM events WHERE block = 3": "the event chain verifies",
}


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = worked_office(tmp_path / "office", database=database_url)
    yield made
    made.close()


def proofs(tx: Tx) -> list[Proof]:
    rooms = (orders_checks.checks(tx), inventory_checks.checks(), buying_checks.checks(), transferring_checks.checks())
    checks = (*(one for room in rooms for one in room), *engine_checks.checks())
    proven = [engine_checks.prove(tx, one) for one in checks]
    in_force = engine_checks.prove(tx, vouched.IN_FORCE)
    return [*proven, vouched.cards(tx), vouched.policies(tx), in_force, engine_checks.chain(tx)]


def test_a_sound_office_passes_every_check_and_whatever_is_broken_is_named(office: Office) -> None:
    sound = list(prove_all(office))
    assert [one for one in sound if not one.ok] == []
    assert {one.name for one in sound if one.examined == 0} <= {
        "every order that is to go on is queued or in hand",
        "what is queued for a bot of orders is an order",
        "what is queued belongs to a registered bot",
        "every order in the inbox has an open task, or an answer that is being followed",
        "reserved stock is the sum of open reservations",
        "one replenishment at most is open per SKU and warehouse",
        "the log still has every head that was written down outside",
        *(check.name for check in buying_checks.checks()),  # nothing was bought in this office, and nothing moved
        *(check.name for check in transferring_checks.checks()),
    }
    not_found: list[str] = []
    with office.database.transaction() as tx:
        for sql, named in BREAKS.items():
            with tx.savepoint(kept=False):
                assert tx.run(sql) > 0, f"breaks nothing: {sql}"
                broken = [one for one in proofs(tx) if not one.ok]
                if not any(named in one.name and len(one.detail) > 20 for one in broken):
                    not_found.append(f"{sql}: found {[one.name for one in broken]}")
        assert [one.name for one in proofs(tx) if not one.ok] == []
    assert not not_found


def test_what_the_database_itself_forbids_is_checked_all_the_same(office: Office) -> None:
    with office.database.transaction() as tx, tx.savepoint(kept=False):
        tx.run("DROP INDEX events_key")
        tx.run(
            "INSERT INTO events SELECT block, seq + 100000, activity, order_id, object, verdict, because, facts, key FROM events"
            " WHERE key IS NOT NULL"
        )
        tx.run("DROP INDEX one_open_replenishment")
        for _ in range(2):
            tx.run("INSERT INTO replenishments (sku, warehouse, quantity, state) VALUES ('A', 'W', 1, 'open')")
        broken = {one.name: one.detail for one in proofs(tx) if not one.ok}
    assert "(2 times)" in broken["each effect on the outside was executed once"]
    assert "A in W: 2 open" in broken["one replenishment at most is open per SKU and warehouse"]


def test_at_most_five_offenders_are_named_and_the_rest_is_counted(office: Office) -> None:
    with office.database.transaction() as tx, tx.savepoint(kept=False):
        wrong = tx.run("UPDATE orders SET total = total + 1 WHERE state = 'shipped'")
        found = next(one for one in proofs(tx) if "lines plus shipping" in one.name)
    assert wrong > 10
    assert found.detail.startswith(f"{wrong} wrong: order ")
    assert found.detail.count("total ") == 5
    assert f"and {wrong - 5} more" in found.detail


def test_bundles_within_bundles_are_counted_by_what_lies_on_the_shelf(office: Office) -> None:
    with office.database.transaction() as tx, tx.savepoint(kept=False):
        order_id, sku, pieces = tx.rows(
            "SELECT order_id, sku, quantity FROM stock_moves m WHERE reason = 'shipment' AND 1 ="
            " (SELECT COUNT(*) FROM order_lines l WHERE l.order_id = m.order_id AND l.sku = m.sku AND l.quantity = -m.quantity)"
            " ORDER BY id LIMIT 1"
        )[0]
        lines = tx.rows("SELECT no, quantity FROM order_lines WHERE order_id = ? AND sku = ?", (order_id, sku))
        assert len(lines) == 1
        for name, made_of in (("SET", f'{{"PAIR":1,"{sku}":1}}'), ("PAIR", f'{{"{sku}":2}}')):
            tx.run("INSERT INTO items (sku, components) VALUES (?, ?)", (name, made_of))
        tx.run("UPDATE order_lines SET sku = 'SET' WHERE order_id = ? AND no = ?", (order_id, lines[0][0]))
        tx.run("UPDATE stock_moves SET quantity = quantity * 3 WHERE order_id = ? AND sku = ?", (order_id, sku))
        found = next(one for one in proofs(tx) if "left the shelves" in one.name)
    assert found.ok, found.detail
    assert pieces < 0
