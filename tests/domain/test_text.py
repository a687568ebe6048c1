"""Text from elsewhere becomes one safe line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.text import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two\n\twords ", "two words"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("in\u202evoice", "invoice"),
        ("a\x00b\ud800c", "abc"),
        ("", ""),
    ],
)
def test_a_line_keeps_its_words_and_nothing_else(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text(), st.integers(1, 50))
def test_a_line_is_printable_and_no_longer_than_asked(text: str, longest: int) -> None:
    line = one_line(text, longest=longest)
    assert len(line) <= longest
    assert line == one_line(line, longest=longest)
    assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} for letter in line)
