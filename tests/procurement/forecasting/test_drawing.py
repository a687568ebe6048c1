"""Every forecast can be drawn, for a page and as a file, and no name can break out of the picture."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from afterclick.procurement.forecasting.drawing import chart, drawn, pieces
from afterclick.procurement.forecasting.outlook import Outlook, outlook
from afterclick.procurement.forecasting.sheets import based_on, figure, largest, standalone, write_sheets
from tests.procurement.forecasting.panels import LEVELS, MONDAY, recent_mean, weekly
from tests.procurement.forecasting.test_around_the_model import Known, ordered, steady

HOSTILE = '<script>alert(1)</script>" onload="x'


def case(*, name: str = "Mug", horizon: int = 4) -> tuple[Known, Outlook, list[date]]:
    panel, orders = ordered(40)
    in_stock = np.ones(panel.demand.shape)
    in_stock[0, 20:23], in_stock[0, 25] = 0, 0.5
    past = Known(replace(panel, items=(name,)), orders, in_stock)
    ahead = [MONDAY + timedelta(weeks=60 + n) for n in range(horizon)]
    return past, outlook(past, horizon, levels=LEVELS, method=recent_mean), ahead


def test_a_picture_shows_history_fan_mean_stock_outs_and_bulk_orders() -> None:
    past, found, ahead = case()
    svg = str(chart(drawn(past, found, 0, ahead)))
    assert svg.count('class="area c5"') >= 50, "a column a week"
    assert svg.count('class="band c1"') == 2, "two pairs of five levels"
    assert svg.count('class="path c1"') == 1
    assert "out of stock from 2023-05-22: not taken for no demand" in svg
    assert "bulk order of 2,000 in the week of 2023-10-09: forecast apart" in svg
    numbers = [float(number) for number in re.findall(r'\b[xy][12]?="(-?[\d.]+)"', svg)]
    assert numbers
    assert all(-1 <= number <= 901 for number in numbers)


def test_the_words_say_what_it_was_based_on() -> None:
    past, found, _ = case()
    said = based_on(past, found, 0)
    assert said.startswith("Mean ")
    assert "from 60 weeks since the first sale; 3 weeks without stock left out; 1 week scaled up" in said
    assert "1 bulk order (the largest of 2,000), kept out of the mean, and in the upper quantiles. Model: recent mean." in said


@pytest.mark.parametrize("horizon", [1, 13])
def test_a_file_stands_alone_and_holds_no_script(horizon: int) -> None:
    past, found, ahead = case(name=HOSTILE, horizon=horizon)
    text = standalone(drawn(past, found, 0, ahead), based_on(past, found, 0))
    root = ET.fromstring(text)  # noqa: S314  # our own
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "style", "text", "g", "rect", "line", "polygon", "polyline", "path"}
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or name == "style"]


def test_a_page_gets_markup_without_inline_style_or_script() -> None:
    past, found, ahead = case(name=HOSTILE)
    html = str(figure(drawn(past, found, 0, ahead), based_on(past, found, 0)))
    assert "<script" not in html
    assert "style=" not in html
    assert html.count("<tr>") == 1 + 4
    assert 'aria-label="Forecast of &lt;script&gt;' in html


def test_a_folder_gets_a_file_an_item_and_a_page_that_lists_them(tmp_path: Path) -> None:
    past, found, ahead = case(name="../../etc/passwd " + HOSTILE)
    drawn_: list[None] = []
    index = write_sheets(tmp_path / "plots", past, found, largest(found, 9), ahead, each=lambda: drawn_.append(None))
    files = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert files == ["0001-_etc_passwd_script_alert_1_script_onload_x.svg", "index.html"]
    assert len(drawn_) == 1
    assert "<script" not in index.read_text(encoding="utf-8")


def test_items_without_sales_or_history_are_drawn_too() -> None:
    panel = weekly(np.vstack([np.zeros((1, 3)), steady(periods=3)]))
    past = Known(panel)
    found = outlook(past, 2, levels=(0.5,), method=recent_mean)
    ahead = [MONDAY + timedelta(weeks=3), MONDAY + timedelta(weeks=4)]
    for row in range(2):
        assert "polyline" in chart(drawn(past, found, row, ahead))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.25, "0.25"), (0.5, "0.5"), (3.14, "3.1"), (99.97, "100"), (1234, "1,234"), (2.5e6, "2.5M")]
)
def test_pieces_are_written_as_people_write_them(value: float, text: str) -> None:
    assert pieces(value) == text
