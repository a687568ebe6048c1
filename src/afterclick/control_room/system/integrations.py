"""The page of the systems outside: which are connected, and how each of them does."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.html import Html
from afterclick.control_room.server import Room
from afterclick.control_room.system.traffic import DAY_MS, Answered, Traffic, today
from afterclick.engine.breaker import OPENS_AFTER, RESTS_MS, Health
from afterclick.engine.door import Door
from afterclick.governance.actor import Actor

SeesIntegrations = Annotated[Actor, Depends(Needs("integrations.read"))]
Systems = Callable[[], Mapping[str, bool]]
"""Every system by the name under which the door knows it, and whether it is only simulated."""
PORTS: Final = {
    "payments": "takes and gives back money",
    "warehouse": "hands parcels over to carriers",
    "mailbox": "sends messages to customers",
    "carrier": "makes labels and takes parcels along",
    "store": "sells; orders come from it, and it is told what became of them",
}
"""What each port is for, in words."""


class System(NamedTuple):
    """One system as the page shows it. `breaker`: closed, open, or empty where this process does not know."""

    name: str
    does: str
    simulated: bool
    breaker: str
    answered: Answered
    unanswered: int
    last_failure_ms: int
    last_failure: str


def integrations(router: APIRouter, html: Html, room: Room, *, systems: Systems, door: Callable[[], Door | None]) -> None:
    """The route `/integrations`."""

    @router.get("/integrations")
    def show(who: SeesIntegrations) -> Response:
        """Every system outside: connected or simulated, asked or left alone, and what it answered today."""
        now_ms = room.now_ms()
        with room.database.reading() as tx:
            traffic = today(tx, now_ms=now_ms)
        found = door()
        listed = listing(systems(), traffic, None if found is None else found.health(), now_ms=now_ms)
        return html.page(
            "integrations.html", who=who, here="integrations", systems=listed, traffic=traffic, here_too=found is not None,
            opens_after=OPENS_AFTER, rests_s=RESTS_MS // 1000, now_ms=now_ms,
        )  # fmt: skip


def listing(
    systems: Mapping[str, bool], traffic: Traffic, health: Mapping[str, tuple[bool, Health]] | None, *, now_ms: int
) -> list[System]:
    """The systems by name; `health` is what this process knows of them, None where no bots work in it."""
    shown: list[System] = []
    for name, simulated in sorted(systems.items()):
        may_be_asked, seen = (health or {}).get(name, (True, Health()))
        answered = traffic.by_system.get(name, Answered())
        shown.append(
            System(
                name,
                PORTS.get(name.partition(":")[0], ""),
                simulated,
                "" if health is None else ("closed" if may_be_asked else "open"),
                answered._replace(last_ms=max(answered.last_ms, seen.last_answer_ms)),
                seen.unanswered if seen.day == now_ms // DAY_MS else 0,
                seen.last_failure_ms,
                seen.last_failure,
            )
        )
    return shown
