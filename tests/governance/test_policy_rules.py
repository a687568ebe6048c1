"""A shop's own rules: what they say of facts, and what is found wrong with them before they ever run."""

from typing import Any

import pytest

from afterclick.domain.verdict import Ask, Pass, Refuse
from afterclick.governance.shop_rules import needed
from afterclick.governance.shop_rules.compiled import Compiled, NotCompiled, ShopRules, program
from afterclick.governance.shop_rules.facts import WrongFacts, as_map, filled
from afterclick.governance.shop_rules.findings import findings
from afterclick.governance.shop_rules.proving import proved
from afterclick.governance.shop_rules.rule import RuleTest, ShopRule, Then

USUAL: dict[str, Any] = {"seen": 9, "centre": 8.0, "spread": 0.5, "largest": 4_000}
FACTS: dict[str, Any] = {
    "total": 12_345, "currency": "EUR", "country": "FR", "bill_country": "DE", "missing": ["city"],
    "lines": [{"no": 1, "sku": "CUP", "quantity": 3}, {"no": 2, "sku": "PLATE", "quantity": 40, "item": {"price": 500}}],
}  # fmt: skip


def rule(
    when: str, then: Then = "ask", *, name: str = "mine", because: str = "why", tests: tuple[RuleTest, ...] = ()
) -> ShopRule:
    return ShopRule(name, when, then, because, "anna", who="fraud", tests=tests)


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ("total > 12344", True),
        ("total >= 12345.5", False),
        ("country in ['DE', 'FR'] && bill_country != country", True),
        ("lines.exists(l, l.quantity > 30)", True),
        ("lines.all(line, line.item != null)", False),
        ("lines[1].item.price == 500 && lines[0].sku.startsWith('C')", True),
        ("size(lines) == 2 && 'city' in missing", True),
        ("usual_value == null", True),
        ("usual_value != null && usual_value.seen > 3", False),
        ("email == '' && customer_orders == 0", True),  # what the facts leave out has its default
        ("!(total > 5) || tax_id.matches('^X')", False),
    ],
)
def test_a_condition_is_true_of_the_facts_or_not(when: str, matches: bool) -> None:
    assert (Compiled(rule(when)).verdict(filled("order", FACTS)) is not None) is matches


def test_the_verdict_is_the_rules_own_and_its_reason_names_the_facts() -> None:
    facts = filled("order", {**FACTS, "usual_value": USUAL})
    because = "{total} to {country}, at most {usual_value.largest}, lacks {missing}{region}"
    said = "123.45 EUR to FR, at most 4000, lacks citynone"
    assert Compiled(rule("total > 0", because=because)).verdict(facts) == Ask("fraud", said)
    assert Compiled(rule("total > 0", "refuse", because=because)).verdict(facts) == Refuse(said)
    assert Compiled(rule("total > 0", "pass", because=because)).verdict(facts) == Pass(said)


@pytest.mark.parametrize(
    "when",
    [
        "usual_value.seen > 3",
        "totl > 3",
        "total > 'x'",
        "total",
        "lines[7].no > 1",
        "1 / shipping > 2",
        "total * 9000000000000000 > 0",
    ],
)
def test_what_cannot_be_evaluated_is_asked_about_and_never_passes(when: str) -> None:
    verdict = Compiled(rule(when, "pass")).verdict(filled("order", FACTS))
    assert isinstance(verdict, Ask)
    assert "could not be decided" in verdict.because
    assert "anna mends it" in verdict.because


def test_the_first_rule_that_matches_decides() -> None:
    rules = ShopRules(
        [rule("total > 99999", name="a"), rule("total > 5", "pass", name="b"), rule("total > 5", "refuse", name="c")]
    )
    assert rules.verdict(filled("order", FACTS)) == ("b", Pass("why"))
    assert ShopRules([]).verdict(filled("order", FACTS)) is None


