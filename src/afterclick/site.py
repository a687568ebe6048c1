"""The web application of an office: where the rooms' pages and interfaces are joined."""

import logging
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI

from afterclick import __version__
from afterclick.app import FLEET, Office
from afterclick.control_room.access import Authenticate
from afterclick.control_room.api.audit import audit_api
from afterclick.control_room.api.bots import bots_api
from afterclick.control_room.api.document import describe
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.overview import overview_api
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.people import people_api
from afterclick.control_room.api.policy import policy_api
from afterclick.control_room.api.reports import reports_api
from afterclick.control_room.api.secrets import secrets_api
from afterclick.control_room.api.sessions import sessions_api
from afterclick.control_room.api.system import system_api
from afterclick.control_room.api.webhooks import webhooks_api
from afterclick.control_room.audit import pages as audit_pages
from afterclick.control_room.bots.pages import pages as bots_pages
from afterclick.control_room.first_page import approvals, fleet, today
from afterclick.control_room.first_page.overview import overview
from afterclick.control_room.help import help_pages
from afterclick.control_room.outgoing.webhook_pages import webhook_pages
from afterclick.control_room.people.front import Front, SigningIn
from afterclick.control_room.people.pages import pages as people_pages
from afterclick.control_room.people.recognise import Recognise
from afterclick.control_room.policy import pages as policy_pages
from afterclick.control_room.policy.access import Policing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room, build
from afterclick.control_room.system import pages as system_pages
from afterclick.control_room.system.settings import ShownSetting
from afterclick.control_room.watching.metrics import metrics
from afterclick.control_room.watching.readiness import readiness
from afterclick.control_room.webhooks import webhooks
from afterclick.governance.audit import anchors
from afterclick.governance.people.oidc import Provider, Registration
from afterclick.governance.people.passwords import Passwords
from afterclick.governance.people.sessions import Lasting
from afterclick.governance.people.vouching import check_default_role
from afterclick.governance.vault.errors import VaultError
from afterclick.inventory import pages as inventory_pages
from afterclick.inventory import panels as inventory_panels
from afterclick.inventory.api import stock_api
from afterclick.inventory.counts.api import counts_api
from afterclick.inventory.counts.pages import Counting
from afterclick.inventory.sensing.api import epcis_api
from afterclick.inventory.sensing.sensors_api import sensors_api
from afterclick.orders import pages as orders_pages
from afterclick.orders import panels as orders_panels
from afterclick.orders.api import orders_api
from afterclick.orders.inbox.api import inbox_api
from afterclick.orders.measures import measures
from afterclick.procurement import pages as supply_pages
from afterclick.procurement import panels as supply_panels
from afterclick.procurement.api import supply_api
from afterclick.procurement.handling import Supplying
from afterclick.procurement.scout_api import scout_api
from afterclick.procurement.transfer_api import transfer_api
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

logger = logging.getLogger("afterclick.site")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
PANELS: Final = (
    orders_panels.SOURCE, approvals.SOURCE, fleet.SOURCE, inventory_panels.SOURCE, supply_panels.SOURCE, today.SOURCE,
)  # fmt: skip


def site(office: Office, *, host: str, authenticate: Authenticate, notify: Callable[[], None] | None = None) -> FastAPI:
    """Every page and interface of an office, behind the guard."""
    room = Room(
        shop=office.settings.text("shop.name"),
        database=office.database,
        now_ms=office.clock.now_ms,
        authenticate=authenticate,
        notify=notify or (lambda: None),
        hosts=(*LOOPBACK, urlsplit(office.settings.text("serve.address")).hostname or "localhost") if host in LOOPBACK else (),
    )

    def receive(store: str, headers: dict[str, str], body: bytes) -> str:
        try:
            secrets = office.secret("webhooks.secret", store=store)
        except VaultError as error:
            logger.error("webhooks cannot be verified: %s", error)
            raise Problem(503, "webhooks cannot be verified just now; send it again later") from error
        refused = ""
        for secret in secrets or [""]:  # while a secret is being rotated, stores may still sign with the old one
            refused = office.receive_webhooks([(headers, body)], store=store, secret=secret, notify=notify)[0]
            if not refused:
                break
        return refused

    system = system_pages.pages(
        room, shown=lambda: shown(office), systems=office.simulated, door=lambda: office.door, vault=office.vault
    )

    routers: list[Any] = [
        overview(room, PANELS),
        orders_pages.pages(room, seller=office.seller, limits=lambda: office.policy.inbox, mail_to=office.mail_to),
        inventory_pages.pages(room, counting(office)), supply_pages.pages(room, supplying(office)), help_pages(room),
        webhooks(receive),
        people_pages(room, signing_in(office)), bots_pages(room, policing(office), terms=office.terms),
        system,
        webhook_pages(room, office.subscribing()),
    ]  # fmt: skip
    routers.append(audit_pages.pages(room, auditing(office)))
    routers.append(policy_pages.pages(room, policing(office)))
    if find_spec("mcp") is not None:  # an extra
        from afterclick.control_room.assistant_http import mcp_route

        routers.append(mcp_route(version=__version__))
    resources = interfaces(office, room)
    watched = metrics(room, (measures,), breakers=lambda: _breakers(office), near=office.settings.flag("metrics.local"))
    ready = readiness(room, lambda: office.holds is None or office.holds())
    app = build(room, [*routers, *(one.router for one in resources), ready, watched])
    describe(app, resources)
    return app


