"""What a request of a program chooses by: a name that its route does not take is refused, so that no slip widens a list."""

from collections.abc import Iterator
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant

from afterclick.control_room.access import known
from afterclick.control_room.problems import Problem

LONGEST_SHOWN: Final = 80


async def only_what_is_taken(request: Request) -> None:
    """A dependency of every route.

    Raises:
        Problem: 422, the address names something that the route and what it depends on do not read. Nobody is told so; they are
            asked who they are first.
    """
    if not request.query_params or await known(request) is None:
        return
    takes = sorted(set(_taken(request.scope["route"].dependant)))
    unknown = next((name for name in request.query_params if name not in takes), None)
    if unknown is not None:
        may = f"it takes {', '.join(takes)}" if takes else "it takes nothing after a question mark"
        raise Problem(422, f"{request.url.path[:LONGEST_SHOWN]} does not take {unknown[:LONGEST_SHOWN]!r}: {may}")


def _taken(needs: Dependant) -> Iterator[str]:
    yield from (one.alias for one in needs.query_params)
    for further in needs.dependencies:
        yield from _taken(further)
