"""Replay: what was recorded is judged by another version, and what would have gone differently is named and counted."""

from collections.abc import Iterator

import pytest

from afterclick.domain.limits import OrderLimits
from afterclick.domain.verdict import Pass, Verdict
from afterclick.engine import replaying
from afterclick.engine.bots import Fleet
from afterclick.engine.comparing import Comparison
from afterclick.engine.replay import Wanted, replay
from afterclick.engine.replaying import Order
from afterclick.engine.rule_reads import limits_read
from afterclick.governance import replays, versions
from afterclick.governance.in_force import Ready
from afterclick.governance.policy import DEFAULT, read
from afterclick.governance.replays import Case, Result
from afterclick.orders.amend import amend
from afterclick.orders.fulfil import fulfil
from afterclick.orders.rules import complete, genuine
from tests.orders.office import SmallOffice, small_office

FLEET = Fleet(fulfil, amend)
LARGE = '[[rules]]\nname = "large"\nwhen = "total > 2500"\nthen = "{}"\nbecause = "{{total}}"\nowner = "o"\n'


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallOffice]:
    """Orders of 1, 2, 3 and 4 pieces at 10.00 that shipped under the defaults."""
    with small_office(f"sqlite:///{tmp_path_factory.mktemp('replay') / 'office.sqlite'}") as opened:
        versions.opened(opened.database, "", now_ms=opened.clock.ms)
        for pieces in (1, 2, 3, 4):
            opened.order(f"A-{pieces}", ("CUP", pieces))
        opened.run()
        yield opened


def replayed(office: SmallOffice, text: str, *, old: str = "", days: int = 9, bot: str = "") -> tuple[Result, list[Case]]:
    wanted = Wanted(Ready.of(1, read(old)), Ready.of(2, read(text)), days, bot, question_minutes=5.0)
    return replay(office.database, FLEET, wanted, now_ms=office.clock.ms + 1_000)


@pytest.mark.parametrize(
    ("text", "shift", "cause", "questions"),
    [
        ("[orders]\nquantity_most = 2\n", ("pass", "ask orders", 2, 2, {"EUR": 7_000}), "orders.quantity_most", 2),
        (LARGE.format("refuse"), ("pass", "refuse", 2, 2, {"EUR": 7_000}), "rules.large", 0),
        (LARGE.format("ask"), ("pass", "ask orders", 2, 2, {"EUR": 7_000}), "rules.large", 2),
        ('[door.largest]\n"payments.capture" = 3500\n', ("pass", "ask operations", 1, 1, {"EUR": 4_000}),
         "door.largest.payments.capture", 1),
    ],
)  # fmt: skip
def test_what_would_have_gone_differently_is_counted_in_orders_money_and_minutes(
    office: SmallOffice, text: str, shift: tuple[object, ...], cause: str, questions: int
) -> None:
    result, cases = replayed(office, text)
    (one,) = result.shifts
    assert (one.was, one.would, one.verdicts, one.orders, one.money) == shift
    assert result.causes == {cause: shift[2]}
    assert (result.questions, result.minutes) == (questions, questions * 5.0)
    assert [case.cause for case in cases] == [cause] * len(cases)
    assert [case.no for case in cases] == list(range(1, len(cases) + 1))


def test_the_other_way_round_it_asks_less(office: SmallOffice) -> None:
    result, _ = replayed(office, "", old="[orders]\nquantity_most = 2\n")
    assert [(one.was, one.would) for one in result.shifts] == [("ask orders", "pass")]
    assert (result.questions, result.minutes) == (-2, -10.0)


def test_of_several_changes_the_one_that_matters_is_named(office: SmallOffice) -> None:
    result, cases = replayed(office, "[orders]\nquantity_most = 2\nprice_most_ratio = 3.0\nask_score = 49\n")
    assert [change.name for change in result.changes] == ["orders.quantity_most", "orders.price_most_ratio", "orders.ask_score"]
    assert {case.cause for case in cases} == {"orders.quantity_most"}


def test_changes_that_only_together_matter_are_named_so(office: SmallOffice) -> None:
    text = "[orders]\nask_score = 20\nvalue_new_customer = 3000\nvalue_ignored = 3000\n"
    _, cases = replayed(office, text)
    assert [(case.order_id, case.rule, case.cause) for case in cases] == [(4, "genuine", "several limits together")]


def test_who_is_asked_counts_and_how_a_reason_reads_does_not(office: SmallOffice) -> None:
    one = LARGE.format("ask")
    assert replayed(office, one.replace('"{total}"', '"other words"'), old=one)[0].differing == 0
    result, _ = replayed(office, one + 'who = "fraud"\n', old=one)
    assert [(shift.was, shift.would) for shift in result.shifts] == [("ask orders", "ask fraud")]
    assert result.questions == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stuck]\npushes = 5\n", "stuck.pushes: no recorded verdict depends on it"),
        ("[orders]\nvelocity_hours = 9.0\n", "orders.velocity_hours: facts were gathered by the old window"),
        ("[orders]\nquantity_most = 2\n", ""),
    ],
)
def test_what_a_replay_cannot_tell_is_said(office: SmallOffice, text: str, said: str) -> None:
    caveats = replayed(office, text)[0].caveats
    assert [one for one in caveats if said in one] if said else not caveats


