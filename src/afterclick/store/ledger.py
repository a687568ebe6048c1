"""The ledger of postings: debit positive, credit negative; an entry that does not balance is refused."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from afterclick.domain.invoice import Posting
from afterclick.store import tables
from afterclick.store.transaction import Tx

_POSTING: Final = ("entry", "line", "account", "amount", "currency", "order_id", "at_ms")


class Unbalanced(ValueError):
    """An entry whose postings do not sum to zero; posting it would falsify the books."""


def post(tx: Tx, postings: Sequence[Posting], *, now_ms: int) -> None:
    """Write journal entries.

    Raises:
        Unbalanced: an entry does not sum to zero.
    """
    rows: list[tuple[str, int, str, int, str, int, int]] = []
    sums: defaultdict[str, int] = defaultdict(int)
    lines: defaultdict[str, int] = defaultdict(int)
    for one in postings:
        sums[one.entry] += one.amount
        lines[one.entry] += 1
        rows.append((one.entry, lines[one.entry], one.account, one.amount, one.currency, one.order_id, now_ms))
    if any(sums.values()):
        wrong = next(entry for entry, amount in sums.items() if amount)
        raise Unbalanced(f"entry {wrong} does not balance: its postings sum to {sums[wrong]}")
    tx.insert(tables.postings, _POSTING, rows)
