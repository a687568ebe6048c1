"""A SQLite office belongs to one process, and is free again however that process ends."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from afterclick.store.locking import OfficeBusy, office_lock

HOLDER = """
import sys
from pathlib import Path
from afterclick.store.locking import office_lock
with office_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "office.sqlite"


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the office until its input ends, or until it is killed."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_and_told_who_has_the_office(path: Path) -> None:
    with (
        holder(path) as other,
        pytest.raises(OfficeBusy, match=f"process {other.pid} works in the office {re.escape(str(path))}"),
        office_lock(path),
    ):
        pass


def test_an_office_is_free_after_kill_9(path: Path) -> None:
    with holder(path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with office_lock(path):
            assert path.with_name("office.sqlite.lock").read_text() == str(os.getpid())


def test_a_second_block_of_the_same_process_is_refused_too(path: Path) -> None:
    with office_lock(path), pytest.raises(OfficeBusy, match=f"process {os.getpid()} "), office_lock(path):
        pass


def test_an_office_is_free_after_the_block_also_when_it_raised(path: Path) -> None:
    with pytest.raises(ValueError, match="no"), office_lock(path):
        raise ValueError("no")
    with office_lock(path):
        assert path.with_name("office.sqlite.lock").exists()


def test_two_offices_do_not_disturb_each_other(tmp_path: Path) -> None:
    with office_lock(tmp_path / "a.sqlite"), office_lock(tmp_path / "b.sqlite"):
        assert (tmp_path / "b.sqlite.lock").exists()
