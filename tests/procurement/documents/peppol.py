"""Rules of Peppol BIS Ordering 3 for an order (transaction T01), as far as our orders could break them."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

PROFILES: Final = (
    "urn:fdc:peppol.eu:poacc:bis:order_only:3", "urn:fdc:peppol.eu:poacc:bis:ordering:3",
    "urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3",
)  # fmt: skip


def _unique_lines(root: Element) -> bool:
    numbers = [one.text for one in root.findall("{*}OrderLine/{*}LineItem/{*}ID")]
    return len(set(numbers)) == len(numbers)


def _one_currency(root: Element) -> bool:
    wanted = root.findtext("{*}DocumentCurrencyCode")
    return all(one.attrib["currencyID"] == wanted for one in root.iter() if "currencyID" in one.attrib)


def _quantities(root: Element) -> bool:
    return all(one.find("{*}Quantity") is not None for one in root.findall("{*}OrderLine/{*}LineItem"))


def _profile(root: Element) -> bool:
    return root.findtext("{*}ProfileID") in PROFILES


RULES: Final[dict[str, Callable[[Element], bool]]] = {
    "PEPPOL-T01-R001": _unique_lines,
    "PEPPOL-T01-R003": _one_currency,
    "PEPPOL-T01-R013": _quantities,
    "PEPPOL-T01-R031": _profile,
}


def broken(content: bytes) -> set[str]:
    """The rules that an order breaks."""
    root = ElementTree.fromstring(content)  # noqa: S314  # our own document, or an example of the rules' authors
    return {name for name, holds in RULES.items() if not holds(root)}


def cases(archive: Path, folder: str, rule: str) -> Iterator[tuple[bytes, bool]]:
    """The documents of one of Peppol's unit tests, and whether each breaks the rule."""
    with zipfile.ZipFile(archive) as files:
        name = next(name for name in files.namelist() if name.endswith(f"/{folder}/{rule}.xml"))
        tests = ElementTree.fromstring(files.read(name)).findall("{*}test")  # noqa: S314  # an example of the rules' authors
    for test in tests:
        asserted, document = list(test)
        kinds = {part.tag.rpartition("}")[2] for part in asserted}
        yield ElementTree.tostring(document), bool(kinds & {"error", "warning"})
