"""Which column of an order file holds what."""

import pytest

from afterclick.orders.files.columns import recognise
from afterclick.reading.tables.rows import BadFile

FIELDS = ("order_no", "sku", "quantity", "unit_price", "placed_at")


@pytest.mark.parametrize(
    "header",
    [
        ["InvoiceNo", "StockCode", "Quantity", "UnitPrice", "InvoiceDate"],
        ["Bestellnummer", "Artikelnummer", "Menge", "Stückpreis", "Bestelldatum"],
        ["Numéro de commande", "Référence", "Quantité", "Prix unitaire", "Date de commande"],
        ["Número de pedido", "Código de artículo", "Cantidad", "Precio unitario", "Fecha"],
        ["ORDER_ID", "Item-Code", "QTY", "price each", "created at"],
    ],
)
def test_columns_are_recognised_in_several_languages(header: list[str]) -> None:
    assert recognise(header) == dict(zip(FIELDS, range(5), strict=True))


def test_columns_may_be_given() -> None:
    given = {"order_no": "a", "sku": "b", "quantity": "c", "unit_price": "d", "placed_at": "e"}
    assert recognise(list("abcde"), given) == dict(zip(FIELDS, range(5), strict=True))
    with pytest.raises(BadFile, match="no column 'z' for sku"):
        recognise(list("abcde"), given | {"sku": "z"})
    with pytest.raises(BadFile, match="no field 'colour'"):
        recognise(list("abcde"), given | {"colour": "a"})
