"""When the demo ends by serving its office, and when it does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the demo of a small day through pipes, as a program does."""
    command = [sys.executable, "-c", "from afterclick.cli.main import app; app()", "demo", "--orders", "20", "--faults", "none"]
    return subprocess.run([*command, "--office", str(folder), *words], capture_output=True, text=True, check=False, timeout=90)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("words", [(), ("--no-serve",), ("--json",), ("--json", "--serve")])
def test_the_demo_ends_by_itself_where_nobody_watches(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = demo(tmp_path / "office", *words)
    assert done.returncode == 0, done.stderr
    assert "http://" not in done.stdout + done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)["orders"] == 20
    else:
        assert "A trading day" in done.stdout
        assert "docs/five-minutes.md" in done.stdout
