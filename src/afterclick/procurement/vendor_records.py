"""How far each vendor's promises hold, in words that are remembered until the next receipt."""

from datetime import date

from afterclick.procurement.buying.times import day_at
from afterclick.store.transaction import Tx


class Records:
    """Every vendor's record in a sentence; learning it reads all receipts, so it is done once for each new one and each day."""

    def __init__(self) -> None:
        self._known: tuple[date, int | None, dict[str, str]] | None = None

    def said(self, tx: Tx, *, now_ms: int) -> dict[str, str]:
        """Vendor → its record in a sentence; under '' that of a vendor without deliveries."""
        today, newest = day_at(now_ms), tx.value("SELECT MAX(id) FROM receipts")
        known = self._known
        if known is None or known[:2] != (today, newest):
            from afterclick.procurement.buying.experience import deliveries  # numpy: only who looks at vendors loads it
            from afterclick.procurement.vendors.reliability import learn

            known = (today, newest, {vendor: one.said for vendor, one in learn(deliveries(tx), today=today).items()})
            self._known = known
        return known[2]
