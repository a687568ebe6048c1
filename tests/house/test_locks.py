"""The lock files: in step with pyproject.toml, with a hash for everything, and silent about where packages come from."""

import re
import tomllib
from importlib.metadata import version
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS: Final = ("setup", "base", "test")


def locked(name: str) -> dict[str, list[Requirement]]:
    """Package → its pins in a lock file; more than one where the version depends on the Python."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pins: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^[a-z0-9].*?(?= \\$)", text, re.MULTILINE | re.IGNORECASE):
        pin = Requirement(line)
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


def declared(name: str) -> list[Requirement]:
    """What pyproject.toml asks for in a set."""
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    runtime = [*project["dependencies"], *(line for lines in project["optional-dependencies"].values() for line in lines)]
    lines = {"setup": groups["setup"], "base": runtime, "test": [*runtime, *groups["test"]]}[name]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_what_pyproject_asks_for(name: str) -> None:
    pins = locked(name)
    for wanted in declared(name):
        found = [pin.specifier for pin in pins.get(canonicalize_name(wanted.name), [])]
        versions = [next(iter(specifier)).version for specifier in found]
        assert versions, f"{wanted} is not in requirements/{name}.txt: run bin/lock"
        assert all(wanted.specifier.contains(version) for version in versions), f"{wanted} is locked at {versions}: run bin/lock"


@pytest.mark.parametrize("name", ["setup", "base"])
def test_a_package_has_the_same_version_in_every_set(name: str) -> None:
    test = locked("test")
    for package, pins in locked(name).items():
        assert sorted(map(str, test.get(package, pins))) == sorted(map(str, pins))


def test_the_test_set_holds_all_of_the_base_set() -> None:
    assert set(locked("base")) <= set(locked("test"))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_exact_and_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
    assert blocks
    for block in blocks:
        assert re.match(r"\S+==\S+( ; .+?)? \\\n +--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_file_says_where_packages_come_from(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|^--|^-i|^-f| @ ", text, re.MULTILINE)


def test_the_engine_is_pinned_exactly() -> None:
    engine = [line for line in PYPROJECT["project"]["dependencies"] if line.startswith("dbos")]
    assert engine == ["dbos==3.4.0"]


def test_what_is_installed_here_is_what_is_locked() -> None:
    for pins in locked("test").values():
        for pin in pins:
            if pin.marker is None or pin.marker.evaluate():
                assert pin.specifier.contains(version(pin.name)), f"{pin} is not what is installed: run bin/_setup test"
