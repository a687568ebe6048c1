"""What becomes of questions that nobody decides: passed on along a chain, and at last settled as the policy says."""

import pytest

from afterclick.domain.limits import InboxLimits
from afterclick.governance.policy import DoorLimits, Policy
from afterclick.orders.unstick import unstick
from tests.orders.office import DAY_MS, small_office


@pytest.mark.parametrize(
    ("limits", "state", "tasks", "who"),
    [
        (InboxLimits(), "held", "expired", ["manager", "admin"]),
        (InboxLimits(at_last="reject"), "cancelled", "expired", ["manager", "admin"]),
        (InboxLimits(at_last="ask"), "inbox", "open", ["manager", "admin", "admin"]),
        (InboxLimits(chain=(), at_last="reject"), "cancelled", "expired", []),
        (InboxLimits(chain=("boss",), answer_hours=1), "held", "expired", ["boss"]),
    ],
)
def test_a_question_goes_along_the_chain_and_is_settled_at_its_end(
    database_url: str, limits: InboxLimits, state: str, tasks: str, who: list[str]
) -> None:
    with small_office(database_url, bots=(unstick,), policy=Policy(inbox=limits)) as office:
        order = office.order("A", ("NOSUCH", 1))
        office.run()
        for _ in range(6):
            office.run(later_ms=2 * DAY_MS - 1 if limits.answer_hours > 1 else 3_700_000)
        office.run(later_ms=60_000)
        assert office.state(order) == state
        assert office.one("SELECT state FROM tasks") == tasks
        said = office.rows("SELECT because FROM events WHERE activity = 'escalated' ORDER BY block")
        assert [because.partition("; ")[2].partition(" is asked")[0] for (because,) in said] == who
        if tasks == "expired":
            assert office.one("SELECT decided_by FROM tasks") == "bot:orders.unstick"
            assert office.one("SELECT asked_by FROM amendments") == "bot:orders.unstick"
            assert "nobody decided question 1" in office.one("SELECT because FROM events WHERE activity = 'expired'")
        assert office.wrong() == []


def test_an_order_that_is_being_taken_back_is_asked_about_until_somebody_answers(database_url: str) -> None:
    policy = Policy(inbox=InboxLimits(chain=("manager",), at_last="reject"), door=DoorLimits({"payments.refund": 100}))
    with small_office(database_url, bots=(unstick,), policy=policy) as office:
        order = office.order("A")
        office.run()
        office.amend(order, "cancel")
        office.run()
        for _ in range(8):
            office.run(later_ms=2 * DAY_MS)
        assert office.rows("SELECT who, state FROM tasks") == [("manager", "open")]
        assert office.one("SELECT level FROM tasks") > 2
