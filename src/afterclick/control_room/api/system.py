"""The office itself for programs: its settings, and how the systems outside do."""

from collections.abc import Callable

import msgspec
from fastapi import Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.server import Room
from afterclick.control_room.system.integrations import SeesIntegrations, Systems, listing
from afterclick.control_room.system.settings import SeesSettings, Shown
from afterclick.control_room.system.traffic import today
from afterclick.engine.door import Door


class Setting(msgspec.Struct, frozen=True):
    """A setting; of a secret one the value is masked. `source`: the file, a variable, or `default`. `change` is how to."""

    name: str
    value: str
    default: str
    source: str
    help: str
    secret: bool
    change: str


class Settings(msgspec.Struct, frozen=True):
    """Every setting."""

    settings: tuple[Setting, ...]


class Integration(msgspec.Struct, frozen=True):
    """A system outside. `breaker`: closed, open, or empty where the bots work in another process; 0 for no instant."""

    name: str
    does: str
    simulated: bool
    breaker: str
    done: int
    declined: int
    unanswered: int
    last_answer_ms: int
    last_failure_ms: int
    last_failure: str


class Integrations(msgspec.Struct, frozen=True):
    """Every system outside, with its answers since an instant: midnight (UTC), or later on a busy day."""

    since_ms: int
    integrations: tuple[Integration, ...]


def system_api(
    room: Room, *, shown: Shown, systems: Systems, door: Callable[[], Door | None], pace: Pace | None = None
) -> Interface:
    """The routes `/api/v1/settings` and `/api/v1/integrations`; handed over is the same as to the pages."""
    api = Interface(room, "office", pace=pace)

    @api.get("/settings", Settings)
    def settings(who: SeesSettings) -> Response:
        """Every setting with its value and where that comes from; `afterclick config` changes them."""
        return Given(Settings(tuple(
            Setting(one.name, one.value, one.default, one.source, one.help, one.secret, one.change) for one in shown()
        )))  # fmt: skip

    @api.get("/integrations", Integrations)
    def integrations(who: SeesIntegrations) -> Response:
        """The health of each port: connected or simulated, asked or left alone, and what it answered today."""
        now_ms = room.now_ms()
        with room.database.reading() as tx:
            traffic = today(tx, now_ms=now_ms)
        found = door()
        listed = listing(systems(), traffic, None if found is None else found.health(), now_ms=now_ms)
        return Given(Integrations(traffic.since_ms, tuple(
            Integration(
                one.name, one.does, one.simulated, one.breaker, one.answered.done, one.answered.declined, one.unanswered,
                one.answered.last_ms, one.last_failure_ms, one.last_failure,
            ) for one in listed
        )))  # fmt: skip

    return api
