"""Rules that never match, never get a turn, or contradict each other are named; held against evaluation of every case."""

import itertools
import time
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterclick.governance.shop_rules import syntax
from afterclick.governance.shop_rules.compiled import program
from afterclick.governance.shop_rules.facts import as_map, filled, kind_of
from afterclick.governance.shop_rules.findings import Finding, findings
from afterclick.governance.shop_rules.regions import both, regions
from afterclick.governance.shop_rules.rule import ShopRule, Then

TESTED: Final = "it has no test"


def rules(*conditions: tuple[str, Then]) -> list[ShopRule]:
    return [ShopRule(name, when, then, "why", "me") for name, (when, then) in zip("abcdefgh", conditions, strict=False)]


def found(*conditions: tuple[str, Then]) -> list[tuple[str, tuple[str, ...]]]:
    """(what, rules) of everything but warnings."""
    return [(one.what, one.rules) for one in findings(rules(*conditions)) if one.what != "warning"]


@pytest.mark.parametrize(
    "when",
    [
        "total < 3 && total > 4",
        "total > 5 && total < 6",  # no whole number lies between
        "total == 1.5",
        "size(lines) < 0",
        "country == 'DE' && country in ['FR', 'PL']",
        "!(country != 'DE' || country == 'DE')",
        "bill_country != country && !(bill_country != country)",
        "'city' in missing && !('city' in missing)",
        "total > 5 ? total < 3 : total > 9",
        "false",
    ],
)
def test_a_condition_that_is_never_true_is_dead(when: str) -> None:
    assert found((when, "ask")) == [("dead", ("a",))]


@pytest.mark.parametrize(
    "when",
    [
        "total > 4 && total < 6",
        "bill_country != country",
        "lines.exists(l, l.quantity > 100 && l.sku == 'X')",
        "usual_value != null && usual_value.centre > 2.5 && usual_value.centre < 2.6",
        "size(lines) == 3 && 'city' in missing",
        "total - discount > 500",
        "size(country) == 2",
        "country.startsWith('D') && country != 'D'",
    ],
)
def test_a_condition_that_can_be_true_is_not(when: str) -> None:
    assert found((when, "ask")) == [] or found((when, "ask")) == [("not decided", ("a",))]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("total > 5", "total > 6"),
        ("total > 5", "total >= 6 && country == 'DE'"),
        ("country != 'DE'", "country in ['FR', 'PL']"),
        ("bill_country != country", "total > 9 && bill_country != country"),
        ("total > 5 || country == 'DE'", "country == 'DE'"),
        ("true", "total > 3"),
    ],
)
def test_a_rule_under_one_that_always_decides_first_is_shadowed(above: str, below: str) -> None:
    assert found((above, "ask"), (below, "ask")) == [("shadowed", ("a", "b"))]


def test_rules_that_only_together_always_decide_first_are_named_together() -> None:
    assert found(("total > 10", "ask"), ("total <= 10", "ask"), ("country == 'DE'", "ask")) == [("shadowed", ("a", "b", "c"))]


def test_rules_that_match_the_same_facts_with_different_verdicts_are_named_with_an_example() -> None:
    (one,) = [
        one for one in findings(rules(("total > 5", "ask"), ("country == 'DE'", "refuse"))) if one.what == "conflicting"
    ]  # fmt: skip
    assert one.rules == ("a", "b")
    assert one.example == {"country": "DE", "total": 6}


def test_no_conflict_is_claimed_where_there_is_none() -> None:
    assert found(("total > 5", "ask"), ("total < 5", "refuse")) == []
    assert found(("total > 5", "ask"), ("country == 'DE'", "ask")) == []


def test_what_was_not_found_out_is_said_to_be_so() -> None:
    what = found(("tax_id.matches('^[A-Z]{3}9{7}$')", "ask"))
    assert what == [("not decided", ("a",))]


