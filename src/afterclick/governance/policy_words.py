"""The entries of a policy one by one: their names, what each is for, and where two policies differ."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, cast

import msgspec

from afterclick.governance.policy import DEFAULT, Policy

_TABLES: Final = tuple(field for field in Policy.__struct_fields__ if field != "rules")


class Entry(msgspec.Struct, frozen=True):
    """One limit: its name in the file, the value in force, the default, and one sentence of help."""

    name: str
    value: Any
    default: Any
    help: str
    path: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether the shop has set it otherwise than the default."""
        return self.value != self.default


class Change(msgspec.Struct, frozen=True):
    """Where two policies differ: the entry, and what it was and is; None for what is not there."""

    name: str
    old: Any
    new: Any


def entries(policy: Policy) -> list[Entry]:
    """Every limit of a policy, in the order of the file; rules are not among them."""
    found: list[Entry] = []
    for table in _TABLES:
        struct: msgspec.Struct = getattr(policy, table)
        helps = help_of(type(struct))
        default = getattr(DEFAULT, table)
        for field in struct.__struct_fields__:
            value, usual = getattr(struct, field), getattr(default, field)
            if isinstance(value, dict):
                named: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
                usually: dict[str, Any] = usual
                found += [
                    Entry(f"{table}.{field}.{key}", named.get(key), usually.get(key), helps.get(field, ""), (table, field, key))
                    for key in dict.fromkeys((*usually, *named))
                ]
            else:
                found.append(Entry(f"{table}.{field}", value, usual, helps.get(field, ""), (table, field)))
    return found


def changes(old: Policy, new: Policy) -> list[Change]:
    """Every limit and every rule in which they differ; a rule that only moved is said to have moved."""
    before, after = ({entry.name: entry.value for entry in entries(one)} for one in (old, new))
    found = [Change(name, before.get(name), after.get(name)) for name in dict.fromkeys((*before, *after))
             if before.get(name) != after.get(name)]  # fmt: skip
    rules_before, rules_after = ({rule.name: rule for rule in one.rules} for one in (old, new))
    for name in dict.fromkeys((*rules_before, *rules_after)):
        one, other = rules_before.get(name), rules_after.get(name)
        if one != other:
            found.append(Change(f"rules.{name}", _said(one), _said(other)))
    kept = [name for name in rules_before if name in rules_after]
    if kept != [name for name in rules_after if name in rules_before]:
        found.append(Change("order of the rules", list(rules_before), list(rules_after)))
    return found


@cache
def help_of(struct: type[msgspec.Struct]) -> Mapping[str, str]:
    """What is said under each field of a struct, by the field's name."""
    return dict(_helps(ast.parse(textwrap.dedent(inspect.getsource(struct))).body[0]))


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy file, for editors; with the help of each entry."""
    found = msgspec.json.schema(Policy)
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "Afterclick policy"
    definitions = cast("dict[str, dict[str, Any]]", found["$defs"])
    for table in _TABLES:
        struct = cast("type[msgspec.Struct]", type(getattr(DEFAULT, table)))
        fields = cast("dict[str, dict[str, Any]]", definitions[struct.__name__]["properties"])
        for name, said in help_of(struct).items():
            fields[name]["description"] = said
    return found


def _helps(struct: ast.stmt) -> Iterator[tuple[str, str]]:
    assert isinstance(struct, ast.ClassDef)
    for field, after in zip(struct.body, struct.body[1:], strict=False):
        name = field.target if isinstance(field, ast.AnnAssign) else None
        said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
        if isinstance(name, ast.Name) and isinstance(said, str):
            yield name.id, said


def _said(rule: Any) -> Any:
    """A rule as it is shown: without its tests, which change nothing."""
    if rule is None:
        return None
    told = f"when {rule.when} then {rule.then}"
    return f"{told} (asks {rule.who}): {rule.because}" if rule.then == "ask" else f"{told}: {rule.because}"
