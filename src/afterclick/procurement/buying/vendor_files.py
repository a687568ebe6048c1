"""Read a file of vendors, with each line named that cannot be one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, cast, get_args

from msgspec.structs import replace

from afterclick.domain.money import CURRENCIES, decimals, to_minor
from afterclick.domain.order import Address
from afterclick.domain.purchase import DocumentFormat, Vendor
from afterclick.reading.prices.amounts import read_amount
from afterclick.reading.tables.columns import named, places_of, shown
from afterclick.reading.tables.rows import BadFile, read_rows

EMPTY: Final[Mapping[str, Vendor]] = MappingProxyType({})
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


def read_vendors(path: Path, *, currency: str, known: Mapping[str, Vendor] = EMPTY) -> VendorFile:
    """Read a table of vendors (CSV, XLSX, Parquet); `currency` holds where a line names none.

    Of a vendor that is `known` (by id), what the file has no column for stays as it is; an empty cell says that there is none.

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
                one = _vendor(row, currency, known)
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


def _vendor(row: Mapping[str, str], usual_currency: str, known: Mapping[str, Vendor]) -> Vendor:
    for field, text in row.items():
        if len(text) > LONGEST_TEXT or not text.isprintable() or text[:1] in ("=", "@"):
            raise _Unfit(f"its {field.replace('_', ' ')} is longer than {LONGEST_TEXT} characters, or no plain text")
    vendor_id = row["id"].upper().replace(" ", "-")
    if not vendor_id:
        raise _Unfit("the vendor's id is missing")
    before = known.get(vendor_id) or Vendor(vendor_id, vendor_id, Address(vendor_id), currency=usual_currency)
    currency = _currency(row, before, usual_currency)
    document = row.get("document", before.document).lower() or "pdf"
    if document not in get_args(DocumentFormat):
        raise _Unfit(f"{document[:20]!r} is no format of a document; choose one of {', '.join(get_args(DocumentFormat))}")
    mailbox = row.get("mailbox", before.mailbox)
    if mailbox and "@" not in mailbox:
        raise _Unfit(f"{mailbox[:40]!r} is no mail address")
    return replace(
        before, name=row.get("name", before.name) or vendor_id, address=_address(row, before), currency=currency, mailbox=mailbox,
        document=cast(DocumentFormat, document), tax_id=row.get("tax_id", before.tax_id), gln=row.get("gln", before.gln),
        category=row.get("category", before.category), endpoint=row.get("endpoint", before.endpoint),
        incoterm=row.get("incoterm", before.incoterm).upper() or "DAP",
        payment_days=_days(row, "payment_days", known=before.payment_days, usual=30),
        lead_days=_days(row, "lead_days", known=before.lead_days, usual=7),
        minimum_value=_amount(row, "minimum_value", currency, known=before.minimum_value),
        freight=replace(before.freight, fixed=_amount(row, "freight", currency, known=before.freight.fixed)),
    )  # fmt: skip


def _currency(row: Mapping[str, str], before: Vendor, usual: str) -> str:
    currency = row.get("currency", before.currency).upper() or usual
    if currency not in CURRENCIES:
        raise _Unfit(f"{currency[:10]!r} is no currency that the office knows")
    kept = [name for name, amount in (("minimum_value", before.minimum_value), ("freight", before.freight.fixed)) if amount]
    if currency != before.currency and not set(kept) <= row.keys():
        named = " and ".join(kept).replace("_", " ")
        raise _Unfit(f"its currency would change from {before.currency} to {currency}: name its {named} in {currency} too")
    return currency


def _address(row: Mapping[str, str], before: Vendor) -> Address:
    known = before.address
    country = row.get("country", known.country).upper()
    if country and (len(country) != 2 or not country.isascii() or not country.isalpha()):
        raise _Unfit(f"{country[:20]!r} is no country code of two letters (ISO 3166)")
    return replace(
        known, name=(row["name"] or before.id) if "name" in row else known.name, line1=row.get("line1", known.line1),
        city=row.get("city", known.city), postcode=row.get("postcode", known.postcode), country=country,
    )  # fmt: skip


def _days(row: Mapping[str, str], field: str, *, known: int, usual: int) -> int:
    if field not in row:
        return known
    text = row[field]
    digits = text.lower().removesuffix("days").removesuffix("tage").removesuffix("d").strip().removesuffix(".0")
    if not text:
        return usual
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > MOST_DAYS:
        raise _Unfit(f"{text[:20]!r} is no number of days up to {MOST_DAYS} ({field.replace('_', ' ')})")
    return int(digits)


def _amount(row: Mapping[str, str], field: str, currency: str, *, known: int) -> int:
    if field not in row:
        return known
    text = row[field].strip("€$£ \N{NO-BREAK SPACE}")
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
