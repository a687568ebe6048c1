"""Purchase orders for the tests of documents, and readers of our own documents that share no code with their writers."""

import warnings
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from hypothesis import strategies as st

from afterclick.domain.order import Address
from afterclick.domain.purchase import PurchaseLine, PurchaseOrder, Vendor
from afterclick.domain.seller import Seller
from afterclick.procurement.documents.parties import Buyer, Letter

SELLER = Seller(
    "Lindenhof Garten & Küche GmbH", Address("", "Alte Werft 12", "", "Hamburg", "", "20457", "DE"), "DE123456789",
    "HRB 12345", "einkauf@lindenhof.example", "+49 40 5550 120",
)  # fmt: skip
BUYER = Buyer(SELLER, "4012345000009")
VENDOR = Vendor(
    "V1", "Fonderie du Creuset S.A.S.", Address("", "12, rue des Fondeurs", "Zone Nord", "Lyon", "", "69007", "FR"),
    "FR12345678901", "3012345678900", mailbox="orders@fonderie.example",
)  # fmt: skip
WAREHOUSE = Address("Lindenhof Lager Süd", "Am Kai 7", "Tor 4", "Hamburg", "", "21107", "DE")
LINES = (
    PurchaseLine(1, "POT-28", 40, 4290, vendor_sku="FA-2801", gtin="4006381333931", name="Cast iron pot, 28 cm"),
    PurchaseLine(2, "SCREW-M4", 250, 45, price_basis=100, vendor_sku="M4X20", name="Screw M4 × 20"),
    PurchaseLine(3, "CUP", 12, 18600, unit="XBX", per_unit=24, name="Espresso cup", deliver_on=date(2026, 12, 15)),
)


def order(*lines: PurchaseLine, **given) -> PurchaseOrder:
    return PurchaseOrder(
        given.pop("number", "PO-2026-000042"), "V1", "EUR", lines or LINES, 1_795_351_800_000, "approved", "HAM", WAREHOUSE,
        date(2026, 12, 4), given.pop("incoterm", "DAP"), 30, **given,
    )  # fmt: skip


def letter(*lines: PurchaseLine, **given) -> Letter:
    return Letter(order(*lines, **given), VENDOR, BUYER, 17)


_skus = st.text("ABCDEFXYZ0123456789-_./ +:'?", min_size=1, max_size=30).map(str.strip).map(lambda sku: " ".join(sku.split()))
_names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=80)


@st.composite
def lines(draw: st.DrawFn, no: int) -> PurchaseLine:
    """A line that every format can say."""
    return PurchaseLine(
        no,
        draw(_skus.filter(bool)),
        draw(st.integers(1, 10**9)),
        draw(st.integers(0, 10**9)),
        price_basis=draw(st.sampled_from([1, 100, 1000])),
        unit=draw(st.sampled_from(["C62", "XBX", "KGM", "DZN"])),
        vendor_sku=draw(st.one_of(st.just(""), _skus)),
        gtin=draw(st.sampled_from(["", "4006381333931", "036000291452"])),
        name=draw(_names),
        deliver_on=draw(st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2049, 12, 31)))),
    )


@st.composite
def letters(draw: st.DrawFn) -> Letter:
    count = draw(st.integers(1, 6))
    rows = tuple(draw(lines(no)) for no in range(1, count + 1))
    return letter(*rows, note=draw(_names), number=draw(st.from_regex(r"PO-[0-9]{1,8}", fullmatch=True)))


Row = tuple[int, str, str, str, int, str, Decimal, int, date | None]


def as_rows(letter: Letter) -> tuple[str, list[Row]]:
    """Number and lines of an order: no, SKU, vendor's SKU, GTIN, quantity, unit, price, its basis, day."""
    return letter.order.number, [
        (
            one.no, one.sku, one.vendor_sku, one.gtin, one.quantity, one.unit, Decimal(one.price) / 100, one.price_basis,
            one.deliver_on,
        )
        for one in letter.order.lines
    ]  # fmt: skip


def read_ubl(content: bytes) -> tuple[str, list[Row]]:
    """The same out of a UBL order."""
    root = ElementTree.fromstring(content)  # noqa: S314  # our own document

    def text(element: Any, path: str) -> str:
        found = element.find("/".join("{*}" + name for name in path.split("/")))
        return "" if found is None else found.text or ""

    rows: list[Row] = []
    for one in root.findall("{*}OrderLine/{*}LineItem"):
        wanted = text(one, "Delivery/RequestedDeliveryPeriod/EndDate")
        quantity = one.find("{*}Quantity")
        assert quantity is not None
        rows.append(
            (
                int(text(one, "ID")), text(one, "Item/BuyersItemIdentification/ID"),
                text(one, "Item/SellersItemIdentification/ID"), text(one, "Item/StandardItemIdentification/ID"),
                int(quantity.text or ""), quantity.attrib["unitCode"], Decimal(text(one, "Price/PriceAmount")),
                int(text(one, "Price/BaseQuantity")), date.fromisoformat(wanted) if wanted else None,
            )
        )  # fmt: skip
    return text(root, "ID"), rows


def read_edifact(content: bytes) -> tuple[str, list[Row]]:
    """The same out of an EDIFACT order, by the library pydifact."""
    from pydifact.segmentcollection import RawSegmentCollection

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has no directory of D.96A to check against, and says so
        found = RawSegmentCollection.from_str(content.decode("utf-8" if b"UNOY" in content[:40] else "latin-1")).segments
    number, rows = "", list[list[Any]]()
    for one in found:
        elements = [part if isinstance(part, list) else [part] for part in one.elements]
        match one.tag:
            case "BGM":
                number = elements[1][0]
            case "LIN":
                gtin = elements[2][0] if len(elements) > 2 else ""
                rows.append([int(elements[0][0]), "", "", gtin, 0, "", Decimal(0), 1, None])
            case "PIA":
                for part in elements[1:]:
                    rows[-1][1 if part[1] == "IN" else 2] = part[0]
            case "QTY":
                rows[-1][4:6] = [int(elements[0][1]), "C62" if elements[0][2] == "PCE" else elements[0][2]]
            case "PRI":
                rows[-1][6:8] = [Decimal(elements[0][1]), int(elements[0][4]) if len(elements[0]) > 4 else 1]
            case "DTM" if rows:
                rows[-1][8] = date.fromisoformat(f"{elements[0][1][:4]}-{elements[0][1][4:6]}-{elements[0][1][6:]}")
            case _:
                pass
    return number, [tuple(row) for row in rows]  # pyright: ignore[reportReturnType]


def read_x12(content: bytes) -> tuple[str, list[Row]]:
    """The same out of an X12 order."""
    number, rows = "", list[list[Any]]()
    units = {"EA": "C62", "BX": "XBX", "KG": "KGM", "DZ": "DZN"}
    for text in content.decode("ascii").split("~"):
        tag, *elements = text.strip("\n").split("*")
        if tag == "BEG":
            number = elements[2]
        elif tag == "PO1":
            named = dict(zip(elements[5::2], elements[6::2], strict=True))
            gtin = named.get("EN") or named.get("UP") or ""
            basis = {"": 1, "HP": 100, "TP": 1000}[elements[4]]
            row = [int(elements[0]), named["BP"], named.get("VN", ""), gtin, int(elements[1]), units[elements[2]]]
            rows.append([*row, Decimal(elements[3]), basis, None])
        elif tag == "DTM" and rows:
            rows[-1][8] = date.fromisoformat(f"{elements[1][:4]}-{elements[1][4:6]}-{elements[1][6:]}")
    return number, [tuple(row) for row in rows]  # pyright: ignore[reportReturnType]
