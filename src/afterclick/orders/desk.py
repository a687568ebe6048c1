"""What the orders desk works with: catalogue, rate tables, the seller, and which acts on the outside it knows."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from afterclick.domain.allocation import AllocationCosts
from afterclick.domain.catalogue import Item
from afterclick.domain.payment import Authorise, Capture, Payment, Refund
from afterclick.domain.seller import Seller
from afterclick.domain.shipping import Label, LabelRequest, Tariff
from afterclick.domain.stock import Warehouse
from afterclick.engine.door import Act
from afterclick.orders.billing.tax import RateTable
from afterclick.orders.catalogue import Catalogue
from afterclick.orders.sourcing.costs import Sourcing
from afterclick.store.transaction import Tx


def _wrong_label(_request: LabelRequest, label: Label) -> str:
    if not label.tracking or len(label.tracking) > 80:
        return "a label without a tracking number"
    return f"a label for {label.cost} {label.currency}" if label.cost < 0 or len(label.currency) != 3 else ""


def _wrong_payment(request: Authorise | Capture | Refund, payment: Payment) -> str:
    if not payment.reference:
        return "a payment without a reference"
    return f"{payment.amount} instead of {request.amount}" if payment.amount != request.amount else ""


AUTHORISE: Final = Act("payments", "authorise", Payment, _wrong_payment)
CAPTURE: Final = Act("payments", "capture", Payment, _wrong_payment)
RELEASE: Final = Act("payments", "release", None)
REFUND: Final = Act("payments", "refund", Payment, _wrong_payment)
LABEL: Final = Act("carrier", "label", Label, _wrong_label)
VOID: Final = Act("carrier", "void", None)
HAND_OVER: Final = Act("warehouse", "hand_over", None)
RECALL: Final = Act("warehouse", "recall", None)
TELL: Final = Act("store", "tell", None)
SEND: Final = Act("mailbox", "send", None)


class OrdersDesk:
    """The desk's equipment in one process. Catalogue and goods are read again when they have changed."""

    def __init__(self, *, seller: Seller, tariffs: Sequence[Tariff], costs: AllocationCosts | None = None, series: str = "INV",
                 credit_series: str = "CN", reservation_ms: int = 7 * 86_400_000,
                 tax_rates: RateTable | None = None) -> None:  # fmt: skip
        self.seller = seller
        self.tariffs = tuple(tariffs)
        self.costs = costs
        self.series = series
        self.credit_series = credit_series
        self.reservation_ms = reservation_ms
        self.tax_rates = tax_rates
        self.catalogue = Catalogue()
        self._goods: dict[str, Item] = {}
        self._goods_version = -1
        self._sourcing: Sourcing | None = None
        self._warehouses: tuple[Warehouse, ...] = ()

    def goods(self, tx: Tx) -> Mapping[str, Item]:
        """Every item by SKU."""
        version = tx.value("SELECT COALESCE((SELECT next FROM counters WHERE name = 'catalogue'), 0)")
        if version != self._goods_version:
            rows = tx.rows("SELECT sku, name, category, tax_category, weight_g, price, currency, components, active FROM items")
            self._goods = {row[0]: _item(row) for row in rows}
            self._goods_version = version
        return self._goods

    def sourcing(self, tx: Tx) -> Sourcing:
        """The cost tables of all warehouses and carriers."""
        rows = tx.rows("SELECT id, name, country, latitude, longitude, handling FROM warehouses ORDER BY id")
        warehouses = tuple(Warehouse(*row) for row in rows)
        if self._sourcing is None or warehouses != self._warehouses:
            self._sourcing, self._warehouses = Sourcing(warehouses, self.tariffs, self.costs), warehouses
        return self._sourcing


def _item(row: Sequence[object]) -> Item:
    sku, name, category, tax_category, weight_g, price, currency, components, active = row
    parts = msgspec.json.decode(str(components), type=dict[str, int]) if components else None
    return Item(
        str(sku),
        str(name),
        str(category),
        str(tax_category),
        int(str(weight_g)),
        int(str(price)),
        str(currency),
        parts,
        bool(active),
    )
