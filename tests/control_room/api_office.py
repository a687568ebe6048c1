"""An office with a little of everything in it, for tests of its interface for programs."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from afterclick.app import FLEET, Office
from afterclick.engine import register
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import accounts
from afterclick.governance.permissions import Role
from afterclick.orders.intake.arrivals import take_in
from afterclick.site import site
from afterclick.store.log import Event
from afterclick.store.stock import Move, ensure_levels, move
from tests.control_room.browser import Browser

ORDERS: Final = 3
VIEWER: Final = ("viewer",)


def document(number: int) -> bytes:
    """An order document of the shop."""
    return json.dumps({
        "event": f"e-{number}", "id": f"A-{number}", "placed": "2026-11-20T08:00:00Z", "currency": "EUR", "total": "20.00",
        "customer": {"id": f"C-{number}", "email": "a@b.example"},
        "ship_to": {"name": "Ada", "line1": f"Weg {number}", "city": "Hamburg", "postcode": "20095", "country": "DE"},
        "lines": [{"sku": "CUP", "quantity": 1, "unit_price": "10.00"}, {"sku": "POT", "quantity": 1, "unit_price": "10.00"}],
    }).encode()  # fmt: skip


class ApiOffice:
    """The office, and programs and people that ask it. Who asks is named in a header, as only tests can."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.app = site(office, host="office.example", authenticate=recognised)
        self._browser = Browser(self.app)

    def get(self, path: str, *roles: Role, **options: Any) -> httpx.Response:
        """What somebody with these roles (all of them, if none is named) is answered."""
        return self._browser.get(path, headers=_as(roles) | options.pop("headers", {}), **options)

    def post(self, path: str, body: object, *roles: Role, key: str = "", **headers: str) -> httpx.Response:
        """The same for a change."""
        named = {name.replace("_", "-"): value for name, value in headers.items()} | ({"idempotency-key": key} if key else {})
        return self._browser.post(path, json=body, headers=_as(roles) | named)

    def form(self, path: str, fields: dict[str, str], *roles: Role) -> httpx.Response:
        """What a form is answered."""
        return self._browser.post(path, data=fields, headers=_as(roles))

    def request(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        """Any request, with nothing to say."""
        return self._browser.ask(method, path, headers=headers, json=None if method == "GET" else {})

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.office.database.reading() as tx:
            return tx.rows(sql, values)


def recognised(request: Any) -> Actor | None:
    """Whoever the test says: `x-test-roles` holds roles; nobody without it."""
    said = request.headers.get("x-test-roles")
    if said is None:
        return None
    name, _, roles = said.partition(" ")
    held = frozenset[Role](role for role in EVERYTHING if role in roles.split(","))
    return Actor(f"person:{name}", name, held, session="1", alone=False)


def _as(roles: Sequence[Role]) -> dict[str, str]:
    return {"x-test-roles": f"{'-'.join(roles) or 'anna'} {','.join(roles or EVERYTHING)}"}


def furnish(office: Office) -> None:
    """Some orders of which one asks a question, stock, bots and people."""
    now_ms = office.clock.now_ms()
    with office.database.transaction() as tx:
        register.enrol(tx, FLEET, now_ms=now_ms)
        tx.run(
            "INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES ('W1', 'Berlin', 'DE', 52, 13, 1)"
        )
        for sku in ("CUP", "POT"):
            tx.run("INSERT INTO items (sku, name, category, tax_category, weight_g, price, currency)"
                   " VALUES (?, 'Thing', 'table', 'standard', 1, 1000, 'EUR')", (sku,))  # fmt: skip
        ensure_levels(tx, [("CUP", "W1"), ("POT", "W1")])
        move(tx, [Move("CUP", "W1", 5, "opening")], now_ms=now_ms)
        arrived = take_in(tx, [document(number) for number in range(ORDERS)], store="shop", by="webhook:shop", now_ms=now_ms)
        office.record(tx, arrived.events, by="webhook:shop")
        tx.run("UPDATE orders SET state = 'inbox', waiting_for = 'fraud', because = 'odd', stage = 'genuine' WHERE id = 1")
        tx.run("INSERT INTO tasks (bot, stage, item_kind, item, who, because, proposal, facts, state, asked_ms, expires_ms)"
               " VALUES ('orders.fulfil', 'genuine', 'order', 1, 'fraud', 'odd', 'approve', '{}', 'open', ?, ?)",
               (now_ms, now_ms + 3_600_000))  # fmt: skip
        office.record(tx, [Event("genuine", 1, None, "Ask", "odd", "{}")], by="orders.fulfil")
        accounts.add_first(tx, "Grace", "grace@shop.example", alone=False, now_ms=now_ms)


@contextmanager
def api_office(folder: Path, url: str, **values: str | int | bool) -> Generator[ApiOffice]:
    """A furnished office, open for the length of the block."""
    Office.create(folder / "office", {"database.url": "" if url.startswith("sqlite") else url, **values})
    office = Office.open(folder / "office")
    try:
        furnish(office)
        yield ApiOffice(office)
    finally:
        office.close()
