"""What is asked of the search page: its fields as the log is searched by them."""

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from fastapi import Query

from afterclick.control_room.problems import Problem
from afterclick.governance.audit import times
from afterclick.governance.audit.searching import Wanted
from afterclick.store.transaction import Tx

Field = Annotated[str, Query(max_length=200)]


class Asked(NamedTuple):
    """The fields of the form, as they were written."""

    order: str = ""
    about: str = ""
    actor: str = ""
    activity: str = ""
    verdict: str = ""
    because: str = ""
    since: str = ""
    until: str = ""


async def asked(
    order: Field = "", about: Field = "", actor: Field = "", activity: Field = "", verdict: Field = "", because: Field = "",
    since: Field = "", until: Field = "",
) -> Asked:  # fmt: skip
    """The fields of a request."""
    return Asked(*(one.strip() for one in (order, about, actor, activity, verdict, because, since, until)))


def wanted(tx: Tx, fields: Asked) -> Wanted | None:
    """What to search for; None where the order is not known, so that nothing can be found.

    Raises:
        Problem: 422, a time cannot be read.
    """
    order_id = _order(tx, fields.order) if fields.order else 0
    if order_id is None:
        return None
    from_ms, to_ms = span(fields.since, fields.until)
    return Wanted(order_id, fields.about, fields.actor, fields.activity, fields.verdict, fields.because, from_ms, to_ms)


def span(since: str, until: str) -> tuple[int, int]:
    """A stretch of time in ms; 0 is no limit.

    Raises:
        Problem: 422, it cannot be read, or ends before it begins.
    """
    try:
        from_ms, to_ms = times.read(since), times.read(until)
    except times.NoTime as error:
        raise Problem(422, str(error)) from error
    if to_ms and to_ms <= from_ms:
        raise Problem(422, "the time ends before it begins: exchange the two")
    return from_ms, to_ms


def order_numbers(tx: Tx, orders: Iterable[int]) -> dict[int, str]:
    """Our ids of orders → the store's numbers."""
    among, value = tx.among(sorted(set(orders)))
    return dict(tx.rows(f"SELECT id, external_id FROM orders WHERE id {among}", (value,)))  # noqa: S608


def _order(tx: Tx, name: str) -> int | None:
    """The order of that number: the store's own, or ours."""
    found = tx.rows("SELECT id FROM orders WHERE external_id = ? ORDER BY id DESC LIMIT 1", (name,))
    if not found and name.isascii() and name.isdigit() and len(name) < 19:
        found = tx.rows("SELECT id FROM orders WHERE id = ?", (int(name),))
    return found[0][0] if found else None
