"""What a plan proposes, with the reason of each number and the figures behind it."""

import msgspec


class Figures(msgspec.Struct, frozen=True):
    """What a proposed quantity was worked out from; pieces unless said otherwise.

    `rate` is mean demand a week. `until_days` are the days until the order after this one could be there; demand until then stays
    at or below `level` with the chance `ratio` (the critical ratio). `underage` is what a missing piece costs, `holding` and
    `obsolescence` what one too many costs, in minor units. `cover_days` is how long the position lasts at the mean, `usual` the
    quantity with the least cost a piece, `moved` what another place sends instead.
    """

    on_hand: int
    coming: int
    reserved: int
    position: int
    rate: float
    until_days: float
    level: float
    ratio: float
    cover_days: float
    usual: int
    moq: int
    pack: int
    underage: float
    holding: float
    obsolescence: float
    moved: int = 0
    cut: int = 0


class Proposal(msgspec.Struct, frozen=True):
    """Buy so many pieces of a SKU for a place. `money` and `worth` (the margin that buying saves) are minor units.

    `need` names the need for good. The pieces are wanted `within_days`, last `cover_days`, and more than `most` may not be bought
    (0: no limit). `item_class` is the class by value and steadiness.
    """

    need: str
    sku: str
    place: str
    pieces: int
    money: int
    worth: int
    cover_days: int
    within_days: int
    most: int
    item_class: str
    because: str
    figures: Figures


class Transfer(msgspec.Struct, frozen=True):
    """Send so many pieces of a SKU from one place to another instead of buying them; `saves` is minor units."""

    sku: str
    start: str
    end: str
    pieces: int
    saves: int
    because: str


def reason(pieces: int, found: Figures) -> str:
    """One line that says why so many are ordered."""
    held = f" − {found.reserved:,} reserved" if found.reserved else ""
    moved = f" + {found.moved:,} from another place" if found.moved else ""
    stock = f"{found.on_hand:,} on hand + {found.coming:,} on order{held}{moved}"
    covers = f"cover {_days(found.cover_days)} of the {_days(found.until_days)}" if found.cover_days < found.until_days else (
        f"are below the reorder level, {_days(found.until_days)}"
    )  # fmt: skip
    packs = f"; pack {found.pack:,}" if found.pack > 1 else ""
    least = f"; minimum {found.moq:,}" if found.moq > found.pack and pieces == found.moq else ""
    cut = f"; {found.cut:,} fewer than wanted, for budget or room" if found.cut else ""
    return (
        f"order {pieces:,}: {stock} {covers} to the next delivery but one; {_percent(found.ratio)} of demand until then is "
        f"{found.level:,.0f}{packs}{least}{cut}"
    )


def _percent(share: float) -> str:
    """Near certainty with a decimal: 99.5 % is not 100 %."""
    return f"{min(share, 0.999):.1%}" if share >= 0.985 else f"{share:.0%}"


def _days(days: float) -> str:
    return f"{days:,.0f} day" + ("" if round(days) == 1 else "s")
