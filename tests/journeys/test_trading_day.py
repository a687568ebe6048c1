"""A whole trading day with every fault on, judged by the outside's own ledger and by the office's own checks."""

from pathlib import Path

from afterclick.cli.check import prove_all
from afterclick.cli.trading_day import make_office, score, work_through


def test_a_day_with_all_faults_ends_with_nothing_lost_doubled_or_oversold(tmp_path: Path, database_url: str) -> None:
    office = make_office(tmp_path / "office", seed=3, orders=2_000, faults="all", database=database_url)
    with office.engine() as engine:
        duration_s = work_through(office, engine, lambda: None)
    result = score(office, duration_s)
    unproven = [f"{proof.name}: {proof.detail}" for proof in prove_all(office) if not proof.ok]
    office.close()
    assert unproven == []
    assert (result.duplicate_effects, result.lost_orders, result.oversells) == (0, 0, 0)
    assert result.tie_out_difference == "0.00"
    assert result.wrong_decision_rate <= 0.005
    assert result.touchless_rate >= 0.90
    states = (result.shipped, result.waiting, result.inbox, result.refused, result.cancelled)
    assert result.orders + result.parts == sum(states)
    assert result.orders <= 2_000, "a part of a split order came in with that order"


def test_the_same_seed_is_the_same_day(tmp_path: Path) -> None:
    outcomes: list[dict[str, str]] = []
    for place in ("first", "second"):
        office = make_office(tmp_path / place, seed=9, orders=300, faults="all")
        with office.engine() as engine:
            work_through(office, engine, lambda: None)
        with office.database.reading() as tx:
            outcomes.append(dict(tx.rows("SELECT external_id, state FROM orders")))
        office.close()
    assert outcomes[0] == outcomes[1]
