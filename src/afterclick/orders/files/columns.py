"""Recognise the columns of an order file by their names in several languages, or as given."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.reading.tables.rows import BadFile

REQUIRED: Final = ("order_no", "sku", "quantity", "unit_price", "placed_at")
SYNONYMS: Final[dict[str, str]] = {  # the field → names, the likeliest first; case, accents, blanks and signs do not matter
    "order_no": "order no|order number|order id|order|invoice no|invoice number|invoice|bestellnummer|bestellung|auftragsnummer|"
    "auftrag|rechnungsnummer|rechnung|numero de commande|no commande|commande|numero de facture|facture|numero de pedido|pedido|"
    "numero de factura|factura|numero ordine|ordine|fattura|ordernummer|factuurnummer|document no|document number|po number",
    "sku": "sku|stock code|item code|item no|item number|item|product code|product id|product no|article no|article number|"
    "article code|lineitem sku|variant sku|part number|artikelnummer|artikel nr|artikel|produktnummer|reference|ref|"
    "reference article|code article|code produit|article|referencia|codigo de articulo|codigo de producto|codigo|articulo|"
    "codice articolo|codice|artikelcode",
    "description": "description|product name|item name|product|product description|item description|lineitem name|bezeichnung|"
    "artikelbezeichnung|beschreibung|produktname|designation|libelle|nom du produit|descripcion|nombre del producto|descrizione|"
    "omschrijving",
    "quantity": "quantity|qty|pieces|units|quantity ordered|lineitem quantity|menge|anzahl|stueckzahl|stuck|quantite|qte|"
    "cantidad|unidades|quantita|aantal",
    "unit_price": "unit price|price|price each|item price|price per unit|lineitem price|stueckpreis|stuckpreis|einzelpreis|preis|"
    "prix unitaire|prix|precio unitario|precio|prezzo unitario|prezzo|stuksprijs|prijs",
    "placed_at": "placed at|order date|invoice date|date|created at|ordered at|purchase date|order time|timestamp|bestelldatum|"
    "auftragsdatum|rechnungsdatum|datum|date de commande|date commande|date de facture|fecha de pedido|fecha pedido|"
    "fecha de factura|fecha|data ordine|data|besteldatum",
    "customer": "customer id|customer|customer no|customer number|client id|buyer id|kundennummer|kunden nr|kunde|"
    "numero de client|numero client|client|id cliente|numero de cliente|cliente|klantnummer|klant",
    "currency": "currency|currency code|waehrung|wahrung|devise|monnaie|moneda|divisa|valuta",
    "email": "email|e mail|email address|customer email|contact email|e mail adresse|adresse e mail|courriel|correo electronico|"
    "correo|posta elettronica",
    "name": "ship to name|shipping name|recipient|recipient name|delivery name|empfaenger|empfanger|liefername|destinataire|"
    "destinatario|ontvanger",
    "line1": "line1|address line 1|address 1|address1|address|street|shipping address|shipping address1|shipping street|"
    "delivery address|strasse|adresse|lieferadresse|adresse de livraison|rue|direccion|direccion de entrega|calle|indirizzo|"
    "straat",
    "line2": "line2|address line 2|address 2|address2|shipping address2|adresszusatz|complement d adresse|direccion 2",
    "city": "city|town|shipping city|delivery city|stadt|ort|ville|ciudad|poblacion|citta|plaats|stad",
    "region": "region|state|province|county|shipping province|bundesland|departement|provincia|estado",
    "postcode": "postcode|post code|zip|zip code|postal code|shipping zip|plz|postleitzahl|code postal|codigo postal|cap",
    "country": "country|country code|ship country|shipping country|delivery country|land|lieferland|pays|pais|paese",
    "bill_country": "billing country|bill country|invoice country|rechnungsland|pays de facturation|pais de facturacion",
    "ip_country": "ip country|network country",
    "tax_id": "tax id|vat id|vat number|vat no|ust id|ust id nr|ustid|umsatzsteuer id|numero de tva|tva intracommunautaire|nif|"
    "cif|partita iva|btw nummer",
}


def recognise(header: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, int]:
    """The position of each field's column; fields without a column are left out.

    Args:
        header: the names as they stand in the file.
        given: field → column name for those that are not to be recognised, see `SYNONYMS` for the fields.

    Raises:
        BadFile: a required column is missing, or a given field or column does not exist; says what was found.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault(plain(name), place)
    found = {
        field: place
        for field, names in SYNONYMS.items()
        if (place := next((places[known] for name in names.split("|") if (known := plain(name)) in places), None)) is not None
    }
    for field, name in (given or {}).items():
        if field not in SYNONYMS:
            raise BadFile(f"there is no field {field!r}: the fields are {', '.join(SYNONYMS)}")
        if plain(name) not in places:
            raise BadFile(f"the file has no column {name!r} for {field}: its columns are {shown(header)}")
        found[field] = places[plain(name)]
    missing = [field for field in REQUIRED if field not in found]
    if missing:
        raise BadFile(
            f"no column was recognised for {', '.join(missing)}: the file's columns are {shown(header)}. "
            "Rename them, or say which is which"
        )
    return found


def plain(name: str) -> str:
    """A column name without case, accents, blanks and signs."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join([letter for letter in letters if letter.isalnum()])


def shown(header: Sequence[str]) -> str:
    """The column names for an error message, at most thirty of them."""
    names = ", ".join(repr(name[:40]) for name in header[:30])
    return f"{names} and {len(header) - 30} more" if len(header) > 30 else names or "none"
