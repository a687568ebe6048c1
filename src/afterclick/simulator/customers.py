"""The pretend company's customers: each is computed from its number, so that a million of them need no memory."""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from afterclick.simulator.countries import COUNTRIES, Country

Indices = npt.NDArray[np.int64]

_LETTERS: Final = "ABCDEFGHJKLMNPRTVWXZ"
"""Without S, so that no Dutch postcode ends in one of the letter pairs that are never given out."""
_EIRCODE: Final = "ACDEFHKNPRTVWXY"


class Customer(msgspec.Struct, frozen=True):
    """A customer as far as an order document needs one; `person` and `ship_to` are ready JSON objects."""

    id: str
    country: str
    card: str
    person: str
    ship_to: str


class Customers:
    """`count` customers of one seed, numbered from 0. Each has one address and one card of its own."""

    def __init__(self, *, seed: int, count: int) -> None:
        self.count = count
        self._salt = seed * 0x51_7C_C1_B7
        self._weights = np.cumsum([country.weight for country in COUNTRIES])

    def take(self, indices: Indices) -> list[Customer]:
        """The customers of these numbers, in that order; about 3 µs each."""
        bits = _mix(indices.astype(np.uint64) + np.uint64(self._salt & 0xFFFF_FFFF_FFFF))
        countries: list[int] = np.searchsorted(self._weights, bits % np.uint64(100), side="right").tolist()
        return [
            _customer(number, h, COUNTRIES[country])
            for number, h, country in zip(indices.tolist(), bits.tolist(), countries, strict=True)
        ]

    def spread(self, orders: Indices) -> Indices:
        """Which customer places which order: a walk that meets everybody once before it meets anybody twice."""
        stride = 7_368_787  # a prime larger than any sensible number of customers, so that the walk has full length
        return (orders * stride + self._salt % 10_007) % self.count


def _customer(number: int, h: int, country: Country) -> Customer:
    a, b, c = h >> 8, h >> 24, h >> 40
    city = country.cities[a % len(country.cities)]
    street = country.streets[b % len(country.streets)]
    house = 1 + c % 180
    postcode = city.postcode.format(
        d=1 + c % 9, n2=1 + a % 99, n3=1 + b % 999, m3=1 + c % 999, q=1 + a % 24,
        ab=_LETTERS[b % 20] + _LETTERS[c % 20], c=_EIRCODE[c % 15],
    )  # fmt: skip
    name = f"{country.given[c % len(country.given)]} {country.family[(a ^ b) % len(country.family)]}"
    line1 = f"{house} {street}" if country.number_first else f"{street} {house}"
    # A flat number keeps two customers from sharing an address by chance, which would look like fraud.
    return Customer(
        f"C-{number:07d}", country.code, f"fp_{h:016x}",
        f'{{"id":"C-{number:07d}","email":"customer{number}@mail.example","tax_id":""}}',
        f'{{"name":"{name}","line1":"{line1}","line2":"{number % 1_000_000:06d}","city":"{city.name}","region":"",'
        f'"postcode":"{postcode}","country":"{country.code}"}}',
    )  # fmt: skip


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scatter whole numbers over 64 bits: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
