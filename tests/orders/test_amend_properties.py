"""Any amendments, at any time, with any system down: in the end money, stock, parcels and documents are in step."""

from functools import partial
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.orders.office import SmallOffice, small_office

HOUR_MS: Final = 3_600_000

SOMETIMES = st.sampled_from(["", "bank", "cheap", "shelves", "shop"])
ADDRESSES = st.sampled_from([{"line1": "Allee 7"}, {"country": "AT", "postcode": "1010"}, {"country": "FR", "postcode": "75001"}])
QUANTITIES = st.dictionaries(st.sampled_from(["1", "2", "3"]), st.integers(0, 4), min_size=1)
WISHES: st.SearchStrategy[tuple[Any, dict[str, Any]]] = st.one_of(
    st.sampled_from([("cancel", {}), ("hold", {}), ("release", {})]),
    st.tuples(st.just("address"), ADDRESSES),
    st.tuples(st.just("quantity"), st.fixed_dictionaries({"lines": QUANTITIES})),
    st.tuples(st.just("split"), st.fixed_dictionaries({"lines": st.lists(st.integers(1, 3), min_size=1, max_size=2)})),
)
Steps = list[tuple[tuple[Any, dict[str, Any]], str, bool, str]]
STEPS = st.lists(st.tuples(WISHES, SOMETIMES, st.booleans(), SOMETIMES), max_size=4)


def amended(office: SmallOffice, number: int, steps: Steps) -> None:
    """Amend one order step by step: while a system is asked or before, running or not, with a system down or not."""
    order = office.order(f"E{number}", ("CUP", 2), ("PLATE", 1), ("SPOON", 3), discount=150)
    for (action, wanted), during, runs, down in steps:
        # Many customers at one address would be suspicious.
        change = wanted | {"line1": f"Allee {number}"} if "line1" in wanted else wanted
        if during:
            getattr(office, during).during = partial(office.amend, order, action, change)
        else:
            office.amend(order, action, change)
        if down:
            getattr(office, down).down = True
        if runs:
            office.run()
        if down:
            getattr(office, down).down = False
    for system in (office.bank, office.cheap, office.shelves, office.shop):
        system.during = None
    for _ in range(3):
        office.run(later_ms=2 * HOUR_MS)
    rests = office.rows("SELECT state, stage, because FROM orders WHERE id = ?", order)
    assert office.state(order) in ("shipped", "cancelled", "held"), (steps, rests)
    assert office.one("SELECT COUNT(*) FROM amendments WHERE state = 'open'") == 0, steps
    assert office.wrong() == [], steps


def test_any_amendments_at_any_time_leave_everything_tied(database_url: str) -> None:
    drawn: list[Steps] = []

    @settings(max_examples=60, deadline=None, database=None)
    @given(STEPS)
    def draw(steps: Steps) -> None:
        drawn.append(steps)

    draw()  # before the engine's threads begin: they use `random`, which must stand still while examples are drawn
    with small_office(database_url, pieces=10_000) as office:
        for number, steps in enumerate(drawn):
            amended(office, number, steps)
        assert office.one("SELECT COUNT(*) FROM orders WHERE parent IS NULL") == len(drawn)
