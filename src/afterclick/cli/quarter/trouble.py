"""What goes wrong on the vendor's pages during the quarter: prices with slipped decimal marks, and one that really rises."""

from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from afterclick.cli.quarter.office import SupplyOffice
from afterclick.domain.purchase import Offer, PriceBreak
from afterclick.simulator import suppliers
from afterclick.simulator.demand import Demand
from afterclick.simulator.vendor_site import Shown

FIRST_DAY, LAST_DAY = 15, 40
"""Between these days the pages lie."""
RISE_DAY: Final = 50
RISE: Final = Decimal("1.04")
SLIPS: Final = (Decimal(100), Decimal("0.01"), Decimal("0.1"), Decimal(10), Decimal("0.001"))
"""What the prices of the best-selling pages are multiplied by; the too low ones would draw orders."""


class Pages:
    """The pages of the vendor without a price list: what they say, and what is true."""

    def __init__(self, office: SupplyOffice, demand: Demand, *, seed: int) -> None:
        asked = suppliers.offers([item.sku for item in demand.items], demand.costs.tolist(), seed=seed)
        sold = dict(zip((item.sku for item in demand.items), demand.pieces[:, demand.past :].sum(axis=1).tolist(), strict=True))
        mine = sorted((one for one in asked if one.vendor == suppliers.PAGES_ONLY), key=lambda one: -sold[one.sku])
        self.lying = dict(zip((one.sku for one in mine), SLIPS, strict=False))
        self.true = {(one.vendor, one.sku): one for one in asked}
        self._office = office
        self._mine = [one.sku for one in mine]
        self._names = {item.sku: item.name for item in demand.items}

    def day(self, number: int) -> None:
        """What happens on a day, 0 being the first."""
        if number == FIRST_DAY:
            for sku, slip in self.lying.items():
                self._show(sku, slip)
        elif number == LAST_DAY:
            for sku in self.lying:
                self._show(sku, Decimal(1))
        elif number == RISE_DAY:
            for sku in self._mine:
                one = self.true[suppliers.PAGES_ONLY, sku]
                dearer = PriceBreak(1, round(one.breaks[0].price * RISE))
                self.true[suppliers.PAGES_ONLY, sku] = replace(one, breaks=(dearer,))
                self._show(sku, Decimal(1))

    def _show(self, sku: str, slip: Decimal) -> None:
        one: Offer = self.true[suppliers.PAGES_ONLY, sku]
        price = max(Decimal("0.01"), (suppliers.on_page(one) * slip).quantize(Decimal("0.01")))
        self._office.site.show(suppliers.page_address(sku), Shown(self._names[sku], price))