def test_too_many_cases_are_not_decided_and_end_in_time() -> None:
    wide = " && ".join(f"(total == {number} || shipping == {number} || discount == {number})" for number in range(8))
    assert found((wide, "ask")) in ([("not decided", ("a",))], [("dead", ("a",))], [])


GRID: Final = [
    {"total": total, "discount": discount, "country": country, "missing": missing}
    for total, discount, country, missing in itertools.product(range(-1, 5), range(3), ("", "A", "B"), ([], ["x"], ["x", "y"]))
]
_MAPS: Final = [as_map(filled("order", given)) for given in GRID]
_numbers = st.tuples(st.sampled_from(["total", "discount", "size(missing)"]), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
                     st.integers(-1, 4)).map(lambda one: f"{one[0]} {one[1]} {one[2]}")  # fmt: skip
_mirrored = st.tuples(st.integers(0, 3), st.sampled_from(["<", ">=", "=="]), st.sampled_from(["total", "discount"])).map(
    lambda one: f"{one[0]} {one[1]} {one[2]}"
)
_texts = st.sampled_from(["country == 'A'", "country != 'B'", "country in ['A', 'B']", "!(country in ['A'])", "'x' in missing"])
_listed = st.sampled_from(["total in [1, 3]", "!(discount in [0, 2])", "country == country", "total > discount"])
_atoms = st.one_of(_numbers, _mirrored, _texts, _listed)
conditions = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, inner, inner).map(lambda one: f"({one[0]} ? {one[1]} : {one[2]})"),
    ),
    max_leaves=6,
)


def truths(when: str) -> list[bool]:
    """What a condition is of every case of the grid, by the CEL library."""
    return [program(when).execute(dict(values)) for values in _MAPS]


@settings(max_examples=150, deadline=None)
@given(one=conditions)
def test_where_there_is_no_region_no_case_is_true(one: str) -> None:
    tree = syntax.read(one)
    if regions(tree, kind_of("order")) == []:
        assert not any(truths(one)), one
    if regions(tree, kind_of("order"), holds=False) == []:
        assert all(truths(one)), one


@settings(max_examples=60, deadline=None)
@given(one=conditions, other=conditions)
def test_findings_agree_with_every_case(one: str, other: str) -> None:
    what = findings(rules((one, "ask"), (other, "refuse")))
    first, second = truths(one), truths(other)
    kinds: dict[str, Finding] = {f"{find.what} {'+'.join(find.rules)}": find for find in what}
    if "dead a" in kinds:
        assert not any(first)
    if "dead b" in kinds:
        assert not any(second)
    if "shadowed a+b" in kinds:
        assert not any(below and not above for above, below in zip(first, second, strict=True))
    if (conflict := kinds.get("conflicting a+b")) is not None:
        values: Any = as_map(filled("order", conflict.example))
        assert program(one).execute(values) is True
        assert program(other).execute(values) is True
    if any(above and below for above, below in zip(first, second, strict=True)) and not {"dead a", "dead b"} & set(kinds):
        assert {"conflicting a+b", "shadowed a+b", "not decided a+b"} & set(kinds), (one, other)


@settings(max_examples=60, deadline=None)
@given(one=conditions, other=conditions)
def test_two_conditions_meet_where_both_are_true(one: str, other: str) -> None:
    kind = kind_of("order")
    together = both(regions(syntax.read(one), kind), regions(syntax.read(other), kind))
    if together == []:
        assert not any(above and below for above, below in zip(truths(one), truths(other), strict=True))


def test_a_hundred_rules_are_checked_in_time_and_what_stays_open_is_counted() -> None:
    many = [
        ShopRule(
            f"rule-{number}",
            f"bill_country != country && tax_id.matches('^{number}$')",
            "ask" if number % 2 else "refuse",
            "x",
            "me",
        )
        for number in range(100)
    ]
    began = time.process_time()
    (open_one,) = [one for one in findings(many) if one.what == "not decided"]
    assert "questions about pairs of rules are open" in open_one.because
    assert time.process_time() - began < 20
