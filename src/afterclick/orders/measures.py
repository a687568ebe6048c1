"""What the orders desk measures of itself, for Prometheus."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from afterclick.orders.overview import resting
from afterclick.orders.panels import touchless
from afterclick.store.transaction import Tx

_FINISHED: Final = ("shipped", "cancelled")


def measures(tx: Tx) -> Iterator[Metric]:
    """Orders that came in, that rest by why, and that came to an end; the last are as of the last count of daily figures."""
    standing = resting(tx)
    yield CounterMetricFamily("afterclick_orders_received", "Orders that came in.", value=standing["received"])
    states = GaugeMetricFamily("afterclick_orders_resting", "Orders that do not move, by state.", labels=["state"])
    for state in ("waiting", "inbox", "held"):
        states.add_metric([state], standing[state])
    yield states
    finished = CounterMetricFamily("afterclick_orders_finished", "How often an order came to an end, by state.", labels=["state"])
    counted = dict(tx.rows(
        "SELECT activity, CAST(SUM(count) AS BIGINT) FROM daily_figures WHERE verdict = 'Done'"
        " AND activity IN ('shipped', 'cancelled') GROUP BY activity"
    ))  # fmt: skip
    refused = tx.value("SELECT CAST(SUM(count) AS BIGINT) FROM daily_figures WHERE verdict = 'Refuse' AND activity LIKE 'left.%'")
    for state in _FINISHED:
        finished.add_metric([state], counted.get(state, 0))
    finished.add_metric(["refused"], refused or 0)
    yield finished
    of, alone = touchless(tx)
    name = "afterclick_orders_touchless_ratio"
    yield GaugeMetricFamily(name, "Of the orders that came in last, those that needed nobody.", value=alone / of if of else 1.0)
