"""The only place where rooms are joined: settings in, connectors bound to ports, bots put to work."""

import os
import socket
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from afterclick import __version__
from afterclick import settings as office_settings
from afterclick.connectors.chat import WebhookChat
from afterclick.control_room.audit.anchor import Anchoring
from afterclick.control_room.outgoing.outgoing import CARD as TELLS
from afterclick.control_room.outgoing.signer import Signer
from afterclick.control_room.outgoing.subscribing import Subscribing
from afterclick.control_room.watching.telemetry import tracer
from afterclick.domain.order import Address
from afterclick.domain.seller import Seller
from afterclick.engine import outcome
from afterclick.engine.bots import listeners_of
from afterclick.engine.clock import Clock
from afterclick.engine.door import Door
from afterclick.engine.engine import Engine
from afterclick.engine.policies import Policies
from afterclick.fleet import FLEET
from afterclick.governance import policy, versions
from afterclick.governance.investment import Terms
from afterclick.governance.vault.keys import KeySource, OfficeKeys
from afterclick.governance.vault.references import References
from afterclick.governance.vault.vault import Vault
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.inbox.letters import Writing
from afterclick.orders.intake.arrivals import take_in
from afterclick.orders.intake.signature import verified
from afterclick.procurement.buying.desk import BuyingDesk, desk_of
from afterclick.procurement.foresee import Market
from afterclick.settings import Settings, SettingsError
from afterclick.simulator.faults import Faults
from afterclick.simulator.prompt import prompt_ports
from afterclick.simulator.world import World
from afterclick.store import log
from afterclick.store.database import Database, sqlite_url
from afterclick.store.log import Block, Event
from afterclick.store.migrating import migrate
from afterclick.store.transaction import Tx

if TYPE_CHECKING:
    from afterclick.connectors.subscribers import HttpSubscribers

DATABASE_FILE: Final = "office.sqlite"


class NoOffice(RuntimeError):
    """There is no office in this folder."""


