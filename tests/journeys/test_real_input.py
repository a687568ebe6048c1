"""Two years of a real shop, from the command line: each line in one class, totals to the penny, one order that must not ship."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars
import pytest

FILES: Final = ("online_retail_2009-12_2010-11.parquet", "online_retail_2010-12_2011-08.parquet")
CLASSES: Final = ("order_lines", "cancellation_lines", "adjustment_lines", "rejected_lines", "already_known_lines")
CANCELLED_MINUTES_LATER: Final = "541431"


def afterclick(office: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-c", "from afterclick.cli.main import app; app()", *arguments, "--office", str(office), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{arguments}: {ended.stderr[-2000:]}"
    return json.loads(ended.stdout)


def signed_total(file: Path) -> Decimal:
    table = polars.read_parquet(file, columns=["Quantity", "UnitPrice"])
    return sum((Decimal(quantity) * Decimal(repr(price)) for quantity, price in table.iter_rows()), Decimal())


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(1200)
def test_a_real_shop_goes_through_import_stock_and_run(tmp_path: Path, shared_data: Path) -> None:
    office = tmp_path / "shop"
    init = [sys.executable, "-c", "from afterclick.cli.main import app; app()", "init", str(office)]
    subprocess.run([*init, "--set", f"audit.anchor_file={tmp_path / 'anchors.jsonl'}"], check=True)
    for name in FILES:
        file = shared_data / "online_retail" / name
        report = afterclick(office, "orders", "import", str(file))
        assert (
            sum(report[one] for one in CLASSES)
            == report["lines_read"]
            == polars.scan_parquet(file).select(polars.len()).collect().item()
        )
        assert sum(Decimal(value) for value in report["value"].values()) == signed_total(file)
        assert report["rejected_lines"] == 0
    again = afterclick(office, "orders", "import", str(shared_data / "online_retail" / FILES[1]))
    assert again["already_known_lines"] == again["lines_read"]
    afterclick(office, "stock", "open", "--cover-days", "700", "--warehouses", "3")
    ran = afterclick(office, "run", "--until-idle")
    orders = ran["orders"]
    assert orders["received"] == sum(
        orders[state] for state in ("shipped", "waiting", "inbox", "refused", "cancelled", "held", "moving")
    )
    assert orders["shipped"] > 0.9 * orders["received"]
    case = afterclick(office, "order", "show", CANCELLED_MINUTES_LATER)
    assert case["order"]["state"] in ("cancelled", "inbox")
    assert afterclick(office, "check")["ok"]
    afterclick(office, "audit", "anchor")
    assert afterclick(office, "audit", "verify")["ok"]
