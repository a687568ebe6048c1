"""Whatever byte of whatever row of the log is changed, it is found, and the block is named; also after an erasure."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterclick.governance.audit import texts
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.hashing import GENESIS, plain_hash
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

BLOCKS: Final = ("number", "previous", "hash", "at_ms", "actor", "version", "mode", "batch", "events", "duration_us", "seed")
EVENTS: Final = ("block", "seq", "activity", "order_id", "object", "verdict", "because", "facts", "key")


def fill(database: Database) -> None:
    """Nine blocks: 1 and 2 as an older office wrote them, 3 without any text, text erased from 2, 4 and 5."""
    with database.transaction() as tx:
        previous = GENESIS
        for number in (1, 2):
            happened = [Event("old", number, None, "Pass", f"Mrs Miller called {number}"), Event("old", number)]
            head = Block(number, "somebody", "1")
            digest = plain_hash(previous, number, head, happened)
            tx.run(
                "INSERT INTO blocks (number, previous, hash, at_ms, actor, version, mode, events, duration_us)"
                " VALUES (?, ?, ?, ?, 'somebody', '1', 'live', 2, 0)",
                (tx.take("blocks"), previous, digest, number),
            )
            for seq, one in enumerate(happened):
                tx.run(
                    "INSERT INTO events (block, seq, activity, order_id, verdict, because) VALUES (?, ?, ?, ?, ?, ?)",
                    (number, seq, one.activity, one.order_id, one.verdict, one.because),
                )
            previous = digest
    append(database, 3, [Event("received", 3), Event("received", 4)])
    for number in (4, 5, 6):
        append(database, number, [
            Event("judged", number, None, "Pass", "complete", '{"postcode":"10115"}'),
            Event("left.genuine", number, None, "Ask", "Mrs Miller is new"),
            Event("carrier.label", number, None, "Done", "carrier:a", '{"tracking":"T"}', f"{number}:1:label"),
            Event("shipped", number, "store/shop"),
        ])  # fmt: skip
    with database.transaction() as tx:
        texts.erase(tx, [(2, 0), (4, 1)], by="person:anna", because="by letter", now_ms=7)
    with database.transaction() as tx:
        texts.erase(tx, [(4, 0), (5, 1)], by="person:anna", because="by letter", now_ms=8)
    append(database, 9, [Event("shipped", 9, "store/shop", "", "late")])


def append(database: Database, at_ms: int, happened: list[Event]) -> None:
    with database.transaction() as tx:
        log.append(tx, Block(at_ms, "orders.fulfil", "1", "live", at_ms, 7), happened)


@contextmanager
def undone(database: Database) -> Generator[Tx]:
    """A transaction that leaves no trace."""
    with suppress(ZeroDivisionError), database.transaction() as tx:
        yield tx
        raise ZeroDivisionError


def other(value: Any, column: str, bit: int) -> Any:
    """A value that differs by one bit of one byte, or is there where nothing was."""
    if value is None:
        return 1 if column in ("batch", "order_id") else "x"
    if isinstance(value, int):
        return value ^ (1 << bit % 20)
    if not value:
        return "x"
    spot = bit % len(value)
    return f"{value[:spot]}{chr(ord(value[spot]) ^ 1)}{value[spot + 1 :]}"


def test_text_was_erased_and_the_log_holds(database: Database) -> None:
    fill(database)
    with database.reading() as tx:
        found = log.verify(tx)
        assert (found.ok, found.detail, found.blocks, found.erased) == (True, "", 9, 4)
        left = "; ".join(row[0] for row in tx.rows("SELECT because FROM events WHERE block IN (2, 4, 5)"))
        assert left.count("Miller") == 0
        assert left.count("(erased)") == 4


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_of_any_row_that_is_changed_is_found_and_its_block_named(database: Database, data: st.DataObject) -> None:
    with database.reading() as tx:
        empty = not tx.value("SELECT COUNT(*) FROM blocks")
    if empty:
        fill(database)
    table, columns = data.draw(st.sampled_from([("blocks", BLOCKS), ("events", EVENTS)]))
    column = data.draw(st.sampled_from(columns))
    bit = data.draw(st.integers(0, 2_000))
    with undone(database) as tx:
        keys = ("number",) if table == "blocks" else ("block", "seq")
        rows = tx.rows(f"SELECT {', '.join(keys)}, {column} FROM {table} ORDER BY {', '.join(keys)}")
        *where, value = data.draw(st.sampled_from(rows))
        places = " AND ".join(f"{key} = ?" for key in keys)
        try:
            with tx.savepoint():
                tx.run(f"UPDATE {table} SET {column} = ? WHERE {places}", (other(value, column, bit), *where))
        except Exception as error:  # a row that is there already: the database itself refuses
            assert "unique" in str(error).lower()
            return
        found = log.verify(tx)
        assert not found.ok, f"{table}.{column} of {where} was {value!r}"
        if column in ("number", "block"):
            assert found.broken_block <= where[0] + 1
        else:
            assert found.broken_block in (where[0], where[0] + 1)


SIDE: Final[list[tuple[str, Callable[[Tx], object], int]]] = [
    ("a commitment", lambda tx: tx.run("UPDATE erased_events SET commitment = UPPER(commitment) WHERE block = 4"), 4),
    ("salts", lambda tx: tx.run("UPDATE erased_blocks SET salts = salts || 'a' WHERE block = 5"), 5),
    ("no salts", lambda tx: tx.run("DELETE FROM erased_blocks WHERE block = 5"), 5),
    ("another hash of what is left", lambda tx: tx.run("UPDATE erased_blocks SET plain = 'x' WHERE block = 2"), 2),
    ("an erasure forgotten", lambda tx: tx.run("DELETE FROM erased_events WHERE block = 2"), 2),
    ("text that comes back", lambda tx: tx.run("UPDATE events SET because = 'Mr Miller' WHERE block = 5 AND seq = 1"), 5),
    ("an erasure that nobody logged", lambda tx: _erase_unlogged(tx), 6),
    ("an erasure of what has no text", lambda tx: _erase_nothing(tx), 3),
]


@pytest.mark.parametrize(("tamper", "block"), [case[1:] for case in SIDE], ids=[case[0] for case in SIDE])
def test_an_erasure_hides_nothing_else(database: Database, tamper: Callable[[Tx], object], block: int) -> None:
    fill(database)
    with database.transaction() as tx:
        tamper(tx)
    with database.reading() as tx:
        found = log.verify(tx)
    assert not found.ok
    assert found.broken_block == block


def test_text_of_a_block_that_was_changed_is_not_erased_since_that_would_hide_it(database: Database) -> None:
    fill(database)
    with database.transaction() as tx:
        tx.run("UPDATE events SET verdict = 'Pass' WHERE block = 6 AND seq = 1")
    with pytest.raises(texts.BrokenBlock, match="block 6 was changed"), database.transaction() as tx:
        texts.erase(tx, [(6, 1)], by="person:anna", because="by letter", now_ms=9)


def test_what_is_erased_can_not_be_guessed_from_what_stays(database: Database) -> None:
    """Seed and salt are gone, and without them the commitment says nothing."""
    fill(database)
    with database.reading() as tx:
        assert tx.value("SELECT seed FROM blocks WHERE number = 4") == "(erased)"
        assert tx.value("SELECT salts FROM erased_blocks WHERE block = 4") == ""
        assert len(tx.value("SELECT salts FROM erased_blocks WHERE block = 5")) == 32


@pytest.mark.parametrize(
    ("anchors", "broken", "said"),
    [
        ({3: "right"}, 0, ""),
        ({3: "right", 9: "right"}, 0, ""),
        ({3: "right", 12: "f" * 64}, 10, "the tail was cut: block 12 was anchored, and the log ends at block 9"),
        ({3: "right", 7: "f" * 64}, 7, "block 7 is not the block that was anchored: the log was rewritten between block 4"),
        ({1: "f" * 64}, 1, "the log was rewritten there"),
    ],
)
def test_anchors_show_a_cut_tail_and_a_rewritten_log(database: Database, anchors: dict[int, str], broken: int, said: str) -> None:
    fill(database)
    with database.reading() as tx:
        hashes: dict[int, str] = dict(tx.rows("SELECT number, hash FROM blocks"))
        found = log.verify(tx, anchors={block: hashes[block] if text == "right" else text for block, text in anchors.items()})
    assert (found.ok, found.broken_block) == (not broken, broken)
    assert said in found.detail
    if not broken:
        assert found.anchored == max(anchors)


def _erase_unlogged(tx: Tx) -> None:
    (one,) = log.recorded(tx, first=6, last=6)
    texts._write(tx, 6, [1], texts._without(one, [1]))


def _erase_nothing(tx: Tx) -> None:
    (one,) = log.recorded(tx, first=3, last=3)
    digest = plain_hash(one.previous, 3, one.head, one.happened)
    tx.run("INSERT INTO erased_blocks (block, salts, plain) VALUES (3, '', ?)", (digest,))
