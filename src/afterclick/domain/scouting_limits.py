"""The limits within which a price that was read somewhere counts, with their defaults."""

from typing import Annotated

import msgspec

from afterclick.domain.limits import Count, Positive

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


class ScoutingLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the rules by which readings of prices are accepted."""

    confidence_least: Share = 0.6
    """How far a reading must be believed by itself to count as one."""
    change_most: Share = 0.2
    """A change against the last accepted price, as a share, up to which one more reading is enough; beyond it a person
    hears of it."""
    change_ignored: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.005
    """A change up to this share is the same price: rounding, not news."""
    market_apart_most: Positive = 0.5
    """How far, as a share, a price may lie from the middle of what others ask before it is doubted."""
    sources_least: Count = 3
    """Sources that must have a price before their middle says anything."""
    factor_tolerance: Share = 0.08
    """A price that is 10, 100 or 1,000 times the one before, give or take this share, is a slip of a decimal mark until
    proven."""
    independent_hours: Positive = 6.0
    """Two readings of the same address are independent when so many hours lie between them."""
    agreeing_share: Share = 0.02
    """Two readings agree when they differ by no more than this share."""
    readings_least: Count = 2
    """Independent readings that must agree before a price counts."""
    stale_days: Positive = 30.0
    """A reading older than this confirms nothing, and is no part of the market."""
