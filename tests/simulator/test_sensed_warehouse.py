"""The sensed warehouse repeats itself by its seed, and its books and truth differ by its errors alone."""

from collections import Counter

from afterclick.simulator.sensors import SensedWarehouse, Setting, Step

SETTING = Setting(items=6, days=3, errors=0.3)


def walked(seed: int) -> tuple[SensedWarehouse, list[Step]]:
    warehouse = SensedWarehouse(SETTING, seed=seed, start_ms=1_795_132_800_000)
    return warehouse, list(warehouse.steps())


def test_the_same_seed_gives_the_same_days() -> None:
    assert walked(1)[1] == walked(1)[1]
    assert walked(1)[1] != walked(2)[1]


def test_what_is_not_an_error_is_booked() -> None:
    warehouse, steps = walked(3)
    booked = Counter(warehouse.opening)
    for step in steps:
        for one in step.bookings:
            booked[one.sku] += one.pieces
    clean = set(warehouse.weights) - {one.sku for step in steps for one in step.errors}
    assert clean
    for sku in clean:
        assert warehouse.truth[sku] + warehouse.unbooked(sku) == booked[sku]
