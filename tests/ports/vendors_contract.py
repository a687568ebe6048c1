"""What every connector of vendors behind `ports.vendors` must do."""

from collections.abc import Sequence

from afterclick.domain.purchase import PurchaseLine, PurchaseOrder
from afterclick.domain.vendor_messages import Dispatch, Reminder, Reply, Withdrawal
from afterclick.ports.answer import Declined, Done
from afterclick.ports.vendors import Vendors
from tests.ports.insisting import insist


def order(purchase: int, *lines: PurchaseLine) -> PurchaseOrder:
    kept = lines or (PurchaseLine(1, "CUP", 10, 250), PurchaseLine(2, "PLATE", 5, 400))
    return PurchaseOrder(f"PO-2026-{purchase:06d}", "ACME", "EUR", kept, warehouse="W1", id=purchase)


def dispatch(key: str, purchase: int = 1, placed: PurchaseOrder | None = None) -> Dispatch:
    what = placed or order(purchase)
    return Dispatch(
        key=key, purchase=purchase, number=what.number, vendor="ACME", to="0088:1", order=what, format="ubl",
        document=b"<Order/>", amount=what.net,
    )  # fmt: skip


def withdrawal(key: str, purchase: int = 1) -> Withdrawal:
    number = order(purchase).number
    return Withdrawal(key=key, purchase=purchase, number=number, vendor="ACME", to="0088:1", because="a mistake")


def reminder(key: str, purchase: int = 1) -> Reminder:
    number = order(purchase).number
    return Reminder(
        key=key, purchase=purchase, number=number, vendor="ACME", to="0088:1", asks="deliver", lines=(1,), text="late"
    )


def all_replies(vendors: Vendors, limit: int = 2) -> Sequence[Reply]:
    """Every reply, read page by page."""
    found: list[Reply] = []
    cursor = ""
    while True:
        page = vendors.replies(cursor=cursor, limit=limit)
        found += page.replies
        if not page.more:
            return found
        cursor = page.cursor


class VendorsContract:
    """Inherit it; give a fixture `vendors`, whose vendors take every order and answer by the time `answered()` returns."""

    def answered(self, vendors: Vendors) -> None:
        """Let so much time pass that every order is answered."""
        raise NotImplementedError

    def test_nothing_asked_is_nothing_answered(self, vendors: Vendors) -> None:
        assert list(vendors.order([])) == list(vendors.withdraw([])) == list(vendors.remind([])) == []
        assert vendors.replies(cursor="", limit=10).replies == ()

    def test_the_same_key_is_placed_once_and_answered_alike(self, vendors: Vendors) -> None:
        first = insist(vendors.order, dispatch("a"))
        assert insist(vendors.order, dispatch("a")) == first
        assert isinstance(first[0], Done)
        self.answered(vendors)
        assert len({one.id for one in all_replies(vendors)}) == len(all_replies(vendors)) >= 1

    def test_an_order_of_nothing_is_declined(self, vendors: Vendors) -> None:
        empty = PurchaseOrder("PO-2026-000001", "ACME", "EUR", (), id=1)
        assert isinstance(insist(vendors.order, dispatch("a", placed=empty))[0], Declined)

    def test_answers_come_in_order_and_pages_join_without_gap_or_repeat(self, vendors: Vendors) -> None:
        answers = insist(vendors.order, *(dispatch(f"k{number}", number) for number in range(1, 8)))
        assert all(isinstance(one, Done) for one in answers)
        self.answered(vendors)
        one_by_one, at_once = all_replies(vendors, limit=1), all_replies(vendors, limit=100)
        assert list(one_by_one) == list(at_once)
        assert [one.at_ms for one in at_once] == sorted(one.at_ms for one in at_once)
        last = vendors.replies(cursor="", limit=100).cursor
        assert vendors.replies(cursor=last, limit=100).replies == ()

    def test_an_order_that_was_taken_back_before_it_came_is_not_taken(self, vendors: Vendors) -> None:
        assert isinstance(insist(vendors.withdraw, withdrawal("w"))[0], Done)
        assert isinstance(insist(vendors.order, dispatch("a"))[0], Declined)

    def test_an_order_is_taken_back_once_and_a_reminder_is_heard(self, vendors: Vendors) -> None:
        insist(vendors.order, dispatch("a"))
        assert isinstance(insist(vendors.remind, reminder("r"))[0], Done)
        first = insist(vendors.withdraw, withdrawal("w"))
        assert insist(vendors.withdraw, withdrawal("w")) == first