def test_only_the_days_and_the_bot_that_were_asked_for_count(office: SmallOffice) -> None:
    assert replayed(office, LARGE.format("ask"), bot="orders.fulfil")[0].judged == 4
    assert replayed(office, LARGE.format("ask"), bot="orders.amend")[0].judged == 0
    late = Wanted(Ready.of(1, DEFAULT), Ready.of(2, read(LARGE.format("ask"))), 1)
    assert replay(office.database, FLEET, late, now_ms=office.clock.ms + 2 * 86_400_000)[0].judged == 0


def test_nothing_is_read_when_nothing_that_judges_has_changed(office: SmallOffice) -> None:
    result, cases = replayed(office, "[stuck]\npushes = 5\n")
    assert (result.judged, result.differing, cases) == (0, 0, [])


def test_against_the_record_it_shows_what_other_code_or_limits_have_decided(office: SmallOffice) -> None:
    wanted = Wanted(None, Ready.of(2, read("[orders]\nquantity_most = 2\n")), 9)
    result, _ = replay(office.database, FLEET, wanted, now_ms=office.clock.ms + 1_000)
    assert [(one.was, one.would, one.verdicts) for one in result.shifts] == [("pass", "ask orders", 2)]
    same, _ = replay(office.database, FLEET, Wanted(None, Ready.of(2, DEFAULT), 9), now_ms=office.clock.ms + 1_000)
    assert (same.judged, same.differing) == (4, 0)


def test_a_replay_is_kept_with_its_cases_and_its_record_in_the_log(office: SmallOffice) -> None:
    order = Order(0, "[orders]\nquantity_most = 2\n", 9)
    now_ms = office.clock.ms + 1_000
    number = replaying.begin(office.database, FLEET, order, by="person:anna", now_ms=now_ms)
    replaying.work(office.database, FLEET, order, number, by="person:anna", now_ms=now_ms)
    with office.database.reading() as tx:
        found = replays.found(tx, number)
        cases = replays.cases(tx, number, limit=1)
        following = replays.cases(tx, number, after=cases[0].no)
        assert replays.counting(tx, versions.digest_of(order.text), 1) == (number, "")
    assert found is not None
    assert found.result is not None
    assert (found.state, found.against, found.result.differing) == ("done", 1, 2)
    assert [case.order_id for case in (*cases, *following)] == [3, 4]
    assert office.one("SELECT because FROM events WHERE activity = 'policy.replayed' ORDER BY block DESC LIMIT 1") == (
        "2 of 4 verdicts would have been different"
    )


@pytest.mark.parametrize(
    ("text", "days", "said"),
    [
        ('[orders]\nquantity_most = 2\n[door.largest]\n"payments.capture" = 3500\n', 9,
         "3 of 4 verdicts and 4 acts would have been different"),
        ("[stuck]\npushes = 5\n", 9, "nothing was there to judge"),
    ],
)  # fmt: skip
def test_the_record_counts_acts_beside_verdicts_and_says_when_there_was_nothing(
    office: SmallOffice, text: str, days: int, said: str
) -> None:
    order, now_ms = Order(0, text, days), office.clock.ms + 1_000
    number = replaying.begin(office.database, FLEET, order, by="person:anna", now_ms=now_ms)
    result = replaying.work(office.database, FLEET, order, number, by="person:anna", now_ms=now_ms)
    assert office.one("SELECT because FROM events WHERE activity = 'policy.replayed' ORDER BY block DESC LIMIT 1") == said
    with office.database.reading() as tx:
        counted = replays.counting(tx, versions.digest_of(text), 1)
    shows_nothing = (0, "its replay shows nothing: no verdict depends on what it changes")
    assert counted == ((number, "") if result.seen else shows_nothing)


@pytest.mark.parametrize(
    ("order", "because"),
    [
        (Order(0, "", 0), "1 to 3,650 days"),
        (Order(0, "", 9, "no.such"), "no bot 'no.such'"),
        (Order(0, "[orders]\nx = 1\n", 9), "line 2"),
    ],
)
def test_what_cannot_be_replayed_is_said_at_once(office: SmallOffice, order: Order, because: str) -> None:
    with pytest.raises(ValueError, match=because):
        replaying.begin(office.database, FLEET, order, by="person:anna", now_ms=1)


def test_the_limits_that_a_rule_reads_are_told_from_its_code() -> None:
    assert "quantity_most" in limits_read(complete, OrderLimits)
    assert "ask_score" not in limits_read(complete, OrderLimits)
    assert {"ask_score", "points_country", "velocity_hours"} <= limits_read(genuine, OrderLimits)
    assert "tax_id_check_digits" not in limits_read(genuine, OrderLimits)

    def hides(_facts: object, limits: OrderLimits) -> Verdict:
        return Pass(str((lambda: limits.ask_score)()))

    assert limits_read(hides, OrderLimits) == {"ask_score"}


def test_a_rule_whose_limits_stay_is_not_judged_again() -> None:
    changed = Comparison(fulfil, Ready.of(1, DEFAULT), Ready.of(2, read("[orders]\nask_score = 40\n"))).changed
    assert changed == {"genuine": ("ask_score",)}
    assert Comparison(fulfil, Ready.of(1, DEFAULT), Ready.of(2, DEFAULT)).nothing
