"""Recognise the columns of a sales file by their names in several languages, or as given."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.reading.tables.rows import BadFile

REQUIRED: Final = ("item", "date", "quantity")
SYNONYMS: Final[dict[str, str]] = {  # the field → names, the likeliest first; case, accents, blanks and signs do not matter
    "item": "item|item id|item code|item no|item number|sku|stock code|product id|product code|product no|product|article no|"
    "article number|article code|part number|material|unique id|series id|upc|ean|gtin|artikelnummer|artikel nr|artikel id|"
    "artikel|materialnummer|produktnummer|produkt|reference article|code article|code produit|reference|article|produit|"
    "referencia|codigo de articulo|codigo de producto|codigo|articulo|producto|codice articolo|codice|articolo|prodotto|"
    "artikelcode|kod produktu|towar|varenummer|vare|artikelnr|item name|product name|description",
    "place": "place|warehouse|warehouse id|store|store id|store no|store nbr|shop|location|location id|site|branch|outlet|lager|"
    "lagerort|filiale|standort|geschaft|magasin|entrepot|point de vente|tienda|almacen|sucursal|negozio|magazzino|filiaal|winkel|"
    "magazijn|sklep|magazyn|butik",
    "date": "date|sales date|order date|invoice date|transaction date|transaction timestamp|sold at|created at|placed at|day|"
    "timestamp|datetime|ds|period|week start|week starting|week|month|datum|tag|verkaufsdatum|bestelldatum|rechnungsdatum|"
    "buchungsdatum|woche|monat|jour|date de vente|date de commande|date de facture|semaine|mois|fecha|fecha de venta|"
    "fecha de pedido|fecha de factura|dia|semana|mes|data|data vendita|data ordine|giorno|settimana|mese|verkoopdatum|dag|maand|"
    "data sprzedazy|dato",
    "quantity": "quantity|qty|quantity sold|units sold|sold units|units|pieces|sales quantity|unit sales|demand|sold|y|sales|"
    "menge|anzahl|stuckzahl|stueckzahl|stuck|verkaufte menge|absatz|absatzmenge|verkaufe|quantite|qte|quantite vendue|unites|"
    "ventes|cantidad|unidades|cantidad vendida|ventas|quantita|pezzi|vendite|aantal|verkocht|ilosc|sprzedaz|antal",
    "price": "price|unit price|sell price|selling price|sales price|item price|preis|einzelpreis|stuckpreis|stueckpreis|"
    "verkaufspreis|prix|prix unitaire|prix de vente|precio|precio unitario|precio de venta|prezzo|prezzo unitario|prijs|"
    "stuksprijs|cena|pris",
    "value": "value|sales value|revenue|turnover|sales amount|amount|line total|net sales|umsatz|betrag|"
    "chiffre d affaires|montant|importe|facturacion|ingresos|importo|fatturato|ricavo|omzet|bedrag|wartosc|omsattning",
    "promotion": "promotion|promo|promoted|on promotion|onpromotion|is promo|deal|special offer|aktion|angebot|werbung|promotie|"
    "offre|en promotion|promocion|oferta|en oferta|promozione|offerta|actie|aanbieding|promocja|kampanj",
    "stock": "stock on hand|on hand|stock|stock level|inventory|inventory level|closing stock|quantity on hand|soh|bestand|"
    "lagerbestand|stock final|stock disponible|existencias|inventario|giacenza|scorte|voorraad|stan|lagersaldo",
    "in_stock": "in stock|instock|is in stock|available|availability|on shelf|verfugbar|auf lager|lieferbar|en stock|disponible|"
    "disponibile|op voorraad|dostepny",
    "category": "category|product category|item category|department|product group|group|class|family|kategorie|warengruppe|"
    "produktgruppe|abteilung|categorie|famille|rayon|categoria|familia|departamento|reparto|famiglia|productgroep|kategoria|"
    "kategori",
    "currency": "currency|currency code|waehrung|wahrung|devise|monnaie|moneda|divisa|valuta|waluta",
    "order_no": "order no|order number|order id|order|invoice no|invoice number|invoice|basket id|transaction id|receipt no|"
    "bestellnummer|auftragsnummer|rechnungsnummer|belegnummer|bonnummer|numero de commande|numero de facture|numero de pedido|"
    "numero de factura|numero ordine|ordernummer|factuurnummer",
}  # fmt: skip


def recognise(header: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, int]:
    """The position of each field's column; fields without a column are left out, and no column stands for two fields.

    Args:
        header: the names as they stand in the file.
        given: field → column name for those that are not to be recognised, see `SYNONYMS` for the fields.

    Raises:
        BadFile: a required column is missing, or a given field or column does not exist; says what was found.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault(plain(name), place)
    found: dict[str, int] = {}
    for field, name in (given or {}).items():
        if field not in SYNONYMS:
            raise BadFile(f"there is no field {field!r}: the fields are {', '.join(SYNONYMS)}")
        if plain(name) not in places:
            raise BadFile(f"the file has no column {name!r} for {field}: its columns are {shown(header)}")
        found[field] = places[plain(name)]
    for field, names in SYNONYMS.items():
        known = (places[plain(name)] for name in names.split("|") if plain(name) in places)
        place = next((place for place in known if place not in found.values()), None)
        if field not in found and place is not None:
            found[field] = place
    if missing := [field for field in REQUIRED if field not in found]:
        raise BadFile(
            f"no column was recognised for {', '.join(missing)}: the file's columns are {shown(header)}. "
            f"Say which it is, for example --column {missing[0]}=NAME"
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
