"""The only place where rooms are joined: settings in, connectors bound to ports, bots mounted."""

import os
import socket
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from afterclick import settings as office_settings
from afterclick.domain.order import Address
from afterclick.domain.seller import Seller
from afterclick.domain.shipping import Tariff
from afterclick.engine import outcome
from afterclick.engine.bots import Fleet
from afterclick.engine.clock import Clock
from afterclick.engine.engine import Engine, listeners_of
from afterclick.governance import policy
from afterclick.orders.amend import amend
from afterclick.orders.collect import collect_orders
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.fulfil import fulfil
from afterclick.orders.intake.arrivals import take_in
from afterclick.orders.intake.signature import BadSignature, verify
from afterclick.orders.learn import learn_what_is_usual
from afterclick.orders.reconcile import reconcile
from afterclick.orders.unstick import unstick
from afterclick.orders.wake import wake
from afterclick.settings import Settings, SettingsError
from afterclick.simulator.faults import Faults
from afterclick.simulator.prompt import PromptCarrier, PromptMailbox, PromptPayments, PromptStore, PromptWarehouse
from afterclick.simulator.world import World
from afterclick.store import log
from afterclick.store.database import Database, sqlite_url
from afterclick.store.log import Block, Event
from afterclick.store.migrating import migrate
from afterclick.store.transaction import Tx

DATABASE_FILE: Final = "office.sqlite"
SIGNATURE_HEADER: Final = "afterclick-signature"
FLEET: Final = Fleet(collect_orders, fulfil, amend, wake, unstick, reconcile, learn_what_is_usual)


class NoOffice(RuntimeError):
    """There is no office in this folder."""


class Office:
    """An office: its folder, settings, policy and database. Open one with `Office.open`."""

    def __init__(self, folder: Path, settings: Settings, *, clock: Clock | None = None) -> None:
        self.folder = folder
        self.settings = settings
        self.policy = policy.load(folder / "policy.toml")
        self.clock = clock or Clock()
        self.database = Database(settings.text("database.url") or sqlite_url(folder / DATABASE_FILE))
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
        return office

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
            self.database, FLEET, ports=self.ports(), policy=self.policy, executor=self._executor(),
            equipment={OrdersDesk: self.orders_desk()}, clock=self.clock,
        )  # fmt: skip
        try:
            engine.open()
            yield engine
        finally:
            engine.stop()

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
        ports: dict[str, object] = {"payments": world.payments, "warehouse": world.warehouse, "mailbox": world.mailbox}
        ports |= {f"carrier:{carrier.name}": carrier for carrier in world.carriers}
        if self.settings.flag("simulator.store"):
            ports[f"store:{world.store.name}"] = world.store
        return ports

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
        now_s = self.clock.now_ms() // 1000
        refused: list[str] = []
        documents: list[bytes] = []
        for headers, body in deliveries:
            try:
                verify(_signature(headers), body, secret=secret, now_s=now_s)
                documents.append(body)
                refused.append("")
            except BadSignature as error:
                refused.append(str(error))
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


def prompt_ports(tariffs: Sequence[Tariff]) -> dict[str, object]:
    """Surroundings that answer at once and keep nothing, for benchmarks."""
    ports: dict[str, object] = {
        "payments": PromptPayments(), "warehouse": PromptWarehouse(), "mailbox": PromptMailbox(), "store:store": PromptStore(),
    }  # fmt: skip
    return ports | {f"carrier:{tariff.carrier}": PromptCarrier(tariff) for tariff in tariffs}


def _signature(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER), "")
