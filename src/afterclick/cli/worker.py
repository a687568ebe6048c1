"""`afterclick worker`: one more pair of hands for an office on PostgreSQL."""

import signal
import threading

from afterclick.cli.output import HERE, JsonOption, OfficeOption, Refused, opened, say_json, tell


def worker(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Work beside other workers on the same PostgreSQL database, on this or any other machine, until stopped."""
    from afterclick.cli.sensors import listener_of
    from afterclick.inventory.sensing.listening import beside

    with opened(folder) as office:
        if office.database.is_sqlite:
            raise Refused(
                "this office lies in a SQLite file, which one process works on: use `afterclick run`,"
                " or set database.url to PostgreSQL"
            )
        stopped = threading.Event()
        signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())
        with office.engine() as engine, beside(listener_of(office)):
            engine.start()
            tell(f"worker {engine.executor} works; stop with Ctrl-C")
            try:
                stopped.wait()
            except KeyboardInterrupt:
                tell("stopping after the stages in hand")
            name = engine.executor
    if as_json:
        say_json({"worker": name, "stopped": True})