class Office:
    """An office: its folder, settings, policy and database. Open one with `Office.open`."""

    def __init__(self, folder: Path, settings: Settings, *, clock: Clock | None = None) -> None:
        self.folder = folder
        self.settings = settings
        ahead_ms = settings.number("simulator.clock_ahead_ms") if settings.flag("simulator.store") else 0  # never a real shop's
        self.clock = clock or Clock(ahead_ms=ahead_ms)
        self.database = Database(settings.text("database.url") or sqlite_url(folder / DATABASE_FILE))
        self._policies = Policies(self.database, policy.load(folder / "policy.toml"), now_ms=self.clock.now_ms)
        self.vault = Vault(
            self.database, OfficeKeys(KeySource.read(settings.text("vault.key_from"), folder=folder)), now_ms=self.clock.now_ms
        )
        self.door: Door | None = None
        self.holds: Callable[[], bool] | None = None
        self._references = References(self.vault, now_ms=self.clock.now_ms)
        self._listeners = listeners_of(FLEET)
        self._world: World | None = None

    @staticmethod
    def create(folder: Path, values: Mapping[str, office_settings.Value]) -> None:
        """Make a new office in a folder: its settings, its policy and an empty database. Nothing there is overwritten."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / office_settings.FILE
        if path.exists():
            raise SettingsError(f"{path} is there already: this folder has an office")
        path.write_text(office_settings.template(values), encoding="utf-8")
        (folder / "policy.toml").write_text(policy.TEMPLATE, encoding="utf-8")

    @staticmethod
    def open(folder: Path, *, clock: Clock | None = None) -> "Office":
        """Open the office in a folder, bringing an older one up to date.

        Raises:
            NoOffice, SettingsError, PolicyError, NewerOffice: each says what to do.
        """
        if not (folder / office_settings.FILE).exists():
            raise NoOffice(f"there is no office in {folder}; make one with `afterclick init {folder}`, or name it with --office")
        office = Office(folder, office_settings.load(folder), clock=clock)
        migrate(office.database)
        file = folder / "policy.toml"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        versions.opened(office.database, text, now_ms=office.clock.now_ms())
        return office

    @property
    def policy(self) -> policy.Policy:
        """The limits in force: those of the active version, not of the file."""
        return self._policies.now()

    def close(self) -> None:
        """Let go of every file and connection."""
        if self._world is not None:
            self._world.close()
        self.database.dispose()

    # Working ------------------------------------------------------------------------------------------------------------

    @contextmanager
    def engine(self) -> Generator[Engine, None, None]:
        """The engine with every bot mounted and every port bound; opened, but not started. One per SQLite office.

        Raises:
            OfficeBusy: another process works on this SQLite office.
        """
        engine = Engine(
            self.database, FLEET, ports=self.ports() | {"webhooks": self.subscribers()} | self.witnesses() | self.scouts(),
            policy=self.policy, executor=self._executor(),
            equipment={
                OrdersDesk: self.orders_desk(), Writing: self.writing(), Vault: self.vault, Anchoring: self.anchoring(),
                BuyingDesk: desk_of(self.seller()), Market: Market(self.settings.text("shop.country")),
            }, clock=self.clock,
        )  # fmt: skip
        engine.tracer, end_traces = tracer(self.settings.text("telemetry.endpoint"), version=__version__)
        engine.door.tracer = engine.tracer
        try:
            engine.open()
            self.door, self.holds = engine.door, engine.holds
            yield engine
        finally:
            self.door = self.holds = None
            engine.stop()
            end_traces()

    def anchoring(self) -> Anchoring:
        """Where the head of the log is written down."""
        return Anchoring(self.settings.text("shop.name"), sorted(self.witnesses()), self.settings.text("audit.anchor_mail"))

    def witnesses(self) -> dict[str, object]:
        """The places outside that keep heads of the log, by the name under which the door knows them."""
        file, url = self.anchor_file(), self.settings.text("audit.anchor_webhook")
        if file is None and not url:
            return {}
        from afterclick.connectors.anchor_file import AnchorFile
        from afterclick.connectors.anchor_webhook import AnchorWebhook

        kept: dict[str, object] = {"witness:file": AnchorFile(file)} if file else {}
        if url:
            kept["witness:webhook"] = AnchorWebhook(
                url, secret=lambda: self.secret("audit.anchor_secret")[0], now_ms=self.clock.now_ms
            )
        return kept

    def scouts(self) -> dict[str, object]:
        """Where scouts read; nowhere without the extra `scouting`."""
        of = self.settings
        try:
            from afterclick.connectors.scouting import reading_places
        except ModuleNotFoundError:
            return {}
        return reading_places(
            folder=self.folder / of.text("scouting.files"), every_s=of.number("scouting.seconds_per_host"),
            contact=of.text("scouting.contact"), version=__version__, allow_private=of.flag("scouting.allow_private"),
        )  # fmt: skip

    def anchor_file(self) -> Path | None:
        """The file of anchors; None where none is set."""
        name = self.settings.text("audit.anchor_file")
        return self.folder / name if name else None

    def subscribing(self) -> Subscribing:
        """How subscribers of webhooks are taken on."""

        def checked(url: str) -> None:
            self.subscribers().check(url)

        return Subscribing(Signer(self.vault, card=TELLS), checked, self.clock.now_ms)

    def subscribers(self) -> "HttpSubscribers":
        """Whoever has asked to be told of events, by webhook."""
        from afterclick.connectors.subscribers import HttpSubscribers  # a command that opens no engine starts without it

        return HttpSubscribers(allow_private=self.settings.flag("webhooks.allow_private"))

    def orders_desk(self) -> OrdersDesk:
        """The equipment of the orders desk, as the settings say."""
        settings = self.settings
        return OrdersDesk(
            seller=self.seller(),
            tariffs=[carrier.tariff() for carrier in self.world().carriers],
            series=settings.text("invoices.series"),
            credit_series=settings.text("invoices.credit_series"),
            reservation_ms=settings.number("stock.reservation_days") * 86_400_000,
        )

    def secret(self, setting: str, *, store: str = "") -> list[str]:
        """The value of a secret setting, looked up in the vault where it refers to that; older ones in their grace come after it.

        Raises:
            VaultError: it refers to a secret that cannot be read; the message says why.
        """
        return self._references.values(self.settings.text(setting), setting=setting, store=store)

    def terms(self) -> Terms:
        """The shop's own figures for what the bots bring."""
        of = self.settings
        return Terms(
            of.text("shop.currency"), of.number("roi.hourly_rate"), of.number("roi.machine_rate"),
            of.number("roi.decision_minutes"), of.number("roi.rework_minutes"), of.number("roi.failure_minutes"),
        )  # fmt: skip

    def writing(self) -> Writing:
        """How the office writes to its own people."""
        host, port = self.settings.text("serve.host"), self.settings.number("serve.port")
        address = self.settings.text("serve.address") or f"http://{f'[{host}]' if ':' in host else host}:{port}"
        owner = self.settings.text("inbox.chat_of").strip().removeprefix("person:")
        return Writing(self.settings.text("shop.name"), address.rstrip("/"), self.mail_to(), f"person:{owner}" if owner else "")

    def mail_to(self) -> tuple[str, ...]:
        """The addresses that are told of questions besides people."""
        return tuple(one.strip() for one in self.settings.text("inbox.mail_to").split(",") if one.strip())

    def seller(self) -> Seller:
        """The shop as invoices name it."""
        of = self.settings.text
        address = Address(of("shop.name"), of("shop.line1"), "", of("shop.city"), "", of("shop.postcode"), of("shop.country"))
        return Seller(
            of("shop.name"), address, of("shop.tax_id"), email=of("shop.email"), iban=of("shop.iban"),
            currency=of("shop.currency"), one_stop_shop=self.settings.flag("shop.one_stop_shop"),
        )  # fmt: skip

    def ports(self) -> dict[str, object]:
        """Every system by the name under which the door knows it. Until real ones are connected, all are simulated."""
        world = self.world()
        if self.settings.text("simulator.faults") == "prompt":
            return prompt_ports([carrier.tariff() for carrier in world.carriers])
        ports = world.systems()
        if self.settings.flag("simulator.store"):
            ports[f"store:{world.store.name}"] = world.store
        if self.settings.text("inbox.chat_url"):
            ports["chat"] = WebhookChat(lambda: self.secret("inbox.chat_url")[0])
        return ports

    def simulated(self) -> dict[str, bool]:
        """Every system by the name under which the door knows it, and whether it is only simulated."""
        return {name: type(system).__module__.startswith("afterclick.simulator") for name, system in self.ports().items()}

    def world(self) -> World:
        """The simulated surroundings; their own ledger lies in the office's folder."""
        if self._world is None:
            settings = self.settings
            self._world = World(
                self.folder / "world",
                seed=settings.number("simulator.seed"),
                orders=settings.number("simulator.orders"),
                faults=Faults.all_on() if settings.text("simulator.faults") == "all" else Faults.none(),
                warehouses=settings.number("simulator.warehouses"),
                now_ms=self.clock.now_ms,
            )
        return self._world

    # What people and stores do --------------------------------------------------------------------------------------------

    def record(self, tx: Tx, events: Sequence[Event], *, by: str) -> None:
        """Log what somebody outside a batch did, and start the bots that listen to it."""
        if events:
            now_ms = self.clock.now_ms()
            outcome.wake(tx, events, lambda activity: self._listeners.get(activity, ()), now_ms=now_ms)
            log.append(tx, Block(now_ms, by, ""), events)

    def receive_webhooks(
        self,
        deliveries: Sequence[tuple[Mapping[str, str], bytes]],
        *,
        store: str,
        secret: str,
        notify: Callable[[], None] | None = None,
    ) -> list[str]:
        """Take signed deliveries in; returns for each an empty text, or why it was refused."""
        documents, refused = verified(deliveries, secret=secret, now_s=self.clock.now_ms() // 1000)
        if documents:
            with self.database.transaction() as tx:
                arrived = take_in(tx, documents, store=store, by=f"webhook:{store}", now_ms=self.clock.now_ms())
                self.record(tx, arrived.events, by=f"webhook:{store}")
            if notify is not None:
                notify()
        return refused

    def _executor(self) -> str:
        """A name of its own for each worker; the one process of a SQLite office always has the same, and finds its runs again."""
        return "office" if self.database.is_sqlite else f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
