"""An office with transfers in every state, for tests of their pages, their interface and their commands."""

from typing import Final

from afterclick.app import Office
from afterclick.domain.transfer import Transfer
from afterclick.procurement.transferring import ending
from afterclick.procurement.transferring.listing import LATE_MS
from afterclick.store import transfers
from afterclick.store.log import Event
from afterclick.store.stock import Move, ensure_levels, move

PROPOSED, RELEASED, SENT, LATE, CANCELLED = range(1, 6)
PIECES: Final = 10
HOSTILE: Final = "<script>alert(1)</script> & 'so'"


def number(one: int) -> str:
    """How a transfer is called."""
    return f"TO-2026-{one:06d}"


def furnish_transfers(office: Office) -> None:
    """Five transfers of cups from W1 to W2, by their state; the one that is late was told a minute more than a week ago."""
    now_ms = office.clock.now_ms()
    made = {
        one: Transfer(one, number(one), "CUP", "W1", "W2", PIECES, f"transfer/{one}", because=f"why {one}", proposed_ms=now_ms,
                      proposed_by="procurement.plan")
        for one in (PROPOSED, RELEASED, SENT, LATE, CANCELLED)
    }  # fmt: skip
    told_ms = now_ms - LATE_MS - 60_000
    with office.database.transaction() as tx:
        tx.run("INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES ('W2', 'Bonn', 'DE', 51, 7, 1)")
        ensure_levels(tx, [("CUP", "W1"), ("CUP", "W2")])
        move(tx, [Move("CUP", "W1", 100, "opening")], now_ms=now_ms)
        transfers.propose(tx, list(made.values()))
        transfers.release(tx, [made[RELEASED], made[SENT], made[LATE]], now_ms=now_ms)
        transfers.sent(tx, [made[SENT]], now_ms=now_ms)
        transfers.sent(tx, [made[LATE]], now_ms=told_ms)
        said = [Event("transfer.proposed", None, f"transfer/{one}", "", f"why {one}") for one in made]
        said += ending.end(tx, number(CANCELLED), by="person:zoe", because=HOSTILE, now_ms=now_ms)
        office.record(tx, said, by="procurement.plan")
