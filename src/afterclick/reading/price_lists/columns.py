"""Recognise the columns of a vendor's price list by their names in several languages."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.reading.tables.columns import named, places_of, plain, shown
from afterclick.reading.tables.rows import BadFile

SYNONYMS: Final[dict[str, str]] = {  # the field → names, the likeliest first; case, accents, blanks and signs do not matter
    "vendor_sku": "vendor sku|supplier sku|sku|article no|article number|item no|item number|item code|part number|part no|"
    "product code|"
    "product no|product id|code|id|artikelnummer|artikel nr|art nr|artnr|bestellnummer|bestell nr|materialnummer|reference|ref|"
    "reference article|code article|referencia|codigo|codigo articulo|codice|codice articolo|artikelcode|indeks|kod|"
    "objednaci cislo|"
    "varenummer|varenr|mpn",
    "gtin": "gtin|ean|ean13|ean code|ean nummer|barcode|upc|isbn|gtin13|codigo de barras|code barres|code a barres|codice ean",
    "description": "description|name|title|product|product name|item|item description|product description|bezeichnung|artikel|"
    "artikelbezeichnung|beschreibung|designation|libelle|produit|descripcion|producto|descrizione|prodotto|omschrijving|nazwa|nazev",
    "price": "net price|price net|net unit price|your price|nettopreis|preis netto|netto ek|ek netto|prix net|precio neto|"
    "prezzo netto|nettoprijs|prijs netto|cena netto|"  # what is left after a discount stands before what it is taken from
    "unit price|price|price each|cost|unit cost|list price|sale price|preis|einzelpreis|stuckpreis|ek|ek preis|"
    "einkaufspreis|prix|prix unitaire|prix ht|pu ht|precio|precio unitario|prezzo|prezzo unitario|prijs|cena|pris|"
    "price per unit",
    "currency": "currency|currency code|wahrung|waehrung|devise|moneda|valuta|monnaie|cur|ccy",
    "unit": "unit|uom|unit of measure|sales unit|price uom|einheit|mengeneinheit|me|unite|unidad|unita|um|eenheid|"
    "jednostka|jm|mj",
    "basis": "price unit|price per|per|price basis|price quantity|preiseinheit|pe|preis je|preis pro|par|por|per qty",
    "contents": "units per pack|pack size|contents|pcs per pack|pieces per pack|inhalt|stuck pro ve|stuck je ve|"
    "packungsinhalt|content|"
    "conditionnement|colisage|contenido|unidades por caja|pezzi per confezione|inhoud|pack contents|qty per pack|case size",
    "pack": "pack|pack quantity|order multiple|multiple|ve|vpe|verpackungseinheit|order increment|bestelleinheit|"
    "packaging unit|multiplo",
    "minimum": "moq|minimum|minimum order|minimum order quantity|min qty|min order|min order qty|mindestmenge|"
    "mindestbestellmenge|mbm|"
    "quantite minimum|minimum de commande|cantidad minima|pedido minimo|quantita minima|minimale afname|min bestellmenge",
    "availability": "availability|stock|in stock|available|status|verfugbarkeit|bestand|lagerbestand|lager|lieferbar|"
    "disponibilite|"
    "disponibilidad|disponibilita|voorraad|stan|skladem|quantity available|qty available|lieferzeit",
}
"""Of a field that several columns could be, the one whose name stands first here is taken."""
_BREAK: Final = re.compile(
    r"^(?:(?:unit |net )?(?:price|preis|prix|precio|prezzo|prijs|cena|qty|menge|staffel)\s*)?(?:@|ab|from|à partir de|desde|"
    r"da|vanaf|od|>=|≥|>)?"
    r"\s*(\d{1,6})\s*(?:\+|-\s*\d{1,6})?\s*(?:pcs\.?|pc|stk\.?|stück|st\.?|pieces|units|off|ks|szt\.?)?\s*(?:price|preis|prix)?$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?:price|preis|prix|precio|prezzo|prijs|cena)?\s*(?:19\d\d|20(?!00)\d\d)", re.IGNORECASE)
"""`Preis 2025` and `2025` name a year; from 2,025 pieces on, nobody has a price."""
_FROM: Final = r"\s*(?:(?:@|ab|from|à partir de|desde|da|vanaf|od|>=|≥|>)\s*\d|\d+\s*(?:\+|-\s*\d))"
_ASIDE: Final = re.compile(
    rf"\((?!{_FROM}).*?\)|\[(?!{_FROM}).*?\]|[€$£]"
    r"|\b(?:in )?(?:EUR|USD|GBP|CHF|PLN|CZK|SEK|NOK|DKK|excl\.? ?vat|net|netto)\b|\bin\b"
)
BREAK: Final = "break:"


def recognise(header: Sequence[str]) -> dict[str, int]:
    """The position of each field's column; a column of a price break is named `break:` and its quantity. Where
    no column holds a price for fewer, the breaks are all the prices there are.

    Raises:
        BadFile: there is no column for a price, or none for a number or name of the goods.
    """
    found = named(places_of([_without_currency(name) for name in header]) | places_of(header), SYNONYMS)
    taken = set(found.values())
    for place, name in enumerate(header):
        bare = " ".join(re.sub(r"[()\[\]]", " ", name).split())
        if place not in taken and not _YEAR.fullmatch(bare) and (broken := _BREAK.match(bare)) and int(broken[1]):
            found.setdefault(f"{BREAK}{int(broken[1])}", place)
    missing = [] if any(name == "price" or name.startswith(BREAK) for name in found) else ["a price"]
    if not {"vendor_sku", "gtin", "description"} & set(found):
        missing.append("an article number, GTIN or description")
    if missing:
        raise BadFile(f"no column was recognised for {' and '.join(missing)}: the columns are {shown(header)}. Rename them")
    return found


def header_at(rows: Sequence[Sequence[str]]) -> tuple[int, Mapping[str, int]]:
    """The row of a printed table that is its header, and the columns that it names; (-1, {}) where none is."""
    for place, row in enumerate(rows[:10]):
        try:
            return place, recognise(row)
        except BadFile:
            continue
    return -1, {}


def heading_of(header: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    """The heading of the prices as one more field of every line: `Preis (pro 100 Stück)` says for how many they are."""
    return {"heading": header[columns["price"]]} if "price" in columns else {}


def _without_currency(name: str) -> str:
    """A column name without the currency and brackets in it: `Price (EUR)`, `Preis in €`; not without `(ab 10)`."""
    return plain(_ASIDE.sub(" ", name))
