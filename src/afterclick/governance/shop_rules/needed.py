"""Which fields of records a condition can see, so that only those are handed over: that is most of what a condition costs."""

from collections.abc import Iterator
from typing import Final

from afterclick.governance.shop_rules.facts import KINDS, Kind, kind_of
from afterclick.governance.shop_rules.syntax import MACROS, Call, Constant, Member, Name, Node, Operation, Unreadable, read


def fields_named(condition: str) -> frozenset[str] | None:
    """The names of all fields that are asked for; None where whole records are compared, or the condition cannot be read."""
    try:
        tree = read(condition)
    except Unreadable:
        return None
    nodes = list(_all(tree))
    variables = {node.parts[1] for node in nodes if isinstance(node, Call) and node.name in MACROS and len(node.parts) > 1}
    if any(_compares_records(node, variables) for node in nodes):
        return None
    texts = {node.value for node in nodes if isinstance(node, Constant) and isinstance(node.value, str)}
    return frozenset({node.name for node in nodes if isinstance(node, Member)} | texts)  # `line["sku"]` names a field too


def _compares_records(node: Node, variables: set[Node]) -> bool:
    """Whether an operation may look at a record as a whole: at more of it than a field, or at whether it is null."""
    if isinstance(node, Call):
        return node.name not in (*MACROS, "size", "has") and any(_may_be_record(part, variables) for part in node.parts)
    if not isinstance(node, Operation) or node.sign not in ("==", "!=", "in", "+", "list"):
        return False
    if Constant(None) in node.parts:
        return False
    return any(_may_be_record(part, variables) for part in node.parts)


def _may_be_record(node: Node, variables: set[Node]) -> bool:
    if isinstance(node, Operation):
        return node.sign in ("[]", "?:")
    if isinstance(node, Call):
        return node.name in ("map", "filter")
    return node in variables or (isinstance(node, Name | Member) and node.name in _RECORDS)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for part in (node.of,) if isinstance(node, Member) else node.parts if isinstance(node, Operation | Call) else ():
        yield from _all(part)


def _records(kind: Kind) -> Iterator[str]:
    """The names of facts and fields that are records, or lists of them."""
    for name, inner in kind.fields.items():
        record = inner.item or inner
        if record.name == "map":
            yield name
            yield from _records(record)


_RECORDS: Final = frozenset(name for on in KINDS for name in _records(kind_of(on)))
