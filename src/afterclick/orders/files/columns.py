"""Recognise the columns of an order file by their names in several languages, or as given."""

from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.reading.tables import columns

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
    """The position of each field's column, see `reading.tables.columns.recognise`.

    Raises:
        BadFile: a required column is missing, or a given field or column does not exist; says what was found.
    """
    return columns.recognise(header, SYNONYMS, required=REQUIRED, given=given or {})
