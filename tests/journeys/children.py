"""A child process that is to be killed: forked, so that it is at work within a fraction of a second, and heard through a pipe."""

import os
import signal
import traceback
from collections.abc import Callable
from typing import Final, NamedTuple

FINISHED: Final = b"f"


class Child(NamedTuple):
    """Its process, and the end of the pipe at which it is heard."""

    pid: int
    said: int

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.said)


def start(work: Callable[[int], None]) -> Child:
    """A child that does this work, given the end of the pipe at which it speaks. Call it before any thread is started."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, reading)
    try:
        os.close(reading)
        work(writing)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def finished(writing: int) -> None:
    """Said by a child that has nothing left to do; it stays as it is until it is killed."""
    os.write(writing, FINISHED)
    signal.pause()
