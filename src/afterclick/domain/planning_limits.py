"""What keeping stock costs a shop, by which its plans weigh too much against too little; an office sets its own in its policy."""

from typing import Annotated

import msgspec

from afterclick.domain.limits import Cents, Count

Share = Annotated[float, msgspec.Meta(ge=0, le=10)]


class PlanningLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Amounts are minor units of the shop's currency. A year's holding and what is written off are shares of what goods cost."""

    order_line: Cents = 300
    """What one more line on a purchase order costs: placing, receiving, putting away, checking the invoice."""
    holding: Share = 0.25
    """What holding goods for a year costs: capital, room, insurance."""
    written_off: Share = 0.3
    """What goods lose that lie too long."""
    budget: Cents = 0
    """What all proposals of one plan may cost together; 0: no limit."""
    transfer_piece: Cents = 0
    """What moving one piece between two warehouses costs; 0: no transfers are proposed."""
    transfer_fixed: Cents = 500
    """What moving a SKU between two warehouses costs on top, whatever the pieces."""
    transfer_most: Count = 1_000
    """Pieces of one transfer."""
    transfer_day_most: Count = 10_000
    """Pieces that transfers move on a day."""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 10.0
    """How long the choice of vendors may take."""
