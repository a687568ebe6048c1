"""A story over a batch: who goes on, who leaves and why, and that a stage writes all or nothing."""

import msgspec
import pytest

from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.store import log
from tests.engine.bench import CARD, ID, Bank, Bench, Thing, Things, declined, paying, unavailable

TROUBLE = ("bad:load", "bad:facts", "bad:rule", "bad:calls", "bad:does")


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_a_story_takes_any_number_of_items_to_its_end(bench: Bench, count: int) -> None:
    bench.run(paying(), bench.put(count))
    assert set(bench.states().values()) <= {"done"}
    assert sorted(bench.bank.asked) == sorted(f"{number}:pay" for number in range(1, count + 1))
    assert all(paid == f"paid {number}:pay" for number, paid in bench.rows("SELECT id, paid FROM things"))
    assert bench.rows("SELECT COUNT(*) FROM batches WHERE finished_ms = 0") == [(0,)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


def test_who_is_asked_about_leaves_with_a_task_and_its_reason(bench: Bench) -> None:
    bench.run(paying(), bench.put(3, {2: "ask"}))
    assert bench.states() == {1: "done", 2: "ask", 3: "done"}
    assert bench.tasks() == [(2, "decent", "boss", "asked for by its name", "wave through")]
    facts = bench.rows("SELECT facts FROM tasks")[0][0]
    assert msgspec.json.decode(facts)["name"] == "ask"
    assert bench.rows("SELECT verdict, because FROM events WHERE activity = 'left.decent'") == [("Ask", "asked for by its name")]


def test_who_is_refused_leaves_with_its_reason_and_nobody_is_asked(bench: Bench) -> None:
    bench.run(paying(), bench.put(2, {1: "refuse"}))
    assert bench.states() == {1: "refuse", 2: "done"}
    assert bench.tasks() == []
    assert bench.rows("SELECT order_id, because FROM events WHERE activity = 'left.decent'") == [(1, "refused by its name")]


@pytest.mark.parametrize("where", TROUBLE)
@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_poisoned_item_is_set_aside_and_the_rest_go_on(bench: Bench, where: str, count: int) -> None:
    bench.run(paying(), bench.put(count, {1: where}))
    assert bench.states() == {1: "ask"} | dict.fromkeys(range(2, count + 1), "done")
    [(item, _stage, who, because, proposal)] = bench.tasks()
    assert (item, who, proposal) == (1, "operations", "retry")
    assert f"ValueError: made trouble at {where}" in because
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


def test_several_poisoned_items_are_each_set_aside_wherever_they_are(bench: Bench) -> None:
    names = {3: "bad:load", 4: "bad:facts", 8: "bad:rule", 9: "bad:calls", 10: "bad:calls", 16: "bad:does"}
    bench.run(paying(), bench.put(20, names))
    assert {number for number, state in bench.states().items() if state != "done"} == set(names)
    assert sorted(task[0] for task in bench.tasks()) == sorted(names)


def test_the_outside_is_asked_once_also_where_a_poisoned_item_makes_its_stage_ask_again(bench: Bench) -> None:
    bench.run(paying(), bench.put(9, {5: "bad:calls", 6: "bad:does"}))
    assert sorted(bench.bank.asked) == sorted(f"{number}:pay" for number in range(1, 10))
    assert bench.rows("SELECT COUNT(*) FROM events WHERE key IS NOT NULL") == [(9,)]


def test_what_fails_inside_a_stage_leaves_nothing_of_it_behind(bench: Bench) -> None:
    class Gone(BaseException):
        """The process ends here."""

    @stage()
    def crash(things: Batch[Thing]) -> None:
        things.tx.run("UPDATE things SET checked = 99")
        raise Gone

    def story(things: Batch[Thing]) -> None:
        crash(things)

    with pytest.raises(Gone):
        bench.run(bot(CARD, over=Things())(story), bench.put(3))
    assert bench.rows("SELECT DISTINCT state, checked, batch FROM things") == [("new", 0, None)]
    assert bench.activities() == []
    assert bench.rows("SELECT progress, finished_ms FROM batches") == [("{}", 0)]


def test_rows_events_and_progress_of_a_stage_come_in_one_transaction(bench: Bench) -> None:
    seen: list[tuple[object, ...]] = []

    @stage()
    def look(things: Batch[Thing]) -> None:
        with things.around.reading() as other:
            seen.extend(
                other.rows("SELECT (SELECT SUM(checked) FROM things), (SELECT COUNT(*) FROM events), progress FROM batches")
            )
        things.tx.run("UPDATE things SET checked = checked + 1")

    def story(things: Batch[Thing]) -> None:
        look(things)
        again(things)

    @stage()
    def again(things: Batch[Thing]) -> None:
        with things.around.reading() as other:
            seen.extend(
                other.rows("SELECT (SELECT SUM(checked) FROM things), (SELECT COUNT(*) FROM events), progress FROM batches")
            )

    bench.run(bot(CARD, over=Things())(story), bench.put(2))
    assert [tuple(map(str, row)) for row in seen] == [("0", "0", "{}"), ("2", "0", '{"look":[]}')]


def test_an_item_that_somebody_else_works_on_is_left_alone(bench: Bench) -> None:
    items = bench.put(3)
    with bench.database.transaction() as tx:
        tx.run("UPDATE things SET batch = 77, state = 'running' WHERE id = 2")
    bench.run(paying(), items)
    assert bench.states() == {1: "done", 2: "running", 3: "done"}
    assert bench.rows("SELECT batch FROM things WHERE id = 2") == [(77,)]


def test_an_item_that_does_not_exist_disturbs_nobody(bench: Bench) -> None:
    bench.run(paying(), [*bench.put(1), 4711])
    assert bench.states() == {1: "done"}


def test_an_item_that_somebody_wants_back_leaves_at_the_next_stage(bench: Bench) -> None:
    items = bench.put(2)

    @stage()
    def meanwhile(things: Batch[Thing]) -> None:
        things.tx.run("UPDATE things SET wanted = 'cancel' WHERE id = 1")

    def story(things: Batch[Thing]) -> None:
        meanwhile(things)
        paying().story(things)

    bench.run(bot(CARD, over=Things())(story), items)
    assert bench.states() == {1: "wait", 2: "done"}
    assert bench.bank.asked == ["2:pay"]
    assert bench.rows("SELECT order_id, because FROM events WHERE activity LIKE 'left.%' AND verdict = 'Wait'") == [(1, "cancel")]


@pytest.mark.parametrize(
    ("resume", "checked", "asked"), [("", 1, 1), ("at:check", 1, 1), ("after:check", 0, 1), ("at:pay", 0, 1), ("after:pay", 0, 0)]
)
def test_a_batch_goes_on_where_it_is_told_to(bench: Bench, resume: str, checked: int, asked: int) -> None:
    bench.run(paying(), bench.put(1), resume=resume)
    assert bench.rows("SELECT state, checked FROM things") == [("done", checked)]
    assert len(bench.bank.asked) == asked


def test_what_a_person_approved_passes_the_rule(bench: Bench) -> None:
    items = bench.put(2, {1: "ask", 2: "ask"})
    bench.run(paying(), items)
    with bench.database.transaction() as tx:
        tx.run("UPDATE tasks SET state = 'approved' WHERE item = 1")
    bench.run(paying(), items, resume="at:decent")
    assert bench.states() == {1: "done", 2: "ask"}
    [(because,)] = bench.rows("SELECT because FROM events WHERE verdict = 'Pass' AND because LIKE 'decent%'")
    assert because == "decent: approved by a person: asked for by its name"


@pytest.mark.parametrize(("says", "because"), [(unavailable, "not paid: down"), (declined, "not paid: no money")])
def test_who_gets_no_good_answer_leaves_and_says_why(bench: Bench, says: object, because: str) -> None:
    bench.bank.says = says  # type: ignore[assignment]
    bench.run(paying(), bench.put(1))
    assert bench.tasks() == [(1, "pay", "boss", because, "approve")]


def test_a_story_that_forgets_an_item_leaves_it_waiting_with_a_reason(bench: Bench) -> None:
    bench.run(bot(CARD, over=Things())(lambda things: things.judge(lambda _thing, _limits: msgspec.UNSET)), [])  # type: ignore[arg-type, return-value]
    bench.put(1)

    @stage()
    def nothing(things: Batch[Thing]) -> None:
        """Does nothing."""

    bench.run(bot(CARD, over=Things())(lambda things: nothing(things)), [1])
    assert bench.states() == {1: "wait"}
    assert "the story ended" in bench.rows("SELECT because FROM events WHERE activity = 'left.finish'")[0][0]


@pytest.mark.parametrize("mode", ["shadow", "dry-run"])
def test_a_rehearsal_withholds_every_effect_keeps_no_rows_and_leaves_the_log(bench: Bench, mode: str) -> None:
    bench.woken = {"check": [ID]}
    bench.run(paying(), bench.put(3, {2: "ask"}), mode=mode)
    assert bench.bank.calls == 0
    assert bench.rows("SELECT DISTINCT state, checked, paid, batch FROM things") == [("wait", 0, "", None)]
    assert bench.tasks() == []
    assert bench.rows("SELECT DISTINCT mode FROM blocks") == [(mode,)]
    assert bench.activities().count("check") == 2
    left = bench.rows("SELECT order_id, because FROM events WHERE activity LIKE 'left.%' ORDER BY order_id")
    assert left[0] == (1, "would have asked for bank.pay (1:pay)")
    assert left[1] == (2, f"{mode}: would have left with Ask: asked for by its name")


def test_a_rehearsal_wakes_nobody(bench: Bench) -> None:
    bench.woken = {"check": ["another.bot"]}
    bench.run(paying(), bench.put(2), mode="shadow")
    assert bench.rows("SELECT COUNT(*) FROM queue") == [(0,)]


def test_who_listens_to_an_activity_gets_its_orders(bench: Bench) -> None:
    bench.woken = {"check": ["another.bot"], "done": ["a.third"]}
    bench.run(paying(), bench.put(2))
    assert bench.rows("SELECT bot, items FROM queue ORDER BY id") == [("another.bot", "[1,2]"), ("a.third", "[1,2]")]


def test_a_story_may_touch_the_world_in_its_stages_only(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="move this into a stage"):
        _ = bench.run(paying(), []).tx


def test_a_bank_that_is_asked_in_vain_is_asked_three_times_with_a_pause(bench: Bench) -> None:
    bench.bank.says = unavailable
    bench.run(paying(), bench.put(1))
    assert bench.bank.asked == ["1:pay"] * 3
    assert bench.pauses == [0.05]


def test_an_answer_at_the_second_try_is_as_good_as_at_the_first(bench: Bench) -> None:
    bank = Bank()
    good = bank.says
    bank.says = lambda request: unavailable(request) if bank.calls == 1 else good(request)
    bench.door.ports = {"bank": bank}
    bench.run(paying(), bench.put(5))
    assert set(bench.states().values()) == {"done"}
    assert bank.calls == 2
