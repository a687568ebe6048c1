"""Takes a picture of a terminal: runs a command in one and draws what stands there at the end, as an SVG without links.

For the README and the docs, so that what they show is what a person sees:

    python bench/terminal_picture.py --out docs/pictures/demo.svg -- bin/demo --no-serve
"""

import argparse
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console

_CONTROL = re.compile(r"\x1b\[\??([\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[()=>].?")
_LINKS = re.compile(r"@font-face\s*\{[^}]*\}\s*|<!--.*?-->\s*")
_FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
_SHADE, _HEIGHT = "m", 50


def record(command: list[str], *, columns: int) -> tuple[str, int]:
    """Run a command on a terminal of its own; returns all that it wrote there, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _HEIGHT, columns, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    for name in ("NO_COLOR", "CI", "COLUMNS", "LINES"):
        environment.pop(name, None)
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = bytearray()
    while chunk := _read(ours):
        written += chunk
    os.close(ours)
    return written.decode("utf-8", errors="replace"), process.wait()


def standing(written: str) -> list[str]:
    """The lines that stand on the terminal at the end, colours kept: a progress bar leaves only its last state."""
    lines, row, at_start = [""], 0, False
    position = 0
    while position < len(written):
        control = _CONTROL.match(written, position)
        text = control.group() if control else written[position]
        position += len(text)
        if text == "\r":
            at_start = True
        elif text == "\n":
            row, at_start = row + 1, False
            lines += [""] * (row + 1 - len(lines))
        elif control and control.group(2) == "A":
            row = max(0, row - int(control.group(1) or 1))
        elif control and control.group(2) == "K":
            lines[row] = ""
        elif not control or control.group(2) == _SHADE:
            lines[row] = text if at_start else lines[row] + text
            at_start = False
    return lines


def draw(lines: list[str], *, title: str, columns: int) -> str:
    """The lines as an SVG that names no outside font or address beyond the SVG namespace."""
    console = Console(
        record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    for line in AnsiDecoder().decode("\n".join(lines).rstrip()):
        console.print(line, soft_wrap=True)
    drawn = console.export_svg(title=title, unique_id="terminal")
    return _LINKS.sub("", drawn).replace("Fira Code, monospace", _FONTS)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when the last writer is gone
        return b""


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a command in a terminal and draw what stands there at the end.")
    parser.add_argument("--out", type=Path, required=True, help="the SVG to write")
    parser.add_argument("--columns", type=int, default=110)
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()
    typed = shlex.join(wanted.command)
    written, code = record(wanted.command, columns=wanted.columns)
    if code:
        print(f"{typed} ended with {code}; no picture was made. It wrote:\n{written}", file=sys.stderr)
        return 1
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_text(draw([f"$ {typed}", *standing(written)], title=typed, columns=wanted.columns), encoding="utf-8")
    print(f"{wanted.out} shows {typed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
