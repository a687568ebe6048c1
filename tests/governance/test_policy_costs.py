"""A policy's text can be long, deep or dear on purpose; reading it must not stop the office."""

import time
from typing import Final

import pytest

from afterclick.governance.policy_check import check
from afterclick.governance.policy_lines import Lines
from afterclick.governance.shop_rules.cost import too_dear

SOON_S: Final = 10.0
"""Of the processor's time, which a busy machine does not stretch: far above what reading takes (0.2 s at most),
and far below what these texts once took (minutes, or all memory)."""
ONES: Final = f"[{','.join('1' * 100)}]"


def rule(condition: str) -> str:
    test = "tests = [{ facts = { total = 7 }, expect = 'ask' }]"
    return f"[[rules]]\nname = 'r'\nwhen = '''{condition}'''\nthen = 'ask'\nowner = 'a'\nbecause = 'x'\n{test}\n"


@pytest.mark.parametrize(
    "text",
    [
        ".".join(["a"] * 90_000) + " = 1", "[" + ".".join(["a"] * 90_000) + "]", "a = " + "[" * 90_000, "a = " + "{b=" * 50_000,
        "[" + " " * 190_000 + "!]", "[" + "a " * 90_000 + "!]", "\n" * 199_000, "[[rules]]\n" * 19_000,
        rule(f"{ONES}.all(a, {ONES}.all(b, {ONES}.all(c, {ONES}.all(d, total > 0))))"),
        rule(f"{ONES}.map(a, {ONES}.map(b, {ONES}.map(c, 1))).size() > 0"),
        rule(f"{ONES}.all(a, {ONES}.all(b, {ONES}.all(c, {{'a': 1}}.a == 1)))"), rule('country.matches("(a{1000}){1000}")'),
        rule(r'country.matches("\\w{100}")'), rule('country.matches(r"(a{1000}){1000}")'), rule("country.matches(region)"),
        rule('country.matches("(a{1" + "000}){1000}")'), rule("!" * 1_900 + "true"), rule("total > 1" + "+1" * 900),
        rule("(" * 900 + "true" + ")" * 900), rule("lines" + "[0]" * 600 + ".sku == ''"),
    ],
)  # fmt: skip
def test_no_text_keeps_the_office_busy(text: str) -> None:
    began_s = time.thread_time()
    found = check(text)
    Lines(text[:200_000])
    assert time.thread_time() - began_s < SOON_S
    assert found.notes or not found.rules


@pytest.mark.parametrize(
    "condition",
    [
        "lines.all(a, lines.exists_one(b, a.sku == b.sku))",
        "lines.exists(a, a.sku == 'A') && lines.exists(a, a.sku == 'B') && lines.all(a, a.quantity < 9)",
        r"postcode.matches('^[0-9]{5}$') || postcode.matches('^\\d{4} ?[A-Z]{2}$') || matches(tax_id, '^DE[0-9]{9}$')",
        " || ".join(f"country == 'A{number}'" for number in range(100)),
    ],
)
def test_what_shops_write_is_not_too_dear(condition: str) -> None:
    assert too_dear(condition) == ""
