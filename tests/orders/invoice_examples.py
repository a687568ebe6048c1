"""Orders, items and a seller for the tests of invoicing."""

from afterclick.domain.catalogue import Item
from afterclick.domain.invoice import Invoice
from afterclick.domain.order import Address, Line, Order, Particulars
from afterclick.domain.seller import Seller
from afterclick.orders.billing.invoicing import invoice

ISSUED_MS = 1_795_262_400_000  # 21 November 2026
SELLER = Seller(
    name="Lindenhof Papier & Geschenke GmbH",
    address=Address(line1="Lindenallee 12", city="Freiburg", postcode="79098", country="DE"),
    tax_id="DE123456788",
    registration="HRB 4711, Freiburg",
    email="service@lindenhof.example",
    phone="+49 761 5550100",
    iban="DE89 3704 0044 0532 0130 00",
)
ITEMS = {
    sku: Item(sku=sku, name=name, tax_category=tax_category)
    for sku, name, tax_category in (
        ("PEN", "Fountain pen", "standard"),
        ("INK", "Bottle of ink", "standard"),
        ("HONEY", "Forest honey 500 g", "food"),
        ("NOVEL", "A novel", "books"),
        ("STAMP", "Postage stamp", "zero"),
    )
}


def order(
    *lines: tuple[str, int, int],
    country: str = "DE",
    shipping: int = 0,
    discount: int = 0,
    currency: str = "EUR",
    tax_id: str = "",
    name: str = "Annelise Großkreutz",
) -> Order:
    """An order of (sku, quantity, unit price) that adds up."""
    total = sum(quantity * price for _, quantity, price in lines) + shipping - discount
    address = Address(name=name, line1="Rosenstraße 7b", city="Köln", postcode="50667", country=country)
    return Order(
        id=1, store="shop", external_id="S-1001", placed_ms=0, received_ms=0, customer="C-9", currency=currency, total=total,
        shipping=shipping, discount=discount, country=country, card="", address_key="", priority=5, promise_ms=0, state="running",
        stage="invoice", revision=0, particulars=Particulars(ship_to=address, tax_id=tax_id),
        lines=tuple(Line(no, sku, quantity, price) for no, (sku, quantity, price) in enumerate(lines, 1)),
    )  # fmt: skip


def invoiced(placed: Order, seller: Seller = SELLER) -> Invoice:
    """The invoice INV-2026-000042 of an order."""
    return invoice(placed, number=42, series="INV-2026", items=ITEMS, seller=seller, issued_ms=ISSUED_MS)
