"""People at work in the control room, in a real browser: one worked day, every role, with and without the script, at the desk
and on a phone."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from afterclick.governance.permissions import ROLES, Permission, permitted
from tests.journeys.browsing import WAIT_MS
from tests.journeys.control_room import ON_A_PHONE, ControlRoom, opened

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.timeout(300)]

MENU: Final[dict[str, Permission]] = {
    "Overview": "orders.read", "Orders": "orders.read", "Inbox": "orders.read", "Stock": "stock.read",
    "Supply": "supply.read", "Bots": "bots.read",
    "Policy": "policy.read", "Audit": "audit.read", "People": "people.read", "Integrations": "integrations.read",
    "Settings": "settings.read",
}  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlRoom]:
    with opened(tmp_path_factory.mktemp("journey") / "office") as room:
        yield room


def state_of(page: Page) -> str:
    return page.locator("h1 .pill").inner_text().strip()


def test_a_stuck_order_is_found_approved_with_the_keyboard_and_seen_to_move_on_live(room: ControlRoom) -> None:
    with room.signed_in("anna") as page, room.signed_in("operator") as watching:
        task, order = room.one("SELECT MIN(id) FROM tasks WHERE state = 'open' AND stage = 'genuine'"), 0
        order = room.one("SELECT item FROM tasks WHERE id = ?", task)
        number = room.one("SELECT external_id FROM orders WHERE id = ?", order)
        watching.goto(f"/orders/{order}")
        assert state_of(watching) == "for a person"

        page.keyboard.press("/")
        page.keyboard.type(str(number))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text(str(number))
        page.get_by_role("link", name=re.compile(f"question {task}", re.I)).first.click()
        expect(page.locator("h1")).to_contain_text(f"Question {task}")
        page.keyboard.press("a")
        page.wait_for_url(lambda url: not url.endswith(f"/inbox/{task}"))

        expect(watching.locator("h1 .pill")).to_have_text("shipped", timeout=WAIT_MS)
    assert room.one("SELECT decided_by FROM tasks WHERE id = ?", task) == "person:anna"


def test_questions_are_walked_through_with_j_and_k_and_rejected_with_r(room: ControlRoom) -> None:
    with room.signed_in("operator") as page:
        page.goto("/inbox")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        selected = page.locator(
            "[data-item][aria-current], [data-item][aria-current=true], [data-item]:focus, [data-item]:focus-within"
        ).first
        task = int(str(selected.get_attribute("data-item")).removeprefix("task-"))
        page.keyboard.press("r")
        expect(page.locator(f"[data-item=task-{task}]")).to_have_count(0)
    assert room.one("SELECT state FROM tasks WHERE id = ?", task) == "rejected"


@pytest.mark.parametrize(
    ("proposing", "deciding", "options"),
    [
        ("architect", "approver", {}),
        ("anna", "anna", {"java_script_enabled": False}),
        ("architect", "approver", ON_A_PHONE),
    ],
    ids=["two people", "one alone without the script", "two people on telephones"],
)
def test_a_limit_is_changed_replayed_put_in_force_and_taken_back(
    room: ControlRoom, proposing: str, deciding: str, options: dict[str, Any]
) -> None:
    before = room.one("SELECT number FROM policy_versions WHERE state = 'active'")
    with room.signed_in(proposing, **options) as page:
        page.goto("/policy/limit?name=orders.ask_score")
        page.get_by_label("Value").fill("5")
        page.get_by_label("Why").fill("look at more orders before Christmas")
        page.get_by_role("button", name="Propose").click()
        expect(page.locator("h1")).to_contain_text("proposed")
        version = page.locator("h1").inner_text().split()[1]
        assert page.get_by_role("button", name="Put in force").is_visible() == (proposing == deciding)

        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_text("would have been different")).to_be_visible(timeout=WAIT_MS)
        assert page.get_by_role("heading", name="What would have gone differently").is_visible()

    with room.signed_in(deciding, **options) as page:
        page.goto(f"/policy/versions/{version}")
        page.get_by_label("whole").check()
        page.get_by_role("button", name="Put in force").click()
        expect(page.locator("h1 .pill")).to_have_text("active")
        assert f"person:{deciding}" in page.get_by_role("main").inner_text()

        page.goto("/policy")
        expect(page.get_by_text(f"Version {version}").first).to_be_visible()
        page.get_by_label(re.compile("Reason")).last.fill("too many questions")
        page.get_by_role("button", name="Roll back").click()
        expect(page.get_by_text(f"Version {before}").first).to_be_visible()
    assert room.one("SELECT number FROM policy_versions WHERE state = 'active'") == before


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_in_the_menu_what_it_may_see_and_nothing_else(room: ControlRoom, role: Any) -> None:
    with room.signed_in(role) as page:
        shown = [text.split()[0] for text in page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()]
        may = permitted([role])
        # Who may only take a person out of the log finds the way to that under the same name.
        expected = [name for name, needs in MENU.items() if needs in may or (name == "Audit" and "audit.erase" in may)]
        assert [name for name in shown if name != "Help"] == expected
        for name, needs in MENU.items():
            answer = page.goto("/" if name == "Overview" else f"/{name.lower()}")
            assert answer is not None
            assert answer.status == (200 if needs in permitted([role]) else 403), name


def test_without_the_script_a_question_is_answered_all_the_same(room: ControlRoom) -> None:
    with room.signed_in("operator", java_script_enabled=False) as page:
        task = room.one("SELECT MIN(id) FROM tasks WHERE state = 'open' AND item_kind = 'order'")
        page.goto("/inbox")
        page.get_by_role("link", name=f"No. {task}", exact=True).click()
        page.get_by_role("button", name="Approve").click()
    assert room.one("SELECT decided_by FROM tasks WHERE id = ?", task) == "person:operator"
