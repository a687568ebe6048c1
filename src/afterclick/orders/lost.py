"""Acts whose answer was lost: the outside may have done them, so that they are asked for again under the same key before else."""

from collections.abc import Collection
from typing import Final

from afterclick.engine.door import Act
from afterclick.store.transaction import Tx

NO_ANSWER: Final = "gave no answer"
"""In the reason why an order waits whose act was not answered."""


def unanswered(tx: Tx, ids: Collection[int], *, stage: str, act: Act) -> set[int]:
    """Those of these orders for which this act of this stage was asked last without an answer.

    The log says so: what the order rests at does not, since it may have been held, queued or taken back halfway meanwhile.
    """
    if not ids:
        return set()
    condition, value = tx.among(list(ids))
    lost = f"left.{stage}"
    last: dict[int, str] = dict(tx.rows(
        f"SELECT order_id, activity FROM events WHERE order_id {condition}"  # noqa: S608
        " AND (activity = ? OR (activity = ? AND verdict = 'Wait' AND because LIKE ?)) ORDER BY block, seq",
        (value, f"{act.port}.{act.name}", lost, f"%{NO_ANSWER}%"),
    ))  # fmt: skip
    return {order_id for order_id, activity in last.items() if activity == lost}
