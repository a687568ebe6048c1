"""Every package that Afterclick runs on may be used by anyone: no AGPL, no GPL, nothing whose licence nobody looked at."""

import re
from importlib.metadata import Distribution, distribution
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FREE: Final = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|HPND|CNRI|Unlicense|Zlib|CC0|Public Domain|W3C)\b"
    r"|\b(LGPL|Lesser General Public)",
    re.IGNORECASE,
)
COPYLEFT: Final = re.compile(r"\bA?GPL\b|\bA?GPL[-v ]?\d|(?<!Lesser )General Public License", re.IGNORECASE)

# Packages whose metadata do not say it plainly: what their licence is, and where that was read.
READ_BY_HAND: Final[dict[str, str]] = {
    "pyrdfa3": "W3C",  # W3C Software Notice and License, a permissive one (SPDX: W3C); its metadata say "W3C License"
}


def runtime_packages() -> list[str]:
    """Every package that Afterclick with all its extras needs at run time, here on this machine."""
    seen: set[str] = set()
    waiting = [("afterclick", frozenset(distribution("afterclick").metadata.get_all("Provides-Extra") or []))]
    visited: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in visited:
            continue
        visited.add((name, extras))
        seen.add(name)
        for line in distribution(name).requires or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras | {""}):
                waiting.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return sorted(seen - {"afterclick"})


def licence(package: Distribution) -> str:
    """What a package says its licence is: the SPDX expression, else its classifiers, else its first line of free text."""
    classifiers = [line.split(" :: ")[-1] for line in _all(package, "Classifier") if line.startswith("License :: ")]
    for said in (*_all(package, "License-Expression"), " AND ".join(classifiers), *_all(package, "License")):
        if said.strip():
            return said.strip().split("\n")[0]
    return ""


def _all(package: Distribution, field: str) -> list[str]:
    return package.metadata.get_all(field) or []


@pytest.mark.parametrize("name", runtime_packages())
def test_a_package_we_run_on_may_be_used_by_anyone(name: str) -> None:
    said = READ_BY_HAND.get(name) or licence(distribution(name))
    ways = re.split(r"\s+OR\s+", said)
    assert any(FREE.search(way) and not COPYLEFT.search(way) for way in ways), (
        f"{name} says its licence is {said!r}; if that is free to use, read it and note it in READ_BY_HAND"
    )


def test_the_walk_sees_what_we_run_on() -> None:
    assert {"dbos", "sqlalchemy", "psycopg", "fpdf2", "polars", "mcp", "opentelemetry-sdk"} <= set(runtime_packages())


@pytest.mark.parametrize(
    "said", ["GPL-3.0-only", "AGPL-3.0-or-later", "GNU General Public License v3 (GPLv3)", "Proprietary", ""]
)
def test_a_licence_that_binds_our_users_is_refused(said: str) -> None:
    assert not FREE.search(said) or COPYLEFT.search(said)


def test_nothing_is_excused_that_is_not_used() -> None:
    assert set(READ_BY_HAND) <= set(runtime_packages())
