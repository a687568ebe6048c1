"""What a vendor's answer means for the order it answers."""

import pytest

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement
from afterclick.procurement.documents.matching import compared
from tests.procurement.documents.letters import order

SAID = AcknowledgedLine(1, "accepted")


@pytest.mark.parametrize(
    ("lines", "whole", "problem"),
    [
        ((AcknowledgedLine(9, "accepted", vendor_sku="NOBODY"),), "changed", "speaks of NOBODY, which the order does not have"),
        ((SAID, SAID), "changed", "speaks twice of line 1 (POT-28): the first counts"),
    ],
)  # fmt: skip
def test_an_answer_beside_the_order_is_named(lines, whole, problem: str) -> None:
    outcome = compared(order(), Acknowledgement("PO-2026-000042", whole, lines))
    assert any(problem in one for one in outcome.problems)


def test_an_answer_to_another_order_changes_nothing() -> None:
    outcome = compared(order(), Acknowledgement("PO-1", "accepted"))
    assert (outcome.lines, outcome.silent) == ((), (1, 2, 3))
    assert outcome.problems == ("the answer is to order PO-1, not to PO-2026-000042",)


@pytest.mark.parametrize(("answer", "quantity"), [("accepted", 40), ("refused", 0)])
def test_an_answer_without_lines_holds_for_all_of_them(answer, quantity: int) -> None:
    outcome = compared(order(), Acknowledgement("PO-2026-000042", answer))
    assert [line.answer for line in outcome.lines] == [answer] * 3
    assert outcome.lines[0].quantity == quantity


def test_an_answer_still_to_come_says_nothing_of_any_line() -> None:
    assert compared(order(), Acknowledgement("PO-2026-000042", "noted")).silent == (1, 2, 3)


def test_a_line_number_that_belongs_to_another_item_is_not_believed() -> None:
    wrong = AcknowledgedLine(1, "changed", quantity=5, vendor_sku="M4X20")
    outcome = compared(order(), Acknowledgement("PO-2026-000042", "changed", (wrong,)))
    assert [(line.line.sku, line.quantity) for line in outcome.lines] == [("SCREW-M4", 5)]


def test_a_vendor_that_calls_a_change_accepted_is_still_seen_to_change() -> None:
    more = AcknowledgedLine(1, "accepted", quantity=400, price=42_900)
    outcome = compared(order(), Acknowledgement("PO-2026-000042", "accepted", (more,)))
    assert (outcome.lines[0].answer, outcome.lines[0].differs) == ("changed", ("quantity", "price"))


def test_prices_in_another_currency_and_counts_in_another_unit_are_not_taken_for_ours() -> None:
    dollars = Acknowledgement(
        "PO-2026-000042", "changed", (AcknowledgedLine(1, "accepted", price=1, unit="XBX"),), currency="USD"
    )
    outcome = compared(order(), dollars)
    assert outcome.lines[0].price == 4290
    assert outcome.lines[0].differs == ("quantity",)
    assert outcome.lines[0].because == "the answer counts in XBX, the order in C62"
    assert "its prices are not compared" in outcome.problems[0]


def test_a_change_that_says_nothing_is_left_for_a_person() -> None:
    vague = AcknowledgedLine(1, "changed", because="please call us")
    line = compared(order(), Acknowledgement("PO-2026-000042", "changed", (vague,))).lines[0]
    assert (line.answer, line.differs, line.because) == ("changed", (), "please call us")
