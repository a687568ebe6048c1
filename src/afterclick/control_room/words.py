"""Amounts, instants and ages as people read them, on pages and in the terminal."""

from datetime import UTC, datetime

from afterclick.domain.money import to_text


def money(minor: int, currency: str) -> str:
    """Minor units with thousands apart: 123456 EUR → `1,234.56 EUR`."""
    whole, point, cents = to_text(abs(minor), currency or "EUR").partition(".")
    return f"{'−' if minor < 0 else ''}{int(whole):,}{point}{cents} {currency}".rstrip()


def grouped(number: float, places: int = 0) -> str:
    """A number with thousands apart: 1234567 → `1,234,567`."""
    return f"{number:,.{places}f}" if places else f"{number:,}"


def instant(at_ms: int) -> str:
    """A UTC instant to the second; empty for none."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}" if at_ms > 0 else ""


def clock(at_ms: int) -> str:
    """The time of day, to the millisecond."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S}.{at_ms % 1000:03d}"


def age(span_ms: int) -> str:
    """How long, in its largest unit: `4 s`, `12 min`, `3 h`, `5 d`."""
    seconds = max(0, span_ms) // 1000
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size * 2 or (unit == "min" and seconds >= size):
            return f"{seconds // size:,} {unit}"
    return f"{seconds} s"
