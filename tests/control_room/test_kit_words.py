"""The glossary explains every word that the pages use: states, verdicts, roles, pills and the titles of columns."""

import re
from pathlib import Path
from typing import get_args

import pytest

from afterclick.control_room import glossary
from afterclick.domain.order import OrderState
from afterclick.domain.purchase import PurchaseState
from afterclick.domain.scouting import Verdict as Reading
from afterclick.domain.verdict import Ask, Pass, Refuse
from afterclick.governance.cards import MODES
from afterclick.governance.permissions import DESKS, ROLES
from tests.house.tree import PACKAGE, named

TEMPLATES = sorted(PACKAGE.rglob("templates/*.html"))
IN_TABLES = {  # the states that are told in the comments of store/tables.py
    "order": [one for one in get_args(OrderState) if one != "inbox"],
    "reservation": ["open", "shipped", "released"],
    "replenishment": ["open", "closed"],
    "shipment": ["planned", "labelled", "handed_over", "recalled", "voided", "dropped"],
    "payment": ["authorised", "captured", "released", "refunded"],
    "amendment": ["open", "done", "refused"],
    "task": ["open", "approved", "edited", "rejected", "expired", "withdrawn"],
    "bot": ["draft", "tested", "approved", "active", "paused", "retired", *MODES],
    "verdict": [Pass.__name__, Ask.__name__, Refuse.__name__, "Wait", "Done", "Declined"],
    "role": list(ROLES),
    "stock": ["low", "none", "over", "enough", "lacking"],
    "purchase": list(get_args(PurchaseState)),
    "plan line": ["ordered", "withheld", "advised"],
    "watch": ["active", "paused", "failing"],
    "price reading": list(get_args(Reading)),
    "vendor": ["allowed", "asks first"],
}


@pytest.mark.parametrize("kind", IN_TABLES)
def test_every_state_is_explained(kind: str) -> None:
    assert not [word for word in IN_TABLES[kind] if glossary.find(word) is None]


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_title_and_pill_on_a_page_is_explained(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    titles = [_words(inner) for inner in re.findall(r"<th\b[^>]*>(.*?)</th>", text, re.DOTALL)]
    pills = re.findall(r"""pill\(["']([^"']+)["']\)""", text)
    asked = re.findall(r"""term\(["']([^"']+)["']\)""", text)
    unknown = [word for word in (*titles, *pills, *asked) if word and glossary.find(word) is None]
    assert not unknown, f"{named(path)}: explain {unknown} in control_room/glossary.toml"


def test_every_word_has_its_own_place_in_order() -> None:
    anchors = [term.anchor for term in glossary.ALL]
    assert len(set(anchors)) == len(anchors) > 80
    assert [term.word.lower() for term in glossary.ALL] == sorted(term.word.lower() for term in glossary.ALL)
    assert not [term.word for term in glossary.ALL if not term.says.endswith(".") or not term.seen]
    assert not set(DESKS) & {""}


def test_no_word_is_explained_twice() -> None:
    names = [name.lower() for term in glossary.ALL for name in {term.word, *term.also}]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_a_word_leads_to_its_place_by_any_of_its_names() -> None:
    assert glossary.place("touchless") == glossary.place("Touchless rate") == "touchless-rate"
    assert glossary.place("handed_over") == "handed-over"


def _words(inner: str) -> str:
    return " ".join(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]+>", "", inner, flags=re.DOTALL).split())