def test_a_condition_that_is_no_cel_is_refused() -> None:
    with pytest.raises(NotCompiled, match="Syntax error"):
        program("total > ")


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"totl": 5}, "no fact totl"),
        ({"total": "5"}, "total is a number"),
        ({"total": True}, "total is a number"),
        ({"lines": [{"sku": 3}]}, r"lines\[0\].sku is a string"),
        ({"lines": {"sku": "A"}}, "lines is a list"),
        ({"usual_value": {"see": 1}}, "no fact usual_value.see"),
    ],
)
def test_facts_of_a_test_that_cannot_be_are_refused_with_their_place(given: dict[str, Any], because: str) -> None:
    with pytest.raises(WrongFacts, match=because):
        filled("order", given)


@pytest.mark.parametrize(
    ("when", "what", "because"),
    [
        ("totl > 3", "wrong", "totl is no fact; did you mean total?"),
        ("lines.exists(l, l.quantty > 3)", "wrong", "did you mean quantity?"),
        ("total > 'x'", "wrong", "an int cannot be compared with a text"),
        ("country == 3", "wrong", "never equal"),
        ("country in 'DE'", "wrong", "after `in` is a list"),
        ("total in ['a']", "wrong", "an int is never in a list of strings"),
        ("size(total) > 3", "wrong", "size() is of a text or a list"),
        ("total", "wrong", "has to be true or false"),
        ("total && true", "wrong", "joins what is true or false"),
        ("total * 2.0 > 3.0", "wrong", "CEL mixes no int with double"),
        ("lowerAscii(country) == 'de'", "wrong", "no function of CEL's"),
        ("country.sku == 'x'", "wrong", "has no fields"),
        ("total.exists(x, x > 3)", "wrong", "goes over a list"),
        ("lines.exists(l, l.quantity)", "wrong", "has to be true or false"),
        ("total > ", "wrong", "cannot be used"),
        ("(total > 3 ? 1 : 2) > 1", "warning", "no test"),
        ("usual_value.seen > 3", "warning", "usual_value may be null"),
        ("country == r'DE'", "warning", "not looked through"),
    ],
)
def test_what_is_wrong_with_a_condition_is_found_before_it_runs(when: str, what: str, because: str) -> None:
    found = findings([rule(when)])
    assert any(one.what == what and because in one.because for one in found), found
    if what == "warning":
        assert not any(one.what == "wrong" for one in found)


def test_a_reason_that_names_no_fact_and_a_name_given_twice_are_found() -> None:
    assert any("{colour}" in one.because for one in findings([rule("total > 3", because="{colour}")]))
    assert any("two rules" in one.because for one in findings([rule("total > 3"), rule("total > 4")]))


def test_the_tests_beside_a_rule_are_run() -> None:
    tests = (
        RuleTest({"total": 6}, "ask"), RuleTest({"total": 5}, "pass"), RuleTest({"total": 5}, "nothing"),
        RuleTest({"total": 6}, "refuse"), RuleTest({"totl": 6}, "ask"),
    )  # fmt: skip
    found = proved([rule("total > 5", tests=tests)])
    assert [one.ok for one in found] == [True, True, True, False, False]
    assert found[3].because == "expected refuse, and it says ask (why)"
    assert "no fact totl" in found[4].because
    (undecided,) = proved([rule("usual_value.seen > 5", tests=(RuleTest({}, "ask"),))])
    assert "cannot be decided" in undecided.because


@pytest.mark.parametrize(
    ("when", "fields"),
    [
        ("lines.exists(l, l.quantity > 3)", {"quantity"}),
        ("lines.exists(l, l.item != null && l.item.price > 3)", {"item", "price"}),
        ("usual_value != null && usual_value.seen > 3", {"seen"}),
        ("lines[0]['sku'] == 'A'", None),
        ("lines[0] == lines[1]", None),
        ("lines.exists(l, l == lines[0])", None),
        ("lines.map(l, l.sku) == ['A']", None),
        ("country == r'x'", None),
    ],
)
def test_only_the_fields_that_a_condition_can_see_are_handed_over(when: str, fields: set[str] | None) -> None:
    named = needed.fields_named(when)
    assert named == fields if fields is None or named is None else fields <= named
    facts = filled("order", {**FACTS, "usual_value": USUAL})
    whole = program(when).execute(as_map(facts))
    assert (Compiled(rule(when)).verdict(facts) is not None) is bool(whole)
