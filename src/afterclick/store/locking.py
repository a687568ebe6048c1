"""One process to an office that lies in a SQLite file; a second one is told who has it."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path


class OfficeBusy(RuntimeError):
    """Another process works in this office."""


@contextmanager
def office_lock(path: Path) -> Generator[None, None, None]:
    """Hold the office whose database is the file `path`, for the length of the block.

    The lock is a file beside the database with the process id in it. The system lets go of it when the process ends,
    however it ends; the file itself stays, and means nothing.

    Raises:
        OfficeBusy: another process, or another block of this one, holds it.
    """
    beside = path.with_name(f"{path.name}.lock")
    with beside.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OfficeBusy(_busy(path, beside)) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _busy(path: Path, beside: Path) -> str:
    holder = ""
    with suppress(OSError):
        holder = beside.read_text(encoding="ascii", errors="replace").strip()
    who = f"process {holder}" if holder.isdigit() else "another process"
    return f"{who} works in the office {path}: stop it first, or use PostgreSQL, where many processes may work in one office"
