"""Where the pretend company keeps its stock, and who carries its parcels at what price."""

from typing import Final

from afterclick.domain.shipping import Rate, Tariff
from afterclick.domain.stock import Warehouse
from afterclick.simulator.countries import COUNTRIES

MOST_WAREHOUSES: Final = 20

_PLACES: Final = (  # city, country, degrees north, degrees east, cost of handling a parcel in cents
    ("Leipzig", "DE", 51.34, 12.37, 150), ("Lyon", "FR", 45.76, 4.84, 165), ("Poznań", "PL", 52.41, 16.93, 110),
    ("Tilburg", "NL", 51.56, 5.09, 170), ("Zaragoza", "ES", 41.65, -0.89, 130), ("Milano", "IT", 45.46, 9.19, 155),
    ("Malmö", "SE", 55.60, 13.00, 185), ("Dublin", "IE", 53.35, -6.26, 180), ("Porto", "PT", 41.15, -8.61, 120),
    ("Wien", "AT", 48.21, 16.37, 160), ("Antwerpen", "BE", 51.22, 4.40, 170), ("Kolding", "DK", 55.49, 9.47, 190),
    ("Dortmund", "DE", 51.51, 7.47, 150), ("Lille", "FR", 50.63, 3.06, 160), ("Wrocław", "PL", 51.11, 17.04, 110),
    ("Bologna", "IT", 44.49, 11.34, 150), ("Madrid", "ES", 40.42, -3.70, 135), ("Nürnberg", "DE", 49.45, 11.08, 150),
    ("Stockholm", "SE", 59.33, 18.07, 190), ("Bordeaux", "FR", 44.84, -0.58, 160),
)  # fmt: skip
_CARRIERS: Final = (  # name; cents at zone 0, cents per further zone, cents per kg; days at zone 0, days per further zone
    ("Landpost", 390, 240, 55, 2, 1),
    ("Eurokurier", 520, 260, 45, 1, 1),
    ("Blitz", 1190, 380, 90, 1, 0),
)


def warehouses(count: int) -> list[Warehouse]:
    """The first `count` warehouses, `WH-01` onwards.

    Raises:
        ValueError: `count` is not between 1 and 20.
    """
    if not 1 <= count <= MOST_WAREHOUSES:
        raise ValueError(f"the simulator has 1 to {MOST_WAREHOUSES} warehouses, not {count}")
    return [
        Warehouse(f"WH-{number:02d}", city, country, latitude, longitude, handling)
        for number, (city, country, latitude, longitude, handling) in enumerate(_PLACES[:count], 1)
    ]


def tariffs() -> list[Tariff]:
    """The rate cards of the three carriers: a cheap one, a regular one and an express one, all in EUR."""
    return [
        Tariff(name, "EUR", {c.code: Rate(base + step * c.zone, per_kg, days + more * c.zone) for c in COUNTRIES})
        for name, base, step, per_kg, days, more in _CARRIERS
    ]
