"""A shop's own orders and goods from the command line: taken in, shipped, counted and proven."""

from pathlib import Path

from tests.cli.test_commands import ORDERS_FILE, call, office, refused

__all__ = ["office"]


def test_a_shop_says_where_its_goods_lie_takes_them_in_and_ships_them(office: str, tmp_path: Path) -> None:
    file, stock = tmp_path / "orders.csv", tmp_path / "stock.csv"
    file.write_text(ORDERS_FILE)
    stock.write_text("sku,warehouse,quantity\nX1,MAIN,9\nX2,MAIN,1\n")
    call("orders", "import", str(file), "--office", office)
    assert "afterclick warehouses set" in refused("stock", "import", str(stock), "--office", office)
    assert "--country" in refused("warehouses", "set", "MAIN", "--office", office)
    made = call("warehouses", "set", "MAIN", "--country", "de", "--name", "Bremen", "--latitude", "53.1", "--office", office)
    assert (made["country"], made["latitude"]) == ("DE", 53.1)
    assert call("warehouses", "list", "--office", office)["warehouses"] == [made]
    assert call("stock", "import", str(stock), "--office", office)["pieces"] == 10
    came = call("run", "--until-idle", "--office", office)["orders"]
    assert (came["received"], came["shipped"]) == (2, 2)
    level = call("stock", "show", "X1", "--office", office)["levels"][0]
    assert (level["warehouse"], level["on_hand"]) == ("MAIN", 9 - 2 - 1)
    assert call("check", "--office", office)["ok"] is True


def test_an_imported_history_is_given_stock_sold_counted_and_proven(office: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS_FILE)
    call("orders", "import", str(file), "--office", office)
    opened = call("stock", "open", "--cover-days", "30", "--warehouses", "2", "--office", office)
    assert opened["invented"] is True
    assert opened["pieces"] > 0
    level = call("stock", "show", "X1", "--office", office)["levels"][0]
    stock = tmp_path / "stock.csv"
    stock.write_text(
        f"sku,warehouse,quantity\nX1,{level['warehouse']},7\nX9,{level['warehouse']},7\nX1,Mars,1\nX1,{level['warehouse']},-3\n"
    )
    came = call("stock", "import", str(stock), "--office", office)
    assert (came["lines_read"], came["lines_used"], came["rejected_lines"], came["pieces"]) == (4, 1, 3, 7)
    assert [one["line"] for one in came["named"]] == [3, 4, 5]
    assert call("stock", "show", "X1", "--office", office)["levels"][0]["on_hand"] == level["on_hand"] + 7
    assert call("stock", "count", str(stock), "--office", office)["lines_used"] == 1
    assert call("stock", "show", "X1", "--office", office)["levels"][0]["on_hand"] == 7
    assert "there is no SKU" in refused("stock", "show", "X9", "--office", office)
    assert call("run", "--until-idle", "--office", office)["orders"]["moving"] == 0
    assert call("check", "--office", office)["ok"] is True
