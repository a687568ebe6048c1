"""Share a budget and the room of the places among proposals: what saves most for the money comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Share:
    """Pieces granted to each proposal, and what was bounded: '' or 'budget' or 'room' for each."""

    pieces: Whole
    bound: tuple[str, ...]


def share(
    wanted: Numbers, urgent: Numbers, price: Numbers, *, benefit: Numbers, further: Numbers, moq: Numbers, pack: Numbers,
    places: Sequence[str], budget: float | None = None, room: Mapping[str, float] | None = None,
) -> Share:  # fmt: skip
    """Grant pieces until money or room runs out.

    Each proposal is cut in two: the `urgent` pieces up to its reorder level, with the money they save (`benefit`), and the rest
    of the usual order with what that saves (`further`). The parts are served by what they save for each unit of money; a part
    that no longer fits whole gets the packs that do, if they are at least the minimum.

    Args:
        wanted, urgent: pieces, whole packs; urgent at most wanted.
        price: money a piece.
        benefit, further: money saved by each of the two parts.
        moq, pack: pieces.
        places: where each proposal goes.
        budget: money for all together; None without a limit.
        room: pieces that a place takes in all; places that are not named have room enough.
    """
    count = len(wanted)
    left, rooms = (float("inf") if budget is None else budget), dict(room or {})
    parts = np.concatenate([urgent, wanted - urgent])
    gains = np.concatenate([benefit, further]) / np.maximum(parts * np.tile(price, 2), 1e-9)
    # The rest of a usual order alone may be less than a minimum: it comes after what is urgent of the same row.
    gains[count:] = np.where(urgent > 0, np.minimum(gains[count:], gains[:count]), gains[count:])
    granted, bound = np.zeros(count), [""] * count
    for part in np.argsort(-gains, kind="stable"):
        row = int(part) % count
        if parts[part] <= 0:
            continue
        place = places[row]
        by_money, by_room = left / max(float(price[row]), 1e-9), rooms.get(place, float("inf"))
        fits = min(float(parts[part]), by_money, by_room)
        pieces = float(np.floor(fits / pack[row] + 1e-9) * pack[row])
        if granted[row] + pieces < moq[row]:
            pieces = 0.0
        if pieces < parts[part]:
            bound[row] = "budget" if by_money <= by_room else "room"
        granted[row] += pieces
        left -= pieces * float(price[row])
        if place in rooms:
            rooms[place] -= pieces
    return Share(granted.astype(np.int64), tuple(bound))
