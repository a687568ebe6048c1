"""Days are read as people write them, and a column of them as a whole shows what two meanings have."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given as drawn_from
from hypothesis import strategies as some

from afterclick.procurement.sales.dates import read_days, rhythm
from afterclick.reading.tables.rows import BadFile
from tests.procurement.sales.files import TODAY, read


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2025-03-04", "20250304", "2025/3/4", "4.3.2025", "4 Mar 2025", "Mar 4, 2025", "4. März 2025", "4-Mar-25", "45720"],
         date(2025, 3, 4)),
        (["2025-03", "3/2025", "Mar 2025"], date(2025, 3, 1)),
        (["2025-W10", "2025W10"], date(2025, 3, 3)),
        (["2025-Q1", "2025Q1"], date(2025, 1, 1)),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them(texts: list[str], expected: date) -> None:
    assert read_days(texts, today=TODAY) == dict.fromkeys(texts, expected)


def test_the_other_dates_show_whether_the_day_comes_first() -> None:
    assert read_days(["3/4/2025", "25/4/2025"], today=TODAY)["3/4/2025"] == date(2025, 4, 3)
    assert read_days(["3/4/2025", "4/25/2025"], today=TODAY)["3/4/2025"] == date(2025, 3, 4)
    assert read_days(["30/2/2025", "1/2/2025", "0000-00-00", "1-1-1", "x"], today=TODAY) == {"1/2/2025": date(2025, 2, 1)}


@drawn_from(some.lists(some.text(max_size=20), max_size=20))
def test_no_text_breaks_the_reading_of_days(texts: list[str]) -> None:
    try:
        assert set(read_days(texts, today=TODAY)) <= set(texts)
    except BadFile as error:
        assert "do not show" in str(error)


@pytest.mark.parametrize(
    ("column", "texts", "first", "last"),
    [
        ("week", [f"2025-{week:02}" for week in range(1, 21)], date(2024, 12, 30), date(2025, 5, 12)),
        ("KW", [f"2025{week:02}" for week in range(1, 21)], date(2024, 12, 30), date(2025, 5, 12)),
        ("Kalenderwoche", [f"{week}/2025" for week in range(1, 21)], date(2024, 12, 30), date(2025, 5, 12)),
        ("semaine", [f"2025-W{week:02}" for week in range(1, 21)], date(2024, 12, 30), date(2025, 5, 12)),
        ("period", [f"2024-{week:02}" for week in range(1, 53)], date(2024, 1, 1), date(2024, 12, 23)),
        ("period", [f"2024-{month:02}" for month in range(1, 13)], date(2024, 1, 1), date(2024, 12, 1)),
        ("week start", ["2025-01-06", "2025-01-13"], date(2025, 1, 6), date(2025, 1, 13)),
    ],
)
def test_a_year_with_a_number_is_a_week_where_the_column_is_one_of_weeks(
    tmp_path: Path, column: str, texts: list[str], first: date, last: date
) -> None:
    sales = read(tmp_path, f"item;{column};quantity\n" + "".join(f"A;{text};1\n" for text in texts))
    assert (sales.days["day"].min(), sales.days["day"].max(), sales.days.height) == (first, last, len(texts))
    assert not sales.set_aside


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["25-03-04", "25-03-14"], [date(2025, 3, 4), date(2025, 3, 14)]),
        (["24/12/31", "25/01/01", "25/01/02"], [date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 2)]),
        (["24/12/24", "25/12/24"], None),
        (["25/12/24"], None),
        (["26/05/25", "27/05/25", "28/05/25"], [date(2025, 5, day) for day in (26, 27, 28)]),
        (["31/01/25", "28/02/25", "31/03/25"], [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)]),
        (["01-01-23", "01-02-24", "13-03-25"], [date(2023, 1, 1), date(2024, 2, 1), date(2025, 3, 13)]),
        (["01/13/24", "02/14/25"], [date(2024, 1, 13), date(2025, 2, 14)]),
        (["15-01-21", "15-01-22", "15-01-23", "15-01-24"], None),
    ],
)
def test_the_whole_column_shows_whether_a_year_of_two_digits_comes_first(texts: list[str], expected: list[date] | None) -> None:
    if expected is None:
        with pytest.raises(BadFile, match="do not show whether the year"):
            read_days(texts, today=TODAY)
    else:
        assert list(read_days(texts, today=TODAY).values()) == expected


def test_the_rhythm_of_a_file_is_seen_in_its_days() -> None:
    assert rhythm(date(2025, 1, day) for day in (6, 13, 20, 27)) == 7
    assert rhythm(date(2025, month, 1) for month in (1, 2, 3, 4)) == 30
    assert rhythm([date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)]) == 30
    assert rhythm(date(2025, month, 1) for month in (1, 4, 7, 10)) == 91
    assert rhythm(date(2025, 1, day) for day in (6, 7, 9, 20)) == 1
