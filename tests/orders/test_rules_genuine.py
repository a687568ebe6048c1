"""Facts and verdicts of the rule `genuine`, and what its score promises."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.facts import Earlier, ItemFacts, LineFacts, OrderFacts, Usual
from afterclick.domain.limits import OrderLimits
from afterclick.domain.verdict import PASS, Ask, Pass, Refuse
from afterclick.orders.genuine import suspicions
from afterclick.orders.rules import complete, genuine

LIMITS = OrderLimits()
MINUTE, HOUR = 60_000, 3_600_000
IN_TENS = Usual(seen=200, centre=2.3, spread=0.6, largest=60)
WHOLESALE = Usual(seen=200, centre=3.5, spread=1.2, largest=600)
GOOD = OrderFacts(
    order_id=7, placed_ms=1_700_000_000_000, currency="EUR", total=2495, shipping=495, country="DE", postcode="10115",
    lines=(LineFacts(1, "JAR", 2, 1000, ItemFacts(True, 1000, "EUR", IN_TENS)),), bill_country="DE", ip_country="DE",
    usual_value=Usual(10, 7.8, 0.4, 6000),
)  # fmt: skip


def but(**changes: Any) -> OrderFacts:
    return msgspec.structs.replace(GOOD, **changes)


def lines(quantity: int, usual: Usual | None) -> tuple[LineFacts, ...]:
    return (LineFacts(1, "JAR", quantity, 100, ItemFacts(True, 100, "EUR", usual) if usual else None),)


def earlier(
    age_ms: int = MINUTE, *, exact: bool = True, likeness: float = 1.0, customer: bool = True, address: bool = True
) -> Any:
    return (Earlier(3, age_ms, exact, likeness, customer, address),)


PASSING = {
    "an ordinary order": {},
    "a second order of the day with another basket": {"earlier": earlier(exact=False, likeness=0.3)},
    "the same basket two days later": {"earlier": earlier(48 * HOUR)},
    "the same present to two addresses": {"earlier": earlier(address=False)},
    "a neighbour with the same basket": {"earlier": earlier(customer=False)},
    "nearly the same basket half a day later": {"earlier": earlier(13 * HOUR, exact=False, likeness=0.8)},
    "five orders in an hour": {"customer_orders": 5},
    "a couple with one card": {"card_orders": 1, "card_customers": 2},
    "a house with four customers": {"address_customers": 4},
    "a present to another country": {"bill_country": "FR", "ip_country": "FR"},
    "a traveller": {"ip_country": "BR"},
    "three countries and nothing else": {"bill_country": "FR", "ip_country": "BR"},
    "as many pieces as were ordered before": {"lines": lines(60, IN_TENS)},
    "somewhat more pieces than ever": {"lines": lines(100, IN_TENS)},
    "hundreds of pieces worth little": {"lines": lines(199, Usual(200, 0.0, 0.1, 2))},
    "many pieces of what has no history": {"lines": lines(1000, Usual(3, 2.0, 0.5, 12))},
    "a first order of some value": {"total": 90_000, "usual_value": None},
    "a good customer's largest order": {"total": 30_000},
    "20,000 forint": {"total": 2_000_000, "currency": "HUF", "usual_value": None},
}  # fmt: skip
ASKING = {
    "the same basket a minute later": ({"earlier": earlier()}, "order 3 of the same customer to the same address had"),
    "nearly the same basket ten minutes later": ({"earlier": earlier(10 * MINUTE, exact=False, likeness=0.5)}, "10 min earlier"),
    "ten orders in an hour": ({"customer_orders": 10}, "placed 10 orders"),
    "three customers with one card": ({"card_orders": 2, "card_customers": 3}, "3 customers"),
    "a card tested by guests": ({"card_orders": 6, "card_customers": 1}, "paid 6 orders"),
    "five customers at one address": ({"address_customers": 5}, "5 customers"),
    "a stranger's dear order from three countries": (
        {"total": 61_000, "usual_value": None, "bill_country": "FR", "ip_country": "VN"}, "billed in FR and ordered from VN",
    ),
    "a stranger's dear present abroad": (
        {"total": 61_000, "usual_value": None, "bill_country": "FR", "ip_country": "FR"}, "a first order of about 610 euro",
    ),
    "a dozen times the usual pieces, worth a lot": ({"lines": lines(200, Usual(200, 0.0, 0.1, 2))}, "200 pieces"),
    "74,215 pieces of what sells in tens": ({"lines": lines(74_215, IN_TENS)}, "usually 10 a line, at most 60 so far"),
    "74,215 pieces for wholesale": ({"lines": lines(74_215, WHOLESALE)}, "74,215 pieces"),
    "74,215 pieces of what has no history": ({"lines": lines(74_215, Usual(2, 2.3, 0.1, 12))}, "no history"),
    "74,215 pieces of what nobody knows": ({"lines": lines(74_215, None)}, "no history"),
    "fifty times the usual value": ({"total": 120_000}, "times what the customer usually spends"),
    "a value without a history": ({"total": 600_000, "usual_value": Usual(2, 8.0, 0.1, 4000)}, "without a history"),
    "a value that is always asked about": ({"total": 6_000_000, "usual_value": Usual(90, 15.0, 1.0, 9_000_000)}, "whoever"),
}  # fmt: skip


@pytest.mark.parametrize("changes", PASSING.values(), ids=PASSING.keys())
def test_what_good_customers_do_passes(changes: dict[str, Any]) -> None:
    assert isinstance(genuine(but(**changes), LIMITS), Pass)


@pytest.mark.parametrize(("changes", "said"), ASKING.values(), ids=ASKING.keys())
def test_what_looks_wrong_is_asked_about_with_its_reason(changes: dict[str, Any], said: str) -> None:
    verdict = genuine(but(**changes), LIMITS)
    assert isinstance(verdict, Ask)
    assert verdict.who == "fraud"
    assert said in verdict.because


def test_an_order_with_nothing_against_it_passes_without_a_word() -> None:
    assert genuine(GOOD, LIMITS) is PASS


def test_reasons_come_by_weight_and_make_the_score() -> None:
    verdict = genuine(but(earlier=earlier(), ip_country="BR"), LIMITS)
    assert isinstance(verdict, Ask)
    assert verdict.because.startswith("score 85: order 3")
    assert verdict.because.endswith("sent to DE but ordered from BR (15)")


def test_a_weak_suspicion_is_kept_with_the_pass() -> None:
    assert genuine(but(ip_country="BR"), LIMITS) == Pass("score 15: sent to DE but ordered from BR (15)")


def test_a_shop_may_have_high_scores_refused() -> None:
    assert isinstance(genuine(but(earlier=earlier()), OrderLimits(refuse_score=70)), Refuse)


def test_the_strongest_of_several_earlier_orders_counts_once() -> None:
    found = (*earlier(MINUTE, exact=False, likeness=0.1), *earlier(HOUR))
    assert [reason.points for reason in suspicions(but(earlier=found), LIMITS)] == [LIMITS.points_duplicate]


def test_a_recorded_order_gets_the_same_verdicts_when_replayed() -> None:
    for changes in (*PASSING.values(), *(changes for changes, _ in ASKING.values())):
        facts = but(**changes)
        again = msgspec.json.decode(msgspec.json.encode(facts), type=OrderFacts)
        assert again == facts
        assert genuine(again, LIMITS) == genuine(facts, LIMITS)
        assert complete(again, LIMITS) == complete(facts, LIMITS)


def test_a_policy_file_sets_limits_and_a_misspelt_one_is_refused() -> None:
    assert msgspec.convert({"ask_score": 40}, OrderLimits).ask_score == 40
    with pytest.raises(msgspec.ValidationError, match="ask_scor"):
        msgspec.convert({"ask_scor": 40}, OrderLimits)
    with pytest.raises(msgspec.ValidationError, match="points_duplicate"):
        msgspec.convert({"points_duplicate": 500}, OrderLimits)


def score(facts: OrderFacts) -> int:
    return min(100, sum(reason.points for reason in suspicions(facts, LIMITS)))


usuals = st.builds(Usual, st.integers(0, 300), st.floats(0, 6), st.floats(0, 2), st.integers(1, 500))
counts = {
    name: st.integers(0, 40) for name in ("customer_orders", "card_orders", "card_customers", "address_customers")
}  # fmt: skip


@given(usuals, st.integers(1, 10**6), st.integers(0, 10**6))
def test_more_pieces_never_lower_the_score(usual: Usual, quantity: int, more: int) -> None:
    assert score(but(lines=lines(quantity, usual))) <= score(but(lines=lines(quantity + more, usual)))


@given(st.none() | usuals, st.integers(0, 10**8), st.integers(0, 10**8))
def test_more_value_never_lowers_the_score(usual: Usual | None, total: int, more: int) -> None:
    assert score(but(total=total, usual_value=usual)) <= score(but(total=total + more, usual_value=usual))


@given(st.fixed_dictionaries(counts), st.fixed_dictionaries(counts))
def test_more_orders_and_customers_never_lower_the_score(some: dict[str, int], more: dict[str, int]) -> None:
    assert score(but(**some)) <= score(but(**{name: some[name] + more[name] for name in some}))


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 30 * HOUR))
def test_a_more_alike_basket_never_lowers_the_score(a: float, b: float, age_ms: int) -> None:
    less, more = sorted((a, b))
    near = [score(but(earlier=earlier(age_ms, exact=False, likeness=likeness))) for likeness in (less, more)]
    assert near[0] <= near[1] <= score(but(earlier=earlier(age_ms))) or age_ms > 24 * HOUR
