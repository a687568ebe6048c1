"""The inbox on the command line: filter, ask back, answer, hand on, note, and many at once with a preview."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from afterclick.app import Office
from afterclick.cli.main import app
from afterclick.domain.facts import Earlier, OrderFacts
from afterclick.domain.order import Address, Line, NewOrder, Particulars
from afterclick.orders.intake.delivery import Delivery
from afterclick.orders.intake.receive import receive
from tests.cli.test_commands import call, refused


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> str:
    """The folder of an office in which three orders are asked about."""
    folder = tmp_path / "office"
    Office.create(folder, {} if database_url.startswith("sqlite") else {"database.url": database_url})
    office = Office.open(folder)
    home = Particulars(Address("Ada", "Weg 1", "", "Berlin", "", "10115", "DE"), "ada@shop.example")
    with office.database.transaction() as tx:
        new = [
            Delivery("", NewOrder("shop", f"A-{number}", 1, "C", "EUR", 1000, (Line(1, "CUP", 1, 1000),), home))
            for number in range(3)
        ]
        receive(tx, new, now_ms=1)
        tx.run("UPDATE orders SET state = 'inbox', stage = 'genuine', waiting_for = 'fraud'")
        for number in (1, 2, 3):
            tx.run(
                "INSERT INTO tasks (bot, stage, item_kind, item, who, because, proposal, state, asked_ms, expires_ms)"
                " VALUES ('orders.fulfil', 'genuine', 'order', ?, 'fraud', 'score 60', 'approve', 'open', 1, ?)",
                (number, 10_000 - number),
            )
    office.close()
    return str(folder)


def test_questions_are_filtered_asked_back_answered_handed_on_and_noted(office: str) -> None:
    here = ("--office", office)
    assert [task["id"] for task in call("inbox", "list", *here)["tasks"]] == [3, 2, 1]
    first = call("inbox", "list", "--limit", "1", *here)
    assert call("inbox", "list", "--limit", "1", "--cursor", first["next"], *here)["tasks"][0]["id"] == 2
    assert call("inbox", "list", "--who", "nobody", *here)["tasks"] == []
    assert len(call("inbox", "list", "--state", "any", "--day", "1970-01-01", *here)["tasks"]) == 3
    assert call("inbox", "list", "--day", "1970-01-02", *here)["tasks"] == []
    assert call("inbox", "list", "--failed", *here)["tasks"] == []
    assert "write it as" in refused("inbox", "list", "--day", "today", *here)
    assert [order["id"] for order in call("orders", "list", "--day", "1970-01-01", *here)["orders"]] == [3, 2, 1]
    assert call("orders", "list", "--day", "1970-01-02", *here)["orders"] == []
    assert "write it as" in refused("orders", "list", "--day", "1970-1-1", *here)
    assert call("inbox", "ask", "1", "Really?", "--to", "customer", *here)["question"] == 1
    assert call("inbox", "answer", "1", "yes", *here)["task"] == 1
    assert "answered already" in refused("inbox", "answer", "1", "no", *here)
    call("inbox", "reassign", "1", "--to", "finance", *here)
    call("inbox", "note", "1", "called twice", *here)
    shown = call("inbox", "show", "1", *here)
    assert (shown["who"], shown["questions"][0]["answer"]) == ("finance", "yes")
    assert [one["activity"] for one in shown["history"]] == ["task.asked-back", "task.answered", "task.reassigned", "task.noted"]
    assert "there is no task" in refused("inbox", "note", "99", "x", *here)


def test_a_question_is_shown_in_the_words_of_its_page(office: str) -> None:
    opened = Office.open(Path(office))
    earlier = Earlier(1, 60_000, True, 1.0, True, True)
    facts = OrderFacts(order_id=3, total=894_200, currency="EUR", placed_ms=1_795_168_961_000, earlier=(earlier,), lines=())
    with opened.database.transaction() as tx:
        because = "order 1 of the same customer had the same basket"
        tx.run("UPDATE tasks SET facts = ?, because = ? WHERE id = 3", (msgspec.json.encode(facts).decode(), because))
    opened.close()
    said = CliRunner().invoke(app, ["inbox", "show", "3", "--office", office]).output
    assert "order A-2, 10.00 EUR" in said
    assert "order A-0 of the same customer" in said
    assert "8,942.00 EUR" in said
    assert "2026-11-20" in said
    assert "1,795,168" not in said


def test_many_are_only_previewed_without_yes_and_one_that_fails_does_not_stop_the_others(office: str) -> None:
    here = ("--office", office)
    would = call("inbox", "bulk", "reject", "--stage", "genuine", *here)
    assert (would["tasks"], would["money"]) == ([1, 2, 3], {"EUR": 3000})
    assert len(call("inbox", "list", *here)["tasks"]) == 3
    call("inbox", "approve", "2", *here)
    done = call("inbox", "bulk", "reject", "--task", "1", "--task", "2", "--yes", *here)
    assert done["done"] == 1
    assert done["left_out"]["2"].startswith("approved already by machine:")
    assert "choose one of" in refused("inbox", "bulk", "burn", *here)
    assert "--to" in refused("inbox", "bulk", "reassign", *here)
