"""The door: on the card, within the limit, not done before, breaker closed, live; then asked, and recorded once."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from afterclick.domain.shipping import Label
from afterclick.engine import breaker
from afterclick.engine.door import PROBE, Act
from afterclick.governance.cards import Card
from afterclick.governance.policy import DoorLimits, Policy
from afterclick.ports.answer import Answer, Done
from afterclick.store import log
from afterclick.store.database import Database
from tests.engine.bench import CARD, PAY, Bank, Bench, Payment, paying, unavailable


@dataclass
class Slow(Bank):
    """A bank that takes its time over each call."""

    takes_s: float = 0.3
    seen_recorded: list[int] = field(default_factory=list)

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.seen_recorded = []

    def pay(self, requests: Any) -> list[Answer[str]]:
        with self.database.reading() as tx:
            self.seen_recorded.append(tx.value("SELECT COUNT(*) FROM events WHERE key IS NOT NULL"))
        until = time.perf_counter() + self.takes_s
        while time.perf_counter() < until:
            pass
        return super().pay(requests)


def requests(count: int, amount: int = 100) -> dict[int, Payment]:
    return {number: Payment(f"{number}:pay", number, amount) for number in range(1, count + 1)}


def ask(bench: Bench, count: int = 1, *, card: Card = CARD, mode: Any = "live", act: Act = PAY) -> Any:
    return bench.door.ask(act, requests(count), card=card, mode=mode, batch=1)


def test_what_is_not_on_the_card_is_barred_and_a_person_is_asked(bench: Bench) -> None:
    bench.run(paying(Card(id="x", does="", owner="", works_on="", starts_on=())), bench.put(1))
    assert bench.bank.calls == 0
    [(_, _, who, because, _)] = bench.tasks()
    assert who == "operations"
    assert because == "bank.pay is not on the card of x; add it there, or do it by hand"


def test_over_the_limit_a_person_is_asked_and_when_approved_it_passes(database_url: str, bench: Bench) -> None:
    limited = Bench(bench.database, policy=Policy(door=DoorLimits(largest={"bank.pay": 150})))
    limited.put(3)
    with bench.database.transaction() as tx:
        tx.run("UPDATE things SET amount = 200 WHERE id > 1")
    limited.run(paying(), [1, 2, 3])
    assert limited.bank.asked == ["1:pay"]
    assert [task[0] for task in limited.tasks()] == [2, 3]
    assert "bank.pay of 200 is over the limit of 150" in limited.tasks()[0][3]
    with bench.database.transaction() as tx:
        tx.run("UPDATE tasks SET state = 'approved' WHERE item = 2")
    [(stage,)] = set(limited.rows("SELECT stage FROM tasks"))
    limited.run(paying(), [2, 3], resume=f"at:{stage}")
    assert limited.bank.asked == ["1:pay", "2:pay"]
    assert limited.states() == {1: "done", 2: "done", 3: "ask"}


def test_what_was_done_once_is_recalled_not_asked_for_again(bench: Bench) -> None:
    items = bench.put(3)
    bench.run(paying(), items)
    with bench.database.transaction() as tx:
        tx.run("UPDATE things SET state = 'new', paid = ''")
    bench.run(paying(), items)
    assert sorted(bench.bank.asked) == ["1:pay", "2:pay", "3:pay"]
    assert [row[0] for row in bench.rows("SELECT paid FROM things ORDER BY id")] == [f"paid {n}:pay" for n in items]


def test_a_recalled_answer_has_the_same_type_and_value(bench: Bench) -> None:
    label = Label("carrier", "T1", 500, "EUR")
    act = Act("bank", "pay", Label)
    bench.bank.says = lambda _request: Done(label)  # type: ignore[arg-type, return-value]
    first = ask(bench, act=act)
    bench.door.record(first.fresh, card=CARD, mode="live", batch=1)
    again = ask(bench, act=act)
    assert again == first == {1: Done(label)}
    assert not again.fresh


def test_the_answers_of_a_slow_system_are_recorded_while_it_is_being_asked(bench: Bench) -> None:
    slow = Slow(bench.database)
    bench.door.ports = {"bank": slow}
    bench.run(paying(), bench.put(2 * PROBE))
    assert slow.seen_recorded == [0, PROBE]
    assert set(bench.states().values()) == {"done"}
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE key IS NOT NULL") == [(2 * PROBE, 2 * PROBE)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


def test_a_system_that_answers_at_once_is_asked_for_all_the_rest_in_one_call(bench: Bench) -> None:
    ask(bench, 10 * PROBE)
    assert bench.bank.calls == 2


def test_a_breaker_opens_rests_lets_one_try_through_and_closes(bench: Bench) -> None:
    bench.bank.says = unavailable
    said = ask(bench, 30)
    assert bench.bank.calls == 1, "twenty failures in a row open it, so the second try is not made"
    assert not bench.door.open_for("bank")
    assert "left alone until it has rested" in said[1].because
    bench.clock_ms += breaker.RESTS_MS
    assert bench.door.open_for("bank")
    ask(bench)
    assert bench.bank.calls == 2, "one try, and it is open again"
    bench.clock_ms += breaker.RESTS_MS
    bench.bank.says = Bank().says
    assert ask(bench)[1] == Done("paid 1:pay")
    bench.bank.says = unavailable
    ask(bench)
    assert bench.door.open_for("bank"), "it closed: one failure does not open it"


def test_one_good_answer_keeps_the_breaker_closed(bench: Bench) -> None:
    good = Bank().says
    bench.bank.says = lambda request: good(request) if request.order_id == 7 else unavailable(request)
    ask(bench, 30)
    assert bench.door.open_for("bank"), "the tries after the first are of those that had failed, and say nothing about the others"


def test_an_open_breaker_lets_go_when_the_clock_is_set_back(bench: Bench) -> None:
    bench.bank.says = unavailable
    ask(bench, 30)
    bench.clock_ms -= 3_600_000
    assert bench.door.open_for("bank")


@pytest.mark.parametrize("says", ["nothing", "too few", "raises", "no such act"])
def test_a_system_that_talks_nonsense_counts_as_unavailable(bench: Bench, says: str) -> None:
    class Odd:
        def pay(self, asked: Any) -> Any:
            if says == "raises":
                raise KeyError("tracking")
            return None if says == "nothing" else []

    bench.door.ports = {"bank": Odd() if says != "no such act" else object()}
    bench.run(paying(), bench.put(2))
    assert bench.states() == {1: "ask", 2: "ask"}
    assert all(task[3].startswith("not paid: bank") for task in bench.tasks())


def test_an_answer_that_makes_no_sense_counts_as_none(bench: Bench) -> None:
    act = Act("bank", "pay", str, lambda request, said: "" if said == f"paid {request.key}" else f"it speaks of {said}")
    bench.bank.says = lambda _request: Done("gold")
    answers = ask(bench, act=act)
    assert answers[1].because == "the answer makes no sense: it speaks of gold"
    assert not answers.fresh
    assert bench.bank.calls == 3


@pytest.mark.parametrize("mode", ["shadow", "dry-run"])
def test_a_bot_that_is_not_live_has_every_act_withheld(bench: Bench, mode: str) -> None:
    answers = ask(bench, 2, mode=mode)
    assert bench.bank.calls == 0
    assert answers.withheld == {1: "would have asked for bank.pay (1:pay)", 2: "would have asked for bank.pay (2:pay)"}


def test_the_same_effect_cannot_be_recorded_twice(bench: Bench) -> None:
    first = ask(bench)
    bench.door.record(first.fresh, card=CARD, mode="live", batch=1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        bench.door.record(first.fresh, card=CARD, mode="live", batch=1)
