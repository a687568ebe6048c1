"""Start, watch and kill the worker processes of tests."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from tests.house.tree import ROOT


class Worker:
    """A process that runs `tests.engine.worker`."""

    def __init__(self, url: str, book: Path, *, executor: str = "local", moment: str = "-") -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.worker", url, executor, moment, str(book)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def says(self, word: str) -> bool:
        """Wait for its next word; whether it is this one."""
        assert self.process.stdout is not None
        said = self.process.stdout.readline().strip()
        if said == word:
            return True
        self.kill()
        assert self.process.stderr is not None
        raise AssertionError(f"said {said!r}, not {word!r}: {self.process.stderr.read()[-3_000:]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Let it stop by itself; returns its exit code."""
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def worker(url: str, book: Path, *, executor: str = "local", moment: str = "-") -> Generator[Worker, None, None]:
    """A worker for the length of the block; killed at its end if it still runs."""
    started = Worker(url, book, executor=executor, moment=moment)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.kill()
        for stream in (started.process.stdin, started.process.stdout, started.process.stderr):
            assert stream is not None
            stream.close()


def becomes_true(what: Callable[[], bool], *, within_s: float) -> bool:
    """Whether it becomes true in time; looked at twenty times a second."""
    until = time.monotonic() + within_s
    pause = threading.Event()
    while time.monotonic() < until:
        if what():
            return True
        pause.wait(0.05)
    return what()
