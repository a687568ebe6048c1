"""The pretend warehouse: it picks or sends on what is on the shelf, says so when that is short, and may stop a parcel in time.

A shelf has pieces *on record* (what the office was told) and pieces that are *there*; with the fault `wrong_stock` some shelves
have fewer than on record. SKUs outside the pretend catalogue have no shelf: an office with goods of its own is taken at its word.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from afterclick.domain.shipping import HandOver, Recall
from afterclick.domain.transfer import TransferRequest
from afterclick.ports.answer import Answer, Declined, Done
from afterclick.simulator.catalogue import Stock
from afterclick.simulator.entries import HandOverEntry, RecallEntry, ShelfEntry, ShortEntry, TransferEntry
from afterclick.simulator.faults import Chance, Faults
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.transfers import ON_THE_WAY_MS, TransferDock

LEAVES_AFTER_MS: Final = 2 * 3_600_000
"""A parcel leaves the building two hours after it was handed over; until then it can be recalled."""

Parcels = tuple[tuple[str, str, str, dict[str, int]], ...]
Cell = tuple[str, str]


class SimulatedWarehouse:
    """Implements `ports.warehouse.WarehouseSystem` for all warehouses of the company, and as `SimulatedWarehouse.dock`
    `ports.goods_in.GoodsIn` for what they send one another."""

    name = "warehouse"

    def __init__(
        self, *, opening: Stock, skus: frozenset[str], ledger: Ledger, seed: int, faults: Faults, now_ms: Callable[[], int]
    ) -> None:
        self._opening = opening
        self._skus = skus
        self._ledger = ledger
        self._now_ms = now_ms
        self._wrong = Chance(seed=seed, fault="wrong_stock", rate=faults.wrong_stock)
        self._shelves: dict[Cell, ShelfEntry] = {}
        self._version = -1
        self.dock = TransferDock(ledger=ledger, now_ms=now_ms, booking=self._changing, unload=self.receive)

    def hand_over(self, requests: Sequence[HandOver]) -> Sequence[Answer[None]]:
        changed: dict[Cell, ShelfEntry] = {}
        shorts: list[ShortEntry] = []
        now_ms = self._now_ms()

        def act(request: HandOver) -> tuple[HandOverEntry, Answer[None] | None]:
            parcels = msgspec.json.encode(request.parcels).decode()
            entry = HandOverEntry(request.order_id, request.key, request.external_id, parcels, now_ms)
            wanted = _pieces(request.parcels)
            missing = self._missing(request, wanted)
            shorts.extend(missing)
            if not wanted:
                entry.because = "nothing to hand over: the parcels are empty"
            elif missing:
                entry.because = "short: " + ", ".join(
                    f"{s.sku} in {s.warehouse}: {s.asked} asked, {s.there} there" for s in missing
                )
            else:
                changed.update(self._move(wanted, sign=-1))
            return entry, None

        with self._changing():
            answers = self._ledger.once(HandOverEntry, requests, of=_order_id, act=act, answer=_done, named="hand_over")
            self._ledger.add(shorts)
            self._ledger.add(list(changed.values()))
            return answers

    def recall(self, requests: Sequence[Recall]) -> Sequence[Answer[None]]:
        changed: dict[Cell, ShelfEntry] = {}
        stopped: list[HandOverEntry] = []
        now_ms = self._now_ms()

        with self._changing():
            live: dict[int, list[HandOverEntry]] = {}
            for entry in self._ledger.find(HandOverEntry, {request.order_id for request in requests}):
                if not entry.because and not entry.recalled:
                    live.setdefault(entry.order_id, []).append(entry)

            def act(request: Recall) -> tuple[RecallEntry, Answer[None] | None]:
                entries = live.pop(request.order_id, [])
                gone = [entry for entry in entries if now_ms - entry.at_ms >= LEAVES_AFTER_MS]
                if not entries:
                    return RecallEntry(
                        request.order_id, request.key, f"unknown: order {request.order_id} was never handed over, or was recalled"
                    ), None
                if gone:
                    live[request.order_id] = entries
                    return RecallEntry(request.order_id, request.key, f"order {request.order_id} has left the building"), None
                for entry in entries:
                    entry.recalled = 1
                    stopped.append(entry)
                    changed.update(self._move(_pieces(msgspec.json.decode(entry.parcels, type=Parcels)), sign=1))
                return RecallEntry(request.order_id, request.key), None

            answers = self._ledger.once(RecallEntry, requests, of=_order_id, act=act, answer=_done, named="recall")
            self._ledger.add(stopped)
            self._ledger.add(list(changed.values()))
            return answers

    def transfer(self, requests: Sequence[TransferRequest]) -> Sequence[Answer[None]]:
        """Pieces leave their shelf at once; `dock` puts them on the other after `ON_THE_WAY_MS`."""
        changed: dict[Cell, ShelfEntry] = {}
        arrives_ms = self._now_ms() + ON_THE_WAY_MS

        def act(request: TransferRequest) -> tuple[TransferEntry, Answer[None] | None]:
            entry = TransferEntry(
                request.transfer, request.key, request.number, request.sku, request.start, request.end, request.pieces, arrives_ms
            )
            entry.because = self._unsendable(request)
            if not entry.because:
                changed.update(self._move([((request.sku, request.start), request.pieces)], sign=-1))
            return entry, None

        with self._changing():
            answers = self._ledger.once(TransferEntry, requests, of=_transfer, act=act, answer=_done, named="transfer")
            self._ledger.add(list(changed.values()))
            return answers

    def receive(self, goods: Iterable[tuple[str, str, int]]) -> None:
        """Goods arrive: rows of (sku, warehouse, pieces) go on record and on the shelf."""
        with self._changing():
            self._ledger.add(list(self._move([((sku, warehouse), pieces) for sku, warehouse, pieces in goods], sign=1).values()))

    def count(self, cells: Iterable[Cell]) -> Stock:
        """Count shelves by hand, (sku, warehouse) each: what is there, which from now on is also what is on record."""
        with self._changing():
            shelves = [self._shelf(cell) for cell in cells]
            for shelf in shelves:
                shelf.known = shelf.there
            self._ledger.add(shelves)
            return [(shelf.sku, shelf.warehouse, shelf.there) for shelf in shelves]

    def _missing(self, request: HandOver, wanted: Sequence[tuple[Cell, int]]) -> list[ShortEntry]:
        missing: list[ShortEntry] = []
        for cell, asked in wanted:
            if cell[0] in self._skus:
                shelf = self._shelf(cell)
                if asked > shelf.there:
                    beyond = max(0, asked - max(0, shelf.known))
                    missing.append(ShortEntry(request.order_id, request.key, *cell, asked, shelf.there, beyond))
        return missing

    def _unsendable(self, request: TransferRequest) -> str:
        """Why a transfer is declined. A short one is no oversell: no customer was promised the pieces, and they stay."""
        if request.pieces < 1:
            return f"{request.number} asks for {request.pieces} pieces, which is nothing to send"
        if request.start == request.end:
            return f"{request.number} goes from {request.start} to where it is"
        there = self._shelf((request.sku, request.start)).there if request.sku in self._skus else request.pieces
        if request.pieces > there:
            return f"short: {request.sku} in {request.start}: {request.pieces} asked, {there} there"
        return ""

    def _move(self, pieces: Sequence[tuple[Cell, int]], *, sign: int) -> dict[Cell, ShelfEntry]:
        changed: dict[Cell, ShelfEntry] = {}
        for cell, count in pieces:
            if cell[0] in self._skus:
                shelf = changed[cell] = self._shelf(cell)
                shelf.known += sign * count
                shelf.there += sign * count
        return changed

    def _shelf(self, cell: Cell) -> ShelfEntry:
        shelf = self._shelves.get(cell)
        if shelf is None:
            shelf = self._shelves[cell] = ShelfEntry(*cell, 0, 0)
        return shelf

    @contextmanager
    def _changing(self) -> Generator[None]:
        """A booking in which the shelves in memory are as the ledger has them, and are dropped when it fails."""
        try:
            with self._ledger.booking():
                version = self._ledger.version()
                if version != self._version:  # another process has picked since
                    self._version = version
                    self._shelves = {(sku, warehouse): self._opened(sku, warehouse, n) for sku, warehouse, n in self._opening}
                    for row in self._ledger.rows("SELECT sku, warehouse, known, there FROM shelves"):
                        self._shelves[row[0], row[1]] = ShelfEntry(*row)
                yield
        except BaseException:
            self._version = -1
            raise

    def _opened(self, sku: str, warehouse: str, recorded: int) -> ShelfEntry:
        """A shelf in the morning; a wrong record hides that most of it is gone, so that the day will find out."""
        key = f"{sku}@{warehouse}"
        there = int(self._wrong.part(key) * recorded / 3) if self._wrong.strikes(key) else recorded
        return ShelfEntry(sku, warehouse, recorded, there)


def _pieces(parcels: Parcels) -> list[tuple[Cell, int]]:
    """All pieces of all parcels, each (sku, warehouse) once."""
    pieces: dict[Cell, int] = {}
    for warehouse, _, _, contents in parcels:
        for sku, count in contents.items():
            pieces[sku, warehouse] = pieces.get((sku, warehouse), 0) + count
    return list(pieces.items())


def _done(entry: HandOverEntry | RecallEntry | TransferEntry) -> Answer[None]:
    return Declined(entry.because) if entry.because else Done(None)


def _order_id(request: HandOver | Recall) -> int:
    return request.order_id


def _transfer(request: TransferRequest) -> int:
    return request.transfer
