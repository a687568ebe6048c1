"""How far vendors' promises hold, as receipts show it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.procurement.vendors.reliability import UNKNOWN, Delivery, learn

TODAY = date(2026, 11, 22)


def deliveries(vendor: str, delays: list[int], **given) -> list[Delivery]:
    return [Delivery(vendor, TODAY - timedelta(days=30 + d), TODAY - timedelta(days=30), **given) for d in delays]


def test_without_receipts_a_promise_is_taken_at_its_word() -> None:
    assert UNKNOWN.lead_days(7, 0.95) == 7
    assert UNKNOWN.on_time_share == 1
    assert "taken at its word" in UNKNOWN.said
    assert learn([], today=TODAY) == {"": UNKNOWN}


def test_few_receipts_lean_towards_the_promise_and_many_speak_for_themselves() -> None:
    few = learn(deliveries("A", [10] * 2), today=TODAY)["A"]
    many = learn(deliveries("A", [10] * 200), today=TODAY)["A"]
    assert few.late_share < 0.2 < 0.9 < many.late_share
    assert few.lead_days(7, 0.5) == 7
    assert many.lead_days(7, 0.5) == 17
    assert many.mean_late_days == pytest.approx(10, rel=0.1)


def test_a_new_vendor_leans_towards_what_the_others_show() -> None:
    known = learn([*deliveries("A", [5] * 60), *deliveries("B", [5])], today=TODAY)
    assert known["B"].lead_days(7, 0.9) == 12
    assert known[""].deliveries == 0
    assert known[""].late_share == pytest.approx(1)


def test_early_deliveries_shorten_the_lead_time_but_never_below_a_day_of_none() -> None:
    early = learn(deliveries("A", [-20] * 100), today=TODAY)["A"]
    assert early.lead_days(30, 0.5) == 10
    assert early.lead_days(7, 0.5) == 0
    assert early.mean_late_days == 0


def test_short_deliveries_and_dearer_invoices_are_counted() -> None:
    rows = deliveries("A", [0] * 100, ordered=10, arrived=8, agreed=1000, charged=1100)
    record = learn(rows, today=TODAY)["A"]
    assert record.fill_share == pytest.approx(0.8, abs=0.03)
    assert record.price_up == pytest.approx(0.1, abs=0.01)
    assert "100% on time" in record.said


def test_old_deliveries_count_less_and_future_ones_not_at_all() -> None:
    old = [Delivery("A", date(2016, 1, 1), date(2016, 1, 31))] * 50
    new = deliveries("A", [0] * 50)
    assert learn([*old, *new], today=TODAY)["A"].late_share < 0.05
    assert learn([Delivery("A", date(2030, 1, 1), date(2030, 2, 1))], today=TODAY) == {"": UNKNOWN}


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-4000, 4000), st.integers(0, 50)), max_size=60))
def test_quantiles_never_fall_and_shares_are_shares(rows) -> None:
    known = learn([one for name, days, came in rows for one in deliveries(name, [days], ordered=10, arrived=came)], today=TODAY)
    for record in known.values():
        assert list(record.delays) == sorted(record.delays)
        assert 0 <= record.late_share <= 1
        assert 0 <= record.fill_share <= 1
        assert record.mean_late_days >= 0
        assert record.lead_days(10, 0.95) >= record.lead_days(10, 0.5) >= 0


@pytest.mark.realdata
@pytest.mark.parametrize(("cut", "least"), [(date(2011, 1, 1), 0.90), (date(2012, 1, 1), 0.94), (date(2012, 7, 1), 0.94)])
def test_lead_times_learnt_from_earlier_shipments_cover_the_later_ones(shared_data: Path, cut: date, least: float) -> None:
    """The 95 % quantile by vendor; the year 2011 was late as none before it, which no record can foresee."""
    import polars as pl

    columns = ("Vendor", "ASN/DN #", "Scheduled Delivery Date", "Delivered to Client Date")
    table = shared_data / "scms_delivery" / "scms_delivered_2006_2013H1.parquet"
    rows = sorted(set(pl.read_parquet(table, columns=list(columns)).select(columns).iter_rows()))
    seen = [Delivery(name, _day(promised), _day(came)) for name, _, promised, came in rows]
    known = learn((one for one in seen if one.received < cut), today=cut)
    later = [one for one in seen if one.promised >= cut]
    covered = [(one.received - one.promised).days <= known.get(one.vendor, known[""]).delay(0.95) for one in later]
    assert least <= sum(covered) / len(covered) <= 0.99


def _day(text: str) -> date:
    return datetime.strptime(text, "%d-%b-%y").date()  # noqa: DTZ007  # a day without a time
