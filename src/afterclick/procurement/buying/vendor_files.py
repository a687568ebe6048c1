"""Read a file of vendors, with each line named that cannot be one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, cast, get_args

from afterclick.domain.money import CURRENCIES, decimals, to_minor
from afterclick.domain.order import Address
from afterclick.domain.purchase import DocumentFormat, Freight, Vendor
from afterclick.reading.prices.amounts import read_amount
from afterclick.reading.tables.columns import named, places_of, shown
from afterclick.reading.tables.rows import BadFile, read_rows

LONGEST_TEXT: Final = 200
MOST_DAYS: Final = 730
SYNONYMS: Final[dict[str, str]] = {  # the field → names, the likeliest first; case, accents, blanks and signs do not matter
    "id": "vendor id|vendor no|vendor number|vendor code|vendor|supplier id|supplier no|supplier code|supplier|id|"
    "lieferantennummer|lieferanten nr|lieferant|kreditor|fournisseur|code fournisseur|proveedor|codigo proveedor|fornitore|"
    "leverancier",
    "name": "name|vendor name|supplier name|company|firma|lieferantenname|raison sociale|nom|nombre|razon social|"
    "ragione sociale|naam",
    "currency": "currency|currency code|wahrung|waehrung|devise|moneda|valuta",
    "mailbox": "mailbox|email|e mail|email address|order email|bestell e mail|courriel|correo|adresse e mail",
    "endpoint": "endpoint|peppol id|peppol|edi|edi address|edi id",
    "document": "document|format|document format|dokument",
    "lead_days": "lead days|lead time|lead time days|delivery days|lieferzeit|lieferzeit tage|delai|delai de livraison|plazo|"
    "plazo de entrega|levertijd|tempo di consegna",
    "minimum_value": "minimum value|minimum order value|minimum order|mindestbestellwert|minimum de commande|pedido minimo",
    "payment_days": "payment days|payment terms|zahlungsziel|delai de paiement|plazo de pago",
    "incoterm": "incoterm|incoterms|lieferbedingung",
    "category": "category|kategorie|categorie|categoria",
    "tax_id": "tax id|vat id|vat number|ust id|tva intracommunautaire|nif|partita iva",
    "gln": "gln|global location number",
    "freight": "freight|shipping cost|freight per order|fracht|versandkosten|frais de port|portes",
    "line1": "street|address|line1|strasse|adresse|rue|direccion|calle|indirizzo|straat",
    "city": "city|town|stadt|ort|ville|ciudad|citta|plaats",
    "postcode": "postcode|zip|postal code|plz|code postal|codigo postal|cap",
    "country": "country|country code|land|pays|pais|paese",
}


class VendorFile(NamedTuple):
    """The vendors of a file, and the lines that are none: (line, why)."""

    vendors: tuple[Vendor, ...]
    rejected: tuple[tuple[int, str], ...]


class _Unfit(ValueError):
    """A line cannot be a vendor; says why."""


def read_vendors(path: Path, *, currency: str) -> VendorFile:
    """Read a table of vendors (CSV, XLSX, Parquet); `currency` holds where a line names none.

    Raises:
        BadFile: the file cannot be read, or has no column for the vendor's id.
    """
    found: dict[str, Vendor] = {}
    rejected: list[tuple[int, str]] = []
    for chunk in read_rows(path, recognise):
        rejected += [(one.number, one.because) for one in chunk.unread]
        for number, cells in zip(chunk.numbers, chunk.rows, strict=True):
            row = {field: cell.strip() for field, cell in zip(chunk.fields, cells, strict=True)}
            try:
                one = _vendor(row, currency)
            except _Unfit as error:
                rejected.append((number, str(error)))
                continue
            if one.id in found:
                rejected.append((number, f"{one.id} stands on an earlier line already"))
            else:
                found[one.id] = one
    return VendorFile(tuple(found.values()), tuple(sorted(rejected)))


def recognise(header: Sequence[str]) -> dict[str, int]:
    """The position of each field's column.

    Raises:
        BadFile: there is none for the vendor's id.
    """
    found = named(places_of(header), SYNONYMS)
    if "id" not in found and "name" in found:
        found["id"] = found["name"]
    if "id" not in found:
        raise BadFile(f"no column was recognised for the vendor's id: the columns are {shown(header)}. Name one `vendor id`")
    return found


def _vendor(row: Mapping[str, str], usual_currency: str) -> Vendor:
    for field, text in row.items():
        if len(text) > LONGEST_TEXT or not text.isprintable() or text[:1] in ("=", "@"):
            raise _Unfit(f"its {field.replace('_', ' ')} is longer than {LONGEST_TEXT} characters, or no plain text")
    vendor_id = row["id"].upper().replace(" ", "-")
    if not vendor_id:
        raise _Unfit("the vendor's id is missing")
    currency = row.get("currency", "").upper() or usual_currency
    if currency not in CURRENCIES:
        raise _Unfit(f"{currency[:10]!r} is no currency that the office knows")
    document = row.get("document", "").lower() or "pdf"
    if document not in get_args(DocumentFormat):
        raise _Unfit(f"{document[:20]!r} is no format of a document; choose one of {', '.join(get_args(DocumentFormat))}")
    mailbox = row.get("mailbox", "")
    if mailbox and "@" not in mailbox:
        raise _Unfit(f"{mailbox[:40]!r} is no mail address")
    country = row.get("country", "").upper()
    if country and (len(country) != 2 or not country.isascii() or not country.isalpha()):
        raise _Unfit(f"{country[:20]!r} is no country code of two letters (ISO 3166)")
    name = row.get("name", "") or vendor_id
    return Vendor(
        vendor_id, name, Address(name, row.get("line1", ""), "", row.get("city", ""), "", row.get("postcode", ""), country),
        tax_id=row.get("tax_id", ""), gln=row.get("gln", ""), currency=currency,
        incoterm=row.get("incoterm", "").upper() or "DAP", payment_days=_days(row, "payment_days", 30),
        minimum_value=_amount(row, "minimum_value", currency),
        freight=Freight(fixed=_amount(row, "freight", currency)), lead_days=_days(row, "lead_days", 7), mailbox=mailbox,
        document=cast(DocumentFormat, document), category=row.get("category", ""), endpoint=row.get("endpoint", ""),
    )  # fmt: skip


def _days(row: Mapping[str, str], field: str, usual: int) -> int:
    text = row.get(field, "")
    digits = text.lower().removesuffix("days").removesuffix("tage").removesuffix("d").strip().removesuffix(".0")
    if not text:
        return usual
    if not (digits.isascii() and digits.isdecimal()) or int(digits[:6]) > MOST_DAYS:
        raise _Unfit(f"{text[:20]!r} is no number of days up to {MOST_DAYS} ({field.replace('_', ' ')})")
    return int(digits)


def _amount(row: Mapping[str, str], field: str, currency: str) -> int:
    text = row.get(field, "").strip("€$£ \N{NO-BREAK SPACE}")
    if not text:
        return 0
    found = read_amount(text, decimals=decimals(currency))
    try:
        minor = to_minor(found.value, currency) if found is not None else -1
    except ValueError:
        minor = -1
    if minor < 0:
        raise _Unfit(f"{text[:30]!r} is no amount ({field.replace('_', ' ')})")
    return minor
