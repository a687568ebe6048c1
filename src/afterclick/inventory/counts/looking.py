"""Look up what the counts of a day are chosen by: places with their moves, worth, sales and earlier counts, all at once."""

from collections.abc import Mapping
from typing import Final

from afterclick.domain.stock_limits import CountingLimits
from afterclick.inventory.counts.choosing import DAY_MS, Candidate
from afterclick.inventory.counts.odds import Odds, Past, Place, learn
from afterclick.inventory.counts.stakes import Worth, class_a, stakes
from afterclick.store.transaction import Tx

MOST_HISTORY: Final = 20_000
"""The newest counts are learnt from; older ones tell little of today."""

_PLACES: Final = """
SELECT s.sku, s.warehouse, COALESCE(i.category, ''), s.on_hand, s.reserved, COALESCE(i.price, 0), COALESCE(i.currency, ''),
  COALESCE(m.moves, 0), COALESCE(m.odd, 0), COALESCE(m.first_ms, 0), COALESCE(c.at_ms, 0), COALESCE(o.orders, 0),
  COALESCE(m.sold, 0), COALESCE(t.drift, 0), COALESCE(t.sd, 0)
FROM stock_levels s
LEFT JOIN items i ON i.sku = s.sku
LEFT JOIN (SELECT sku, warehouse, MAX(at_ms) AS at_ms FROM stock_counts GROUP BY sku, warehouse) c
  ON c.sku = s.sku AND c.warehouse = s.warehouse
LEFT JOIN (
  SELECT v.sku, v.warehouse, MIN(v.at_ms) AS first_ms,
    SUM(CASE WHEN v.at_ms > COALESCE(k.at_ms, 0) AND v.reason <> 'opening' THEN 1 ELSE 0 END) AS moves,
    SUM(CASE WHEN v.at_ms > COALESCE(k.at_ms, 0) AND v.reason = 'adjustment' THEN 1 ELSE 0 END) AS odd,
    SUM(CASE WHEN v.at_ms >= ? AND v.reason = 'shipment' THEN -v.quantity ELSE 0 END) AS sold
  FROM stock_moves v
  LEFT JOIN (SELECT sku, warehouse, MAX(at_ms) AS at_ms FROM stock_counts GROUP BY sku, warehouse) k
    ON k.sku = v.sku AND k.warehouse = v.warehouse
  GROUP BY v.sku, v.warehouse
) m ON m.sku = s.sku AND m.warehouse = s.warehouse
LEFT JOIN (
  SELECT sku, warehouse, COUNT(DISTINCT order_id) AS orders FROM reservations WHERE state = 'open' GROUP BY sku, warehouse
) o ON o.sku = s.sku AND o.warehouse = s.warehouse
LEFT JOIN sensor_state t ON t.sku = s.sku AND t.warehouse = s.warehouse
ORDER BY s.sku, s.warehouse
"""
"""One walk over the moves; it runs at night. A place that was never counted counts from its first move."""


def past(tx: Tx) -> Odds:
    """The odds, learnt from the newest counts."""
    rows = tx.rows(
        "SELECT c.sku, c.warehouse, COALESCE(i.category, ''), c.moves, c.days, c.odd, c.booked, c.counted - c.booked"
        " FROM stock_counts c LEFT JOIN items i ON i.sku = c.sku ORDER BY c.id DESC LIMIT ?",
        (MOST_HISTORY,),
    )
    return learn([Past(*row) for row in reversed(rows)])


def candidates(tx: Tx, limits: CountingLimits, minor_per_cent: Mapping[str, float], *, now_ms: int) -> list[Candidate]:
    """Every place with stock or moves, with what is at stake there."""
    places: list[Place] = []
    worth: list[Worth] = []
    known: list[int] = []
    sold_value: dict[str, float] = {}
    for row in tx.rows(_PLACES, (now_ms - limits.sales_days * DAY_MS,)):
        sku, warehouse, group, on_hand, reserved, price, currency = row[:7]
        moves, odd, first_ms, counted_ms, orders, sold, drift, sd = (float(one) for one in row[7:])
        since_ms = int(counted_ms or first_ms)
        if not since_ms:
            continue
        days = max(0, now_ms - since_ms) // DAY_MS
        strange = int(odd) + int(on_hand < 0) + int(on_hand < reserved)
        places.append(Place(sku, warehouse, group, int(moves), days, strange, on_hand, drift / sd if sd else 0.0))
        worth.append(Worth(price, currency, on_hand, reserved, int(orders), max(0, int(sold))))
        known.append(since_ms)
        sold_value[sku] = sold_value.get(sku, 0.0) + max(0.0, sold) * price / minor_per_cent.get(currency, 1.0)
    first = class_a(sold_value, limits.a_share)
    return [
        Candidate(stake, known[at], stake.at_stake / minor_per_cent.get(stake.currency, 1.0), stake.place.sku in first)
        for at, stake in enumerate(stakes(past(tx), places, worth, limits))
    ]
