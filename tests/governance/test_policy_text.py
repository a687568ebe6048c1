"""The text of a policy: where its entries stand, how one is changed, what is said about it, and in what two differ."""

import pytest

from afterclick.governance import policy
from afterclick.governance.policy_check import check, usable
from afterclick.governance.policy_lines import Lines, Value, changed
from afterclick.governance.policy_words import changes, entries, help_of, schema

TEXT = """\
# Ours.
[orders]
ask_score = 60  # since the spring
[door.largest]
"payments.refund" = 50000

[[rules]]
name = "large"
when = \"\"\"
total > 5
&& country = 'not an entry'
\"\"\"
then = "ask"
because = "x"
owner = "me"
[[rules]]
name = "other"
when = "total < 5"
then = "refuse"
because = "y"
owner = "me"
tests = [
  { facts = { total = 4 }, expect = "refuse" },
]
"""
GOOD = TEXT.replace("&& country = 'not an entry'\n", "")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("orders", "ask_score"), 3),
        (("door", "largest", "payments.refund"), 5),
        (("rules", 0, "when"), 9),
        (("rules", 1, "then"), 19),
        (("rules", 1, "tests"), 22),
        (("rules", 1, "who"), 16),
        (("stuck", "pushes"), 0),
        (("country",), 0),
    ],
)
def test_an_entry_is_found_on_its_line_or_its_table(path: tuple[str | int, ...], line: int) -> None:
    assert Lines(TEXT).of(path) == line


def test_a_rule_is_found_by_its_name() -> None:
    assert Lines(TEXT).rule("other") == 17
    assert Lines(TEXT).text(17) == 'name = "other"'
    assert Lines(TEXT).rule("none") == 0


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("orders", "ask_score"), 70, "ask_score = 70  # since the spring"),
        (("orders", "refuse_score"), 90, "refuse_score = 90"),
        (("door", "largest", "payments.capture"), 5, '"payments.capture" = 5'),
        (("payments", "declined"), "cancel", 'declined = "cancel"'),
        (("orders", "tax_id_check_digits"), False, "tax_id_check_digits = false"),
        (("inbox", "chain"), ["manager", 'ä"b'], 'chain = ["manager", "ä\\"b"]'),
    ],
)
def test_one_entry_is_changed_and_everything_else_stays(path: tuple[str, ...], value: Value, line: str) -> None:
    new = changed(GOOD, path, value)
    assert line in new.splitlines()
    assert set(GOOD.splitlines()) - set(new.splitlines()) <= {"ask_score = 60  # since the spring"}
    assert {change.name for change in changes(policy.read(GOOD), policy.read(new))} == {".".join(path)}


def test_an_entry_that_is_taken_out_has_its_default_again() -> None:
    assert policy.read(changed(GOOD, ("orders", "ask_score"), None)).orders.ask_score == policy.DEFAULT.orders.ask_score


@pytest.mark.parametrize(
    ("text", "line", "because"),
    [
        ("[orders]\n\nask_scroe = 60\n", 3, "unknown field `ask_scroe`"),
        ("[orders]\nask_score = 0\n", 2, "ask_score"),
        ("[orders]\nask_score =\n", 2, "Invalid value"),
        ('[[rules]]\nname = "a"\nwhen = "total > 1"\nthen = "maybe"\nbecause = "x"\nowner = "o"\n', 4, "maybe"),
        ('[[rules]]\nname = "A b"\nwhen = "true"\nthen = "ask"\nbecause = "x"\nowner = "o"\n', 2, "regex"),
        ('[[rules]]\nname = "a"\n', 1, "missing required field"),
    ],
)
def test_an_error_is_told_with_its_line(text: str, line: int, because: str) -> None:
    (note,) = check(text).notes
    assert (note.line, note.what) == (line, "error")
    assert because in note.because
    with pytest.raises(policy.PolicyError, match=f"line {line}"):
        usable(text)


def test_a_good_policy_is_usable_and_a_dead_rule_is_not_good() -> None:
    found = check(GOOD)
    assert (found.usable, found.ok, found.rules, found.tests) == (True, True, 2, 1)
    dead = check(GOOD.replace('"total < 5"', '"total < 5 && total > 6"').replace('expect = "refuse"', 'expect = "nothing"'))
    assert (dead.usable, dead.ok) == (True, False)
    assert [(note.line, note.what) for note in dead.notes if note.what == "dead"] == [(16, "dead")]


def test_a_failed_test_makes_a_policy_unusable() -> None:
    with pytest.raises(policy.PolicyError, match=r"line 16: other: test 1: expected ask, and it says refuse"):
        usable(GOOD.replace('expect = "refuse"', 'expect = "ask"'))


def test_what_two_policies_say_differently_is_named() -> None:
    one, other = policy.read(GOOD), policy.read(GOOD.replace("60", "61").replace("total < 5", "total < 4").replace("50000", "6"))
    assert [change.name for change in changes(one, other)] == ["orders.ask_score", "door.largest.payments.refund", "rules.other"]
    assert changes(one, one) == []
    swapped = policy.Policy(orders=one.orders, door=one.door, rules=one.rules[::-1])
    assert [change.name for change in changes(one, swapped)] == ["order of the rules"]


def test_every_limit_has_a_sentence_of_help() -> None:
    assert [entry.name for entry in entries(policy.DEFAULT) if entry.path[0] in ("orders", "stuck") and not entry.help] == []
    assert help_of(type(policy.DEFAULT.orders))["ask_score"].startswith("Score")


def test_the_schema_for_editors_knows_every_table_and_its_help() -> None:
    made = schema()
    definitions = made["$defs"]
    assert set(definitions["Policy"]["properties"]) == set(policy.Policy.__struct_fields__)
    assert definitions["OrderLimits"]["properties"]["ask_score"]["minimum"] == 1
    assert "person is asked" in definitions["OrderLimits"]["properties"]["ask_score"]["description"]
    assert definitions["ShopRule"]["required"] == ["name", "when", "then", "because", "owner"]
