"""A page writes what people typed, never runs off its paper, and is the same file twice where it has to be."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from afterclick.domain.order import Address
from afterclick.printing.page import Column, Page
from afterclick.printing.text import address_lines, amount, long_day

WRITTEN_MS = 1_790_000_000_000
FOOT = (("The Shop Ltd", "1 High Street"), ("mail@shop.example",))


def page(*, archival: bool = False) -> Page:
    made = Page(name="Invoice 7", written_ms=WRITTEN_MS, foot=FOOT, archival=archival)
    made.add_page()
    made.ink(10)
    return made


WRITTEN_ON = page()
"""For many texts, since a page takes a tenth of a second to make."""


def read(made: Page) -> PdfReader:
    return PdfReader(BytesIO(bytes(made.output())))


def test_the_foot_of_each_page_names_the_writer_and_the_page() -> None:
    made = page()
    made.add_page()
    first, second = (sheet.extract_text() for sheet in read(made).pages)
    for line in ("The Shop Ltd", "1 High Street", "mail@shop.example"):
        assert line in first
        assert line in second
    assert "Invoice 7 · page 2" in " ".join(second.split())


def test_a_table_names_its_columns() -> None:
    made = page()
    below = made.heading((Column("Item", 100, "L"), Column("Amount", 70, "R")), 40)
    assert below == 48
    assert {"Item", "Amount"} <= set(read(made).pages[0].extract_text().split())


def test_the_same_words_at_the_same_instant_are_the_same_file() -> None:
    assert bytes(page().output()) == bytes(page().output())


def test_an_archival_file_says_that_it_is_one() -> None:
    metadata = read(page(archival=True)).xmp_metadata
    assert metadata is not None
    assert b"<pdfaid:part>3</pdfaid:part>" in metadata.stream.get_data()
    assert read(page()).xmp_metadata is None


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    made = page()
    below = made.put("very long words " * 50, x=20, y=30, width=60, lines=2)
    assert below == pytest.approx(30 + 2 * 4.6)
    assert read(made).pages[0].extract_text().count("…") == 1


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_no_text_breaks_a_page_or_runs_over_its_width(text: str) -> None:
    WRITTEN_ON.put(text, x=20, y=30, width=60, lines=3)
    assert all(WRITTEN_ON.get_string_width(line) <= 60.5 for line in WRITTEN_ON.wrapped(text, 60))


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [(123_450, "EUR", "1,234.50"), (-5, "EUR", "−0.05"), (0, "EUR", "0.00"), (1_234_567, "JPY", "1,234,567")],
)
def test_amounts_are_written_for_people(minor: int, currency: str, written: str) -> None:
    assert amount(minor, currency) == written


def test_a_day_is_written_as_in_a_letter() -> None:
    assert long_day(date(2026, 5, 3)) == "3 May 2026"


def test_an_address_names_its_country_abroad_only() -> None:
    address = Address(name="Anna", line1="Ring 1", line2="", postcode="10115", city="Berlin", region="", country="DE")
    assert address_lines(address, sent_from="DE") == ["Ring 1", "10115 Berlin"]
    assert address_lines(address, sent_from="FR") == ["Ring 1", "10115 Berlin", "DE"]
