"""What a person says of a reading that the rules doubt."""

import msgspec

from afterclick.domain.scouting import Judged
from afterclick.procurement.scouting import readings
from afterclick.procurement.scouting.offering import bring_up_to_date
from afterclick.procurement.scouting.readings import UnknownReading
from afterclick.store.log import Event
from afterclick.store.transaction import Tx


def accept(tx: Tx, number: int, *, by: str, because: str, now_ms: int) -> Event:
    """Record the reading once more, as one that counts; the doubtful one stays as it was.

    Raises:
        UnknownReading: there is none of that number, it counts already, or a later one of the same price does.
    """
    kept = readings.reading(tx, number)
    one = kept.reading
    if kept.judged.verdict != "doubtful" or one.amount <= 0:
        raise UnknownReading(f"reading {number} is {kept.judged.verdict}, so there is nothing to accept")
    last = readings.latest(tx, [one.sku]).get((one.party, one.sku))
    if last is not None and last.id > number:
        raise UnknownReading(f"since reading {number} a later one of {one.party} {one.sku} was accepted: {last.id}")
    judged = Judged("accepted", f"{by}: {because}"[:500], counts=True, readings=max(1, kept.judged.readings))
    again = msgspec.structs.replace(one, doubt="")
    readings.keep(tx, [(again, judged)], decided_by=by)
    bring_up_to_date(tx, [(again, judged)], now_ms=now_ms)
    said = f"{one.party} {one.sku}: reading {number} counts; {because}"
    return Event("price.changed", None, f"price/{one.party}/{one.sku}"[:200], "Pass", said[:500])


def reject(tx: Tx, number: int, *, by: str, because: str) -> Event:
    """Say that a doubtful price is wrong: neither this reading nor the same price before it is evidence any more.

    Raises:
        UnknownReading: there is none of that number, or it is not doubtful.
    """
    kept = readings.reading(tx, number)
    one = kept.reading
    if kept.judged.verdict != "doubtful":
        raise UnknownReading(f"reading {number} is {kept.judged.verdict}, so there is nothing to reject")
    tx.run(
        "UPDATE price_readings SET verdict = 'rejected', because = ?, decided_by = ? WHERE verdict = 'doubtful' AND id <= ?"
        " AND sku = ? AND party = ? AND amount = ? AND currency = ? AND pieces = ?",
        (f"{by}: {because}"[:500], by, number, one.sku, one.party, one.amount, one.currency, one.pieces),
    )
    said = f"{one.party} {one.sku}: reading {number} is wrong; {because}"
    return Event("price.rejected", None, f"price/{one.party}/{one.sku}"[:200], "Refuse", said[:500])