def interfaces(office: Office, room: Room) -> list[Interface]:
    """Every resource under /api/v1."""
    pace = Pace(office.settings.number("api.requests_per_minute"))

    def record(tx: Tx, events: Sequence[Event], by: str) -> None:
        office.record(tx, events, by=by)

    return [
        overview_api(room, PANELS, pace), orders_api(room, office.seller, pace),
        inbox_api(room, lambda: office.policy.inbox, pace), stock_api(room, record, pace), bots_api(room, policing(office), pace),
        reports_api(room, FLEET, terms=office.terms, pace=pace), people_api(room, pace),
        sessions_api(Front(room, signing_in(office)), pace), audit_api(room, auditing(office), pace),
        webhooks_api(room, office.subscribing(), pace), policy_api(room, policing(office), pace),
        system_api(room, shown=lambda: shown(office), systems=office.simulated, door=lambda: office.door, pace=pace),
        secrets_api(room, office.vault, pace), epcis_api(room, record, lambda: office.policy.sensing, pace),
        counts_api(room, record, lambda: office.policy, pace), sensors_api(room, record, pace),
        supply_api(room, supplying(office), pace), scout_api(room, supplying(office), pace),
        transfer_api(room, supplying(office), pace),
    ]  # fmt: skip


def counting(office: Office) -> Counting:
    """What the pages of counts and sensors are given."""

    def record(tx: Tx, events: Sequence[Event], by: str) -> None:
        office.record(tx, events, by=by)

    return Counting(lambda: office.policy, record)


def supplying(office: Office) -> Supplying:
    """What the pages and the interface of the procurement desk are given."""

    def record(tx: Tx, events: Sequence[Event], by: str) -> None:
        office.record(tx, events, by=by)

    return Supplying(lambda: office.policy, record, office.seller)


def policing(office: Office) -> Policing:
    """What replays of the policy are given."""
    return Policing(FLEET, office.settings.number("policy.question_minutes"))


def _breakers(office: Office) -> dict[str, bool]:
    door = office.door
    return {} if door is None else {system: allows for system, (allows, _) in door.health().items()}


def auditing(office: Office) -> audit_pages.Auditing:
    """What the audit's pages are told of the settings."""
    file = office.anchor_file()
    return audit_pages.Auditing(
        anchors=lambda: anchors.read(file) if file is not None and file.exists() else {},
        anywhere=office.anchoring().anywhere,
        invoice_years=office.settings.number("audit.invoice_years"),
    )


def shown(office: Office) -> list[ShownSetting]:
    """Every setting as it may be shown: with where its value comes from, and without secrets."""
    return [
        ShownSetting(
            one.name, _said(one.shown(value)), _said(one.default), office.settings.source(one.name), one.variable, one.help,
            one.secret,
        )
        for one, value in office.settings.items()
    ]  # fmt: skip


def _said(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def recognise(office: Office) -> Recognise:
    """Finds out who sends a request, by session or token."""
    required = office.settings.flag("sign_in.second_factor")
    return Recognise(office.database, office.clock.now_ms, lasting=_lasting(office), factor_required=required)


def signing_in(office: Office) -> SigningIn:
    """How people sign in, as the settings say.

    Raises:
        NotAllowed: oidc.default_role is none that strangers may get.
    """
    of, provider = office.settings.text, None
    check_default_role(of("oidc.default_role"))
    if of("oidc.issuer"):
        known = Registration(
            of("oidc.issuer"),
            of("oidc.client_id"),
            office.secret("oidc.client_secret")[0],
            of("oidc.name"),
            of("oidc.default_role"),
        )
        provider = Provider(known, now_ms=office.clock.now_ms)
    return SigningIn(
        Passwords(), office.vault, provider, office.settings.flag("sign_in.https_only"), of("serve.address").rstrip("/"),
        office.settings.flag("sign_in.second_factor"), _lasting(office),
    )  # fmt: skip


def _lasting(office: Office) -> Lasting:
    number = office.settings.number
    return Lasting(number("sign_in.idle_minutes") * 60_000, number("sign_in.longest_hours") * 3_600_000)
