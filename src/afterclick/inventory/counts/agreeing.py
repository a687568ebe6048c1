"""When the result of a count may be booked without counting again."""

import msgspec

from afterclick.domain.stock_limits import CountingLimits


class Result(msgspec.Struct, frozen=True):
    """A count: what was booked, what was found, how many results there were before, and what the last of those was off by."""

    booked: int
    counted: int
    tries: int = 0
    last_difference: int = 0


def settled(result: Result, limits: CountingLimits) -> bool:
    """Within the tolerance, or twice the same difference, or counted often enough.

    Differences are compared, not results: goods may have left in good order between the two counts.
    """
    difference = result.counted - result.booked
    small = abs(difference) <= max(limits.tolerance_pieces, limits.tolerance_share * abs(result.booked))
    return small or (result.tries > 0 and (difference == result.last_difference or result.tries + 1 >= limits.most_tries))
