"""`afterclick forecast FILE` works on anyone's sales file, with no office."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from afterclick.cli.main import app
from tests.procurement.sales.files import MONDAY, csv, lines

MEASURES = ["wrmsse", "rmsse", "wape", "bias", "wspl", "coverage"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty weeks of twelve items, one of which is a formula."""
    chance = np.random.default_rng(1)
    names = [f"SKU-{n}" for n in range(11)] + ["=cmd|' /C calc'!A0"]
    sold = [
        (name, day, int(pieces))
        for n, name in enumerate(names)
        for day, pieces in enumerate(chance.poisson(1 + n, 280))
        if pieces
    ]
    return csv(tmp_path_factory.mktemp("shop"), lines(sold) + "SKU-1,someday,3\n")


def said(*words: str, code: int = 0) -> Any:
    ran = CliRunner().invoke(app, ["forecast", *words])
    assert ran.exit_code == code, ran.output
    return ran


def test_the_summary_is_one_json_document_and_the_forecast_a_table(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "forecast.parquet"
    words = [
        str(shop),
        "--horizon",
        "3",
        "--levels",
        "0.05,0.5,0.95",
        "--backtest",
        "2",
        "--out",
        str(out),
        "--json",
        "--country",
        "gb",
    ]
    summary = json.loads(said(*words).stdout)
    assert (summary["series"], summary["horizon"], summary["from"]) == (12, 3, "2025-10-13")
    assert summary["seconds"] > 0
    assert summary["cpu_seconds"] > 0
    assert summary["model"]
    for scores in (summary["backtest"], *(summary["backtest"][name] for name in ("naive", "seasonal_naive", "mean_8_weeks"))):
        assert set(MEASURES) <= set(scores)
    assert summary["backtest"]["naive"]["wspl"] is None
    assert summary["backtest"]["cut_offs"] == ["2025-09-22", "2025-09-01"]
    assert summary["set_aside"] == {"the date cannot be read": 1}
    table = pl.read_parquet(out)
    assert table.columns == ["item", "place", "date", "mean", "0.05", "0.5", "0.95"]
    assert table.height == 36
    assert (table["0.05"] <= table["0.5"]).all()
    assert (table["0.5"] <= table["0.95"]).all()
    by_item = table.group_by("item").agg(pl.col("mean").mean()).sort("mean")
    assert by_item["item"][-1].startswith("=cmd")
    assert by_item["mean"][-1] == pytest.approx(84, rel=0.15)


def test_on_a_terminal_it_says_what_was_read_set_aside_and_notable(shop: Path, tmp_path: Path) -> None:
    out, plots = tmp_path / "forecast.csv", tmp_path / "plots"
    ran = said(str(shop), "--horizon", "2", "--out", str(out), "--plot", str(plots))
    assert "12" in ran.stdout
    assert "next week" in ran.stdout
    assert "set aside: 1 lines, the date cannot be read (line " in ran.stderr
    assert "--backtest 4 tries it on the past" in ran.stderr
    assert len(list(plots.glob("*.svg"))) == 12
    assert (plots / "index.html").exists()
    assert "\n'=cmd" in out.read_text(encoding="utf-8"), "no spreadsheet takes it for a formula"


def test_the_same_seed_gives_the_same_forecast(shop: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.csv" for n in range(2)]
    for out in files:
        said(str(shop), "--horizon", "2", "--seed", "7", "--out", str(out), "--json")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_days_months_and_places(tmp_path: Path) -> None:
    text = "Artikel;Lager;Datum;Menge\n" + "".join(
        f"Tasse;{place};{MONDAY.fromordinal(MONDAY.toordinal() + day):%d.%m.%Y};{pieces}\n"
        for day in range(150)
        for place, pieces in (("Nord", 1 + (day % 7 == 5)), ("Süd", 3))
    )
    path = csv(tmp_path, text)
    for freq, horizon in (("D", 7), ("M", 2)):
        out = tmp_path / f"{freq}.parquet"
        said(str(path), "--horizon", str(horizon), "--freq", freq, "--place-wise", "--out", str(out), "--json")
        table = pl.read_parquet(out)
        assert table["place"].unique().sort().to_list() == ["Nord", "Süd"]
        assert table.height == 2 * horizon


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (["--horizon", "4", "--levels", "0.05,2"], "--levels 0.05,2 must be at most 99 numbers between 0 and 1"),
        (["--horizon", "4", "--levels", "low"], "--levels low must be numbers between 0 and 1"),
        (["--horizon", "4", "--out", "forecast.xls"], "--out forecast.xls must end in .csv or .parquet"),
        (["--horizon", "4", "--column", "item"], "--column item must be FIELD=NAME"),
        (["--horizon", "4", "--country", "ZZ"], "--country ZZ is no country whose holidays are known"),
        (["--horizon", "4", "--column", "date=When"], "the file has no column 'When' for date"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(shop: Path, words: list[str], because: str) -> None:
    ran = said(str(shop), *words, code=1)
    assert because in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_totals_are_the_last_rows_and_the_sums_of_the_items(tmp_path: Path) -> None:
    days = range(84)
    text = "item,date,quantity,category\n" + "".join(
        f"{item},{MONDAY.fromordinal(MONDAY.toordinal() + day)},{pieces},{category}\n"
        for item, pieces, category in (("A", 1, "cups"), ("B", 2, "cups"), ("C", 5, ""))
        for day in days
    )
    out = tmp_path / "forecast.csv"
    ran = said(str(csv(tmp_path, text)), "--horizon", "2", "--totals", "--out", str(out), "--levels", "0.1,0.9")
    assert "cups" in ran.stdout
    table = pl.read_csv(out)
    assert table["of"].to_list() == ["item"] * 6 + ["category"] * 4 + ["total"] * 2
    sums = table.group_by("of").agg(pl.col("mean").sum())
    assert sums["mean"].to_list() == pytest.approx([sums["mean"][0]] * 3, abs=0.01)
    assert table["item"].to_list()[-4:] == ["cups", "cups", "total", "total"]


def test_a_file_without_dates_names_the_columns_it_has(tmp_path: Path) -> None:
    ran = said(str(csv(tmp_path, "item,quantity,colour\nA,1,red\n")), "--horizon", "4", code=1)
    assert "no column was recognised for date: the file's columns are 'item', 'quantity', 'colour'" in ran.stderr


def test_one_item_with_one_sale_is_forecast_without_a_backtest(tmp_path: Path) -> None:
    ran = said(str(csv(tmp_path, "item,date,quantity\nA,2025-01-06,3\n")), "--horizon", "2", "--backtest", "2")
    assert "no backtest: 1 weeks are too few" in ran.stderr
