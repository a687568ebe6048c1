"""Recognise the columns of a sales file by their names in several languages, or as given."""

from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.reading.tables import columns

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
    "timestamp|datetime|ds|period|week start|week starting|week|month|datum|tag|verkaufsdatum|"
    "bestelldatum|rechnungsdatum|buchungsdatum|woche|monat|jour|date de vente|date de commande|"
    "date de facture|semaine|mois|fecha|fecha de venta|fecha de pedido|fecha de factura|dia|semana|mes|data|data vendita|"
    "data ordine|giorno|settimana|mese|verkoopdatum|dag|maand|data sprzedazy|dato|calendar week|iso week|year week|"
    "kw|kalenderwoche",
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
_WEEKS: Final = frozenset(
    {"week", "calendarweek", "isoweek", "yearweek", "woche", "kw", "kalenderwoche", "semaine", "semana", "settimana"}
)


def is_weekly(name: str) -> bool:
    """Whether a column of dates says by its name that it holds numbers of weeks."""
    return columns.plain(name) in _WEEKS


def recognise(header: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, int]:
    """The position of each field's column, see `reading.tables.columns.recognise`.

    Raises:
        BadFile: a required column is missing, or a given field or column does not exist; says what was found.
    """
    return columns.recognise(header, SYNONYMS, required=REQUIRED, given=given or {})
