"""`afterclick sensors …`: what scales, gates and scanners say about the stock."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    demand,
    figures,
    opened,
    plain,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.inventory.sensing.listening import Listener

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Sensors: add them, hear them, read EPCIS files; they never change stock."
)
Id = Annotated[str, typer.Argument(metavar="SENSOR", help="The last part of its topic, or its EPCIS read point.")]
LARGEST_FILE: Final = 256 * 1024 * 1024
_COLUMNS: Final = {"code": "code|gtin|ean|upc|barcode", "sku": "sku|item|item code", "pieces": "pieces|pack|pack size|quantity"}


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List sensors, those that need somebody first, and where they and the books are apart."""
    from afterclick.control_room.words import age
    from afterclick.inventory.sensing import registry, states

    with opened(folder, "stock.read") as office, office.database.reading() as tx:
        sensors, apart, now_ms = registry.listed(tx), states.apart(tx), office.clock.now_ms()
    if as_json:
        say_json({"sensors": sensors, "apart": apart})
        return
    shown = table(
        "sensor", "state", "kind", "warehouse", "SKU", "last heard", "readings", "dropped", right=("readings", "dropped")
    )
    for one in sensors:
        heard = f"{age(now_ms - one.last_ms)} ago" if one.last_ms else "never"
        shown.add_row(plain(one.id), one.state, one.kind, plain(one.warehouse), plain(one.sku), heard, f"{one.readings:,}",
                      f"{one.unread:,}")  # fmt: skip
    console().print(shown)
    for place in apart:
        tell(
            plain(f"{place.sku} in {place.warehouse}: {place.sensors} believe {place.believed:,.1f}, booked are {place.booked:,}")
        )


@app.command()
def add(
    sensor: Id,
    kind: Annotated[str, typer.Option("--kind", help="scale, gate, scanner or other.")],
    warehouse: Annotated[str, typer.Option("--warehouse", help="Where it stands.")],
    folder: OfficeOption = HERE,
    sku: Annotated[str, typer.Option("--sku", help="What lies on a scale.")] = "",
    tare_g: Annotated[int, typer.Option("--tare-g", min=0, help="What a scale says when it is empty, in grams.")] = 0,
    tolerance_g: Annotated[int, typer.Option("--tolerance-g", min=0, help="By how much a scale may be off, in grams.")] = 0,
    name: Annotated[str, typer.Option("--name", help="What people call it.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Add a sensor, or change one: what it says counts as evidence from now on."""
    from afterclick.inventory.sensing import registry

    with acting(folder, "stock.change") as (office, who), office.database.transaction() as tx:
        event = registry.add(
            tx, sensor, kind=kind, warehouse=warehouse, sku=sku, tare_g=tare_g, tolerance_g=tolerance_g, name=name,
            now_ms=office.clock.now_ms(),
        )  # fmt: skip
        office.record(tx, [event], by=who.id)
    _said({"sensor": sensor, "kind": kind, "warehouse": warehouse, "sku": sku}, as_json)


@app.command()
def retire(sensor: Id, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Let a sensor rest: what it says counts no more."""
    from afterclick.inventory.sensing import registry

    with acting(folder, "stock.change") as (office, who), office.database.transaction() as tx:
        office.record(tx, [registry.retire(tx, sensor)], by=who.id)
    _said({"sensor": sensor, "state": "retired"}, as_json)


@app.command()
def codes(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with the columns code, sku and maybe pieces.")
    ],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say which SKU a barcode means, and how many pieces a pack with it holds."""
    from afterclick.inventory.sensing.codes import learn

    with acting(folder, "stock.change") as (office, _):
        known = _codes(file)
        with office.database.transaction() as tx:
            kept = learn(tx, known)
    _said({"codes": kept}, as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An EPCIS 2.0 document in JSON.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take in what an EPCIS file says, as evidence. The same file again adds nothing."""
    from afterclick.inventory.sensing.api import capture
    from afterclick.reading import epcis

    with acting(folder, "stock.change") as (office, who):
        if file.stat().st_size > LARGEST_FILE:
            raise Refused(f"{file} is larger than {LARGEST_FILE // 1024**2} MB; split it")
        found = epcis.read(file.read_bytes())
        with office.database.transaction() as tx:
            said, taken = capture(tx, found, limits=office.policy.sensing, now_ms=office.clock.now_ms())
            office.record(tx, taken.events, by=who.id)
    if as_json:
        say_json(said)
        return
    figures({name: getattr(said, name) for name in said.__struct_fields__ if name != "unread"})
    for one in said.unread:
        tell(plain(one.because))
    if said.unknown_sensor:
        tell("read points that nobody has added say nothing: `sensors list` names them, `sensors add` adds one")


@app.command()
def listen(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Listen to the sensors of the MQTT broker until stopped; `serve`, `run` and `worker` do so beside their work."""
    from afterclick.inventory.sensing.listening import beside

    demand(folder, "stock.change")
    with opened(folder) as office:
        listener = listener_of(office)
        if listener is None:
            raise Refused("no broker is set: afterclick config set sensors.mqtt_url mqtt://host:1883")
        with beside(listener):
            tell("listening; stop with Ctrl-C")
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
    _said({"kept": listener.kept}, as_json)


def listener_of(office: "Office") -> "Listener | None":
    """What listens to the office's broker; None where none is set."""
    of = office.settings.text
    if not of("sensors.mqtt_url"):
        return None
    from afterclick.connectors.mqtt_sensors import Broker, MqttSensors
    from afterclick.inventory.sensing.listening import Listener

    broker = Broker(
        of("sensors.mqtt_url"), of("sensors.mqtt_topic"), of("sensors.mqtt_client"), lambda: of("sensors.mqtt_user"),
        lambda: office.secret("sensors.mqtt_password")[0], of("sensors.mqtt_ca"),
    )  # fmt: skip
    return Listener(
        office.database, MqttSensors(broker, now_ms=office.clock.now_ms), limits=lambda: office.policy.sensing,
        record=lambda tx, events, by: office.record(tx, events, by=by), now_ms=office.clock.now_ms,
    )  # fmt: skip


def _said(result: dict[str, object], as_json: bool) -> None:
    if as_json:
        say_json(result)
    else:
        figures(result)


def _codes(file: Path) -> dict[str, tuple[str, int]]:
    """The barcodes of a file: code → the SKU, and the pieces that a pack with it holds."""
    from afterclick.reading.tables.columns import recognise
    from afterclick.reading.tables.rows import read_rows

    known: dict[str, tuple[str, int]] = {}
    for chunk in read_rows(file, lambda header: recognise(header, _COLUMNS, required=("code", "sku"))):
        for number, row in zip(chunk.numbers, chunk.rows, strict=True):
            values = dict(zip(chunk.fields, row, strict=True))
            pieces = values.get("pieces", "").strip() or "1"
            if not (pieces.isascii() and pieces.isdecimal()) or len(pieces) > 9:
                raise Refused(f"line {number}: {plain(pieces[:40])!r} is no number of pieces")
            known[values["code"].strip()] = (values["sku"].strip().upper(), int(pieces))
    return known
