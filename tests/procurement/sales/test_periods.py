"""Daily sums become whole periods, with what is not known kept apart from what was not sold."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from afterclick.procurement.forecasting.panel import Freq
from afterclick.procurement.sales.daily import as_sales, fold_months, keep_day, kept_days, last_day
from afterclick.procurement.sales.days import Sales, read_sales
from afterclick.procurement.sales.periods import history, next_start, period_start
from afterclick.reading.tables.rows import BadFile
from tests.procurement.sales.files import MONDAY, csv, lines, read


def test_weeks_start_on_monday_and_unknown_ones_before_the_first_sale_stay_unknown(tmp_path: Path) -> None:
    past = history(read(tmp_path, lines([("A", day, 1) for day in range(28)] + [("B", 15, 4)])), "W")
    assert past.panel.starts == tuple(MONDAY + timedelta(weeks=n) for n in range(4))
    assert past.panel.items == ("A", "B")
    assert past.panel.demand[0].tolist() == [7, 7, 7, 7]
    assert np.isnan(past.panel.demand[1, :2]).all()
    assert past.panel.demand[1, 2:].tolist() == [4, 0]


def test_parts_of_weeks_are_left_out_and_said(tmp_path: Path) -> None:
    past = history(read(tmp_path, lines([("A", day, 1) for day in range(2, 38)])), "W")
    assert past.panel.starts[0] == MONDAY + timedelta(weeks=1)
    assert past.panel.demand[0].tolist() == [7, 7, 7, 7]
    assert [note.split(":")[0] for note in past.notes] == [
        "the week of 2025-02-10 has not ended in the file (its last day is 2025-02-12)",
        "the week of 2025-01-06 is not whole in the file (its first day is 2025-01-08)",
    ]


def test_a_week_that_ends_on_the_last_trading_day_is_whole(tmp_path: Path) -> None:
    past = history(read(tmp_path, lines([("A", day, 1) for day in range(33) if day % 7 < 5])), "W")
    assert past.panel.demand[0].tolist() == [5] * 5
    assert past.notes == ()


@pytest.mark.parametrize(("freq", "count", "sums"), [("M", 2, [28, 31]), ("Q", 1, [90]), ("D", 90, [1] * 90)])
def test_months_quarters_and_days(tmp_path: Path, freq: str, count: int, sums: list[int]) -> None:
    start = date(2025, 1, 1) if freq != "M" else date(2025, 2, 1)
    days = (date(2025, 4, 1) - start).days
    past = history(read(tmp_path, lines([("A", day, 1) for day in range(days)], start=start)), freq)  # pyright: ignore[reportArgumentType]
    assert past.panel.demand[0].tolist() == sums
    assert len(past.panel.starts) == count


@pytest.mark.parametrize(
    ("step", "until", "freq", "last", "left_out"),
    [
        (7, date(2025, 4, 21), "M", date(2025, 3, 1), "2025-04-01 has not ended in the file (its last day is 2025-04-27)"),
        (7, date(2025, 4, 28), "M", date(2025, 4, 1), ""),
        (7, date(2025, 8, 25), "Q", date(2025, 4, 1), "the quarter of 2025-07-01 has not ended"),
        (30, date(2025, 10, 1), "Q", date(2025, 7, 1), "2025-10-01 has not ended in the file (its last day is 2025-10-31)"),
        (30, date(2025, 9, 1), "Q", date(2025, 7, 1), ""),
    ],
)
def test_longer_periods_of_weeks_and_months_end_when_their_last_one_is_there(
    tmp_path: Path, step: int, until: date, freq: Freq, last: date, left_out: str
) -> None:
    dates = [MONDAY + timedelta(days=day) for day in range(0, (until - MONDAY).days + 1, 7)]
    if step == 30:
        dates = [date(2025, month, 1) for month in range(1, until.month + 1)]
    past = history(dated(tmp_path, dates), freq)
    assert (past.panel.starts[0], past.panel.starts[-1]) == (date(2025, 1, 1), last)
    assert left_out in " ".join(past.notes)
    assert bool(past.notes) == bool(left_out)


def dated(folder: Path, days: list[date]) -> Sales:
    """A file with one figure for each of these days."""
    return read_sales(csv(folder, "item,date,quantity\n" + "".join(f"A,{day},5\n" for day in days)), today=date(2026, 1, 1))


@pytest.mark.parametrize("ends", [False, True])
def test_a_quarter_of_months_that_begins_late_is_left_out(tmp_path: Path, *, ends: bool) -> None:
    dates = [next_start(date(2025, 2, 1), "M", n) - timedelta(days=ends) for n in range(ends, 11 + ends)]
    past = history(dated(tmp_path, dates), "Q")
    assert past.panel.starts == (date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1))
    assert past.notes == ("the quarter of 2025-01-01 is not whole in the file (its first day is 2025-02-01): left out",)


def test_weekly_figures_cannot_become_days(tmp_path: Path) -> None:
    sales = read(tmp_path, lines([("A", 7 * week, 5) for week in range(10)]))
    assert history(sales, "W").panel.demand[0].tolist() == [5] * 10
    with pytest.raises(BadFile, match="one figure for each week, so no day can be forecast: use --freq W"):
        history(sales, "D")


def test_an_item_with_one_sale_is_an_item(tmp_path: Path) -> None:
    past = history(read(tmp_path, lines([("A", day, 1) for day in range(28)] + [("B", 27, 1)])), "W")
    assert past.panel.demand[1, 3] == 1
    assert np.isnan(past.panel.demand[1, :3]).all()


def test_places_are_summed_or_kept_apart(tmp_path: Path) -> None:
    text = "item,store,date,quantity,category\n" + "".join(
        f"A,{place},{MONDAY + timedelta(days=day)},{pieces},Cups\n" for day in range(28) for place, pieces in (("N", 1), ("S", 2))
    )
    together, apart = (history(read(tmp_path, text), "W", place_wise=wise) for wise in (False, True))
    assert (together.panel.demand[0, 0], together.panel.places) == (21, ())
    assert apart.panel.places == ("N", "S")
    assert apart.panel.demand[:, 0].tolist() == [7, 14]
    assert apart.panel.groups == ("Cups", "Cups")


def test_price_and_promotion_are_known_and_plans_reach_past_the_last_sale(tmp_path: Path) -> None:
    rows = [f"A,{MONDAY + timedelta(days=day)},2,{5 if day < 14 else 4},{int(day >= 14)}" for day in range(28)]
    rows += [f"A,{MONDAY + timedelta(days=28 + 7 * week)},,3,yes" for week in range(2)]
    past = history(read(tmp_path, "item,date,quantity,price,promo\n" + "\n".join(rows) + "\n"), "W").panel
    assert past.price is not None
    assert past.promoted is not None
    assert past.demand.shape == (1, 4)
    assert past.price[0].tolist() == [5, 5, 4, 4, 3, 3]
    assert past.promoted[0].tolist() == [0, 0, 1, 1, 1, 1]


def test_with_two_currencies_each_weighs_by_its_pieces(tmp_path: Path) -> None:
    text = "item,date,quantity,price,currency\n" + "".join(
        f"A,{MONDAY + timedelta(days=day)},1,10,EUR\nB,{MONDAY + timedelta(days=day)},1,1500,JPY\n" for day in range(28)
    )
    price = history(read(tmp_path, text), "W").panel.price
    assert price is not None
    assert price.tolist() == [[1] * 4, [1] * 4]


def test_days_without_stock_are_lost_until_stock_is_seen_again(tmp_path: Path) -> None:
    sold = [3] * 7 + [3, 3, 0, 0, 0, 0, 0] + [0, 0, 3, 3, 3, 3, 3] + [3] * 7
    stock = [9] * 7 + [9, 0, 0, 0, 0, 0, 0] + [0, 0, 9, 9, 9, 9, 9] + [9] * 7
    rows = [f"A,{MONDAY + timedelta(days=day)},{sold[day]},{stock[day]}" for day in range(28) if day < 10 or day > 15]
    past = history(read(tmp_path, "item,date,quantity,on hand\n" + "\n".join(rows) + "\n"), "W")
    assert past.in_stock is not None
    assert past.in_stock[0].round(3).tolist() == [1, round(1.5 / 7, 3), round(5 / 7, 3), 1]
    assert past.largest is None, "rows that say 0 are totals"


def test_what_came_back_makes_no_totals_of_single_sales(tmp_path: Path) -> None:
    every_day = [("A", day, 2) for day in range(28)]
    for back in ([("A", 26, -2)], [("B", 1, 1), ("B", 9, -1)]):
        assert history(read(tmp_path, lines(every_day + back)), "W").largest is not None
    assert history(read(tmp_path, lines([*every_day, ("B", 1, 1), ("B", 9, 0)])), "W").largest is None


def test_what_was_known_earlier_has_no_later_item(tmp_path: Path) -> None:
    past = history(read(tmp_path, lines([("A", day, 1) for day in range(28)] + [("B", 22, 4)])), "W")
    known, rows = past.known_at(2)
    assert known.panel.items == ("A",)
    assert known.panel.demand.shape == (1, 2)
    assert rows.tolist() == [0]


def test_periods_begin_and_follow_each_other() -> None:
    assert period_start(date(2025, 5, 15), "Q") == date(2025, 4, 1)
    assert next_start(date(2025, 11, 1), "M", 3) == date(2026, 2, 1)
    assert next_start(date(2025, 10, 1), "Q") == date(2026, 1, 1)
    assert next_start(MONDAY, "W", 2) == MONDAY + timedelta(days=14)


def test_days_that_are_kept_come_back_once_folded_or_not(tmp_path: Path) -> None:
    sales = read(
        tmp_path, "order,item,date,quantity\n" + "".join(f"{day},A,{MONDAY + timedelta(days=day)},{day}\n" for day in range(60))
    )
    folder = tmp_path / "daily"
    for (day,), sums in sales.days.partition_by("day", as_dict=True).items():
        assert isinstance(day, date)
        keep_day(folder, day, sums)
    whole = kept_days(folder)
    assert last_day(folder) == MONDAY + timedelta(days=59)
    fold_months(folder, before=date(2025, 3, 1))
    assert sorted(path.stem for path in folder.glob("2025-0[12]*")) == ["2025-01", "2025-02"]
    folded = kept_days(folder)
    assert folded.sort("day").equals(whole.sort("day"))
    assert kept_days(folder, since=date(2025, 2, 10)).height == 60 - 35
    keep_day(folder, date(2025, 1, 10), whole.filter(day=date(2025, 1, 10)).with_columns(quantity=99.0))
    assert kept_days(folder)["quantity"].sum() == folded["quantity"].sum() - 4 + 99, "a corrected day stands for the old one"
    assert history(as_sales(kept_days(folder)), "W").panel.demand[0, 0] == sum(range(7)) - 4 + 99


def test_a_day_holds_no_rows_of_another(tmp_path: Path) -> None:
    sales = read(tmp_path, lines([("A", 0, 1), ("A", 1, 1)]))
    with pytest.raises(ValueError, match="rows of other days"):
        keep_day(tmp_path / "daily", MONDAY, sales.days)
    assert kept_days(tmp_path / "nothing").is_empty()
    assert last_day(tmp_path / "nothing") is None
