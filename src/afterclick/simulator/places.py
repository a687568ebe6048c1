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
_EUROPE: Final = (
    "AD", "AL", "BA", "BG", "BY", "CH", "CY", "CZ", "EE", "FI", "FO", "GB", "GG", "GI", "GR", "HR", "HU", "IE", "IM", "IS",
    "JE", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NO", "PT", "RO", "RS", "SI", "SK", "SM", "TR", "UA", "VA",
    "XK",
)  # fmt: skip
_WORLD: Final = (
    "AE", "AF", "AG", "AI", "AM", "AO", "AR", "AU", "AW", "AZ", "BB", "BD", "BF", "BH", "BI", "BJ", "BM", "BN", "BO", "BR",
    "BS", "BT", "BW", "BZ", "CA", "CD", "CF", "CG", "CI", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "DJ", "DM", "DO", "DZ",
    "EC", "EG", "ER", "ET", "FJ", "FM", "GA", "GD", "GE", "GF", "GH", "GL", "GM", "GN", "GP", "GQ", "GT", "GU", "GW", "GY",
    "HK", "HN", "HT", "ID", "IL", "IN", "IQ", "IR", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW",
    "KY", "KZ", "LA", "LB", "LC", "LK", "LR", "LS", "LY", "MA", "MG", "MH", "ML", "MM", "MN", "MO", "MQ", "MR", "MS", "MU",
    "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NG", "NI", "NP", "NR", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK",
    "PR", "PS", "PW", "PY", "QA", "RE", "RW", "SA", "SB", "SC", "SD", "SG", "SL", "SN", "SO", "SR", "SS", "ST", "SV", "SY",
    "SZ", "TC", "TD", "TG", "TH", "TJ", "TL", "TM", "TN", "TO", "TT", "TV", "TW", "TZ", "UG", "US", "UY", "UZ", "VC", "VE",
    "VG", "VI", "VN", "VU", "WS", "YE", "YT", "ZA", "ZM", "ZW",
)  # fmt: skip
EUROPE_ZONE: Final = 3
WORLD_ZONE: Final = 6
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
    """The rate cards of the three carriers, a cheap one, a regular one and an express one, all in EUR, to the whole world."""
    zones = dict.fromkeys(_WORLD, WORLD_ZONE) | dict.fromkeys(_EUROPE, EUROPE_ZONE) | {c.code: c.zone for c in COUNTRIES}
    return [
        Tariff(name, "EUR", {code: Rate(base + step * zone, per_kg, days + more * zone) for code, zone in zones.items()})
        for name, base, step, per_kg, days, more in _CARRIERS
    ]
