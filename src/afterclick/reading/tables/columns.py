"""Recognise the columns of a table by their names in several languages, or as given."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from afterclick.reading.tables.rows import BadFile

Synonyms: TypeAlias = Mapping[str, str]
"""A field → the names of its column, parted by `|`, the likeliest first; a needed field's own is among them. Case, accents,
blanks and signs do not matter."""


def recognise(
    header: Sequence[str], synonyms: Synonyms, *, required: Collection[str] = (), given: Mapping[str, str] | None = None
) -> dict[str, int]:
    """The position of each field's column; fields without a column are left out, and no column stands for two fields.

    Args:
        header: the names as they stand in the file.
        given: field → column name for those that are not to be recognised; None where nobody can say so.

    Raises:
        BadFile: a required column is missing, or a given field or column does not exist; says what was found.
    """
    places = places_of(header)
    chosen: dict[str, int] = {}
    for field, name in (given or {}).items():
        if field not in synonyms:
            raise BadFile(f"there is no field {field!r}: the fields are {', '.join(synonyms)}")
        if plain(name) not in places:
            raise BadFile(f"the file has no column {name!r} for {field}: its columns are {shown(header)}")
        chosen[field] = places[plain(name)]
    found = chosen | named(
        {name: place for name, place in places.items() if place not in chosen.values()},
        {field: names for field, names in synonyms.items() if field not in chosen},
    )
    if missing := [field for field in required if field not in found]:
        otherwise = "" if given is None else f", or say which is which, for example --column {missing[0]}=NAME"
        raise BadFile(
            f"no column was recognised for {', '.join(missing)}: the file's columns are {shown(header)}."
            f" Give the right ones these names{otherwise}"
        )
    return found


def places_of(header: Sequence[str]) -> dict[str, int]:
    """Plain column name → the first place at which it stands."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        places.setdefault(plain(name), place)
    return places


def named(places: Mapping[str, int], synonyms: Synonyms) -> dict[str, int]:
    """The place of each field that one of its names stands for; the likeliest name wins."""
    found: dict[str, int] = {}
    for field, names in synonyms.items():
        known = (places.get(plain(name)) for name in names.split("|"))
        place = next((place for place in known if place is not None), None)
        if place is not None and place not in found.values():
            found[field] = place
    return found


def plain(name: str) -> str:
    """A column name without case, accents, blanks and signs."""
    return "".join([letter for letter in unicodedata.normalize("NFKD", name.casefold()) if letter.isalnum()])


def shown(header: Sequence[str]) -> str:
    """The column names for an error message, at most thirty of them."""
    names = ", ".join(repr(name[:40]) for name in header[:30])
    return f"{names} and {len(header) - 30} more" if len(header) > 30 else names or "none"
