"""What may be bought without a person, and which changes of a vendor's may stand: facts and verdicts."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afterclick.domain.buying_facts import CategorySpending, ChangedLine, ChangeFacts, PriceFacts, PurchaseFacts
from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.verdict import Ask, Pass, Refuse
from afterclick.procurement.buying.rules import allowed, as_agreed, may_leave, priced, well_read, within

LIMITS = BuyingLimits()
LINE = PriceFacts(1, "CUP", 10, 2_500, 250.0, 250.0, 255.0)
GOOD = PurchaseFacts(1, "PO-1", "ACME", True, "EUR", 2_500, 0, 0, 0, (CategorySpending("table", 2_500, 0),), (LINE,))
SAID = ChangedLine(1, "CUP", "accepted", 10, 10)
ANSWER = ChangeFacts(1, "PO-1", "ACME", "accepted", "EUR", 2_500, (SAID,))


def with_line(**changes: Any) -> PurchaseFacts:
    return replace(GOOD, lines=(replace(LINE, **changes),))


def test_an_order_like_the_last_one_leaves() -> None:
    assert may_leave(GOOD, LIMITS) == Pass("25.00 EUR within the limits")


def test_an_order_of_nothing_is_refused_and_an_unknown_vendor_or_sku_asked_about() -> None:
    assert isinstance(allowed(replace(GOOD, lines=()), LIMITS), Refuse)
    assert allowed(replace(GOOD, allowed=False), LIMITS) == Ask("buying", "ACME is not on the list of vendors we buy from")
    assert "not in the catalogue" in allowed(with_line(known=False), LIMITS).because


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ({"source": "page", "readings": 1}, "has 1 independent readings, 2 are needed"),
        ({"source": "feed", "readings": 0}, "has 0 independent readings"),
        ({"source": "page", "readings": 2, "read_days": 8}, "8 days ago"),
        ({"source": ""}, "no offer on record asks the price of line 1"),
        ({"source": "page", "readings": 2, "read_days": 7}, ""),
        ({"source": "price_list"}, ""),
        ({"source": "person"}, ""),
    ],
)
def test_a_price_that_nobody_stands_for_needs_two_readings(line: dict[str, Any], because: str) -> None:
    verdict = well_read(with_line(**line), LIMITS)
    assert isinstance(verdict, Ask if because else Pass) and because in verdict.because


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ({"price": 275.0}, ""),
        ({"price": 276.0}, "10% more than last time"),
        ({"last": 0.0, "price": 320.0}, "25% more than others ask"),
        ({"price": 25.0}, "90% less than last time"),
        ({"last": 0.0, "price": 25.0}, "90% less than what others ask"),
        ({"last": 0.0, "market": 0.0, "value": 20_000}, ""),
        ({"last": 0.0, "market": 0.0, "value": 20_001}, "no earlier price"),
        ({"price": 0.0}, "would cost nothing"),
        ({"price": 2500.0}, "900% more"),  # a page read wrong by a factor of 10
    ],
)
def test_a_price_far_from_the_last_one_or_the_market_is_asked_about(line: dict[str, Any], because: str) -> None:
    verdict = priced(with_line(**line), LIMITS)
    assert isinstance(verdict, Ask if because else Pass) and because in verdict.because


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"value": 200_000}, ""),
        ({"value": 200_001}, "for one order"),
        ({"today": 997_500}, ""),
        ({"today": 997_501}, "10,000.01 EUR would be bought today, over"),
        ({"vendor_today": 497_501}, "today at ACME"),
        ({"orders_today": 99}, ""),
        ({"orders_today": 100}, "100 orders have left today"),
        ({"categories": (CategorySpending("table", 1, 500_000),)}, "today in category table"),
        ({"lines": (replace(LINE, pieces=10_001),)}, "10,001 pieces of CUP"),
    ],
)
def test_what_is_over_a_limit_is_asked_about(changes: dict[str, Any], because: str) -> None:
    verdict = within(replace(GOOD, **changes), LIMITS)
    assert isinstance(verdict, Ask if because else Pass) and because in verdict.because


def test_vendors_and_categories_may_have_limits_of_their_own() -> None:
    strict = BuyingLimits(vendor_most={"ACME": 1_000}, category_most={"table": 2_000})
    verdict = within(GOOD, strict)
    assert "over the limit of 10.00 EUR" in verdict.because and "over the limit of 20.00 EUR" in verdict.because


def test_several_reasons_are_one_question() -> None:
    verdict = may_leave(replace(with_line(price=500.0, source="page"), allowed=False, value=300_000), LIMITS)
    assert isinstance(verdict, Ask) and verdict.because.count(";") >= 3


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ({}, ""),
        ({"answer": "refused", "confirmed": 0}, ""),
        ({"price_share": 0.02}, ""),
        ({"price_share": 0.021}, "would cost 2.1% more"),
        ({"price_share": -0.5}, ""),
        ({"days_later": 3}, ""),
        ({"days_later": 4}, "would come 4 days later"),
        ({"confirmed": 9, "kept": 0.9}, ""),
        ({"confirmed": 8, "kept": 0.8}, "only 8 of 10 of CUP"),
        ({"confirmed": 11}, "11 of CUP are confirmed, 10 were ordered"),
        ({"replaced": True}, "replaced by something else"),
    ],
)
def test_what_a_vendor_changes_beyond_the_policy_is_asked_about(line: dict[str, Any], because: str) -> None:
    verdict = as_agreed(replace(ANSWER, lines=(replace(SAID, **line),)), LIMITS)
    assert isinstance(verdict, Ask if because else Pass) and because in verdict.because


def test_an_answer_that_cannot_be_relied_upon_is_asked_about() -> None:
    verdict = as_agreed(replace(ANSWER, problems=("line 7 is not on our order",)), LIMITS)
    assert isinstance(verdict, Ask) and "line 7" in verdict.because


@given(price=st.floats(0.01, 1e6), last=st.floats(0.01, 1e6), factor=st.sampled_from([0.001, 0.01, 0.1, 10, 100, 1000]))
def test_no_price_that_is_wrong_by_a_factor_of_ten_leaves_on_its_own(price: float, last: float, factor: float) -> None:
    assert isinstance(priced(with_line(price=last * factor, last=last, market=0.0), LIMITS), Ask)
    assert isinstance(priced(with_line(price=last * factor, last=0.0, market=last), LIMITS), Ask)
    near = priced(with_line(price=price, last=price, market=price), LIMITS)
    assert isinstance(near, Pass)


def test_every_limit_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "buying.md").read_text(encoding="utf-8")
    for name in BuyingLimits.__struct_fields__:
        value = getattr(LIMITS, name)
        shown = "none" if value == {} else f"{value:,}" if isinstance(value, int) else str(value)
        assert f"| `{name}` | {shown} |" in page
