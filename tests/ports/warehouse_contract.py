"""What every warehouse system behind `ports.warehouse` must do."""

from afterclick.domain.shipping import HandOver, Recall
from afterclick.domain.transfer import TransferRequest
from afterclick.ports.answer import Declined, Done
from afterclick.ports.warehouse import WarehouseSystem
from tests.ports.insisting import insist

Shelf = tuple[str, str, int]


def hand_over(shelf: Shelf, key: str, pieces: int, *, order_id: int = 1) -> HandOver:
    sku, warehouse, _ = shelf
    parcels = ((warehouse, "Landpost", f"T{key}", {sku: pieces}),)
    return HandOver(key=key, order_id=order_id, external_id=f"S-{order_id}", parcels=parcels)


def transfer(shelf: Shelf, key: str, pieces: int, *, number: int = 1, end: str = "ELSEWHERE") -> TransferRequest:
    sku, start, _ = shelf
    return TransferRequest(key=key, transfer=number, number=f"TR-{number}", sku=sku, start=start, end=end, pieces=pieces)


class WarehouseContract:
    """Inherit it; give a fixture `warehouse`, and a fixture `shelf`: a (sku, warehouse id, pieces) of at least 4 pieces."""

    def test_nothing_asked_is_nothing_answered(self, warehouse: WarehouseSystem) -> None:
        assert list(warehouse.hand_over([])) == list(warehouse.recall([])) == list(warehouse.transfer([])) == []

    def test_what_is_on_the_shelf_is_handed_over_once_per_key(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        everything = hand_over(shelf, "a", shelf[2])
        assert insist(warehouse.hand_over, everything) == insist(warehouse.hand_over, everything) == [Done(None)]

    def test_what_is_not_on_the_shelf_is_declined_as_short(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        insist(warehouse.hand_over, hand_over(shelf, "a", shelf[2] - 1))
        more, one = insist(warehouse.hand_over, hand_over(shelf, "b", 2, order_id=2), hand_over(shelf, "c", 1, order_id=3))
        assert isinstance(more, Declined) and more.because.startswith("short") and shelf[0] in more.because
        assert one == Done(None)

    def test_a_declined_key_stays_declined(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        first = insist(warehouse.hand_over, hand_over(shelf, "a", shelf[2] + 1))
        assert insist(warehouse.hand_over, hand_over(shelf, "a", shelf[2] + 1)) == first

    def test_an_empty_parcel_is_declined(self, warehouse: WarehouseSystem) -> None:
        for parcels in ((), (("WH-01", "Landpost", "T1", {}),)):
            request = HandOver(key=f"e{len(parcels)}", order_id=1, external_id="S-1", parcels=parcels)
            assert isinstance(insist(warehouse.hand_over, request)[0], Declined)

    def test_a_recalled_parcel_is_back_on_the_shelf(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        insist(warehouse.hand_over, hand_over(shelf, "a", shelf[2]))
        recall = Recall(key="r", order_id=1)
        assert insist(warehouse.recall, recall) == insist(warehouse.recall, recall) == [Done(None)]
        assert insist(warehouse.hand_over, hand_over(shelf, "b", shelf[2], order_id=2)) == [Done(None)]

    def test_what_was_never_handed_over_cannot_be_recalled(self, warehouse: WarehouseSystem) -> None:
        (answer,) = insist(warehouse.recall, Recall(key="r", order_id=77))
        assert isinstance(answer, Declined) and answer.because.startswith("unknown")

    def test_what_was_stopped_is_unknown_from_then_on(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        insist(warehouse.hand_over, hand_over(shelf, "a", 1))
        insist(warehouse.recall, Recall(key="r", order_id=1))
        (again,) = insist(warehouse.recall, Recall(key="s", order_id=1))
        assert isinstance(again, Declined) and again.because.startswith("unknown")

    def test_what_is_on_the_shelf_is_sent_to_another_warehouse_once_per_key(
        self, warehouse: WarehouseSystem, shelf: Shelf
    ) -> None:
        most = transfer(shelf, "t", shelf[2] - 1)
        assert insist(warehouse.transfer, most, most) == [Done(None)] * 2
        assert insist(warehouse.transfer, most) == [Done(None)]
        assert insist(warehouse.hand_over, hand_over(shelf, "a", 1)) == [Done(None)]

    def test_pieces_that_were_sent_away_cannot_be_handed_over_any_more(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        insist(warehouse.transfer, transfer(shelf, "t", shelf[2] - 1))
        more, one = insist(warehouse.hand_over, hand_over(shelf, "b", 2, order_id=2), hand_over(shelf, "c", 1, order_id=3))
        assert isinstance(more, Declined) and more.because.startswith("short")
        assert one == Done(None)

    def test_a_transfer_of_more_than_is_there_is_declined_as_short_and_stays_so(
        self, warehouse: WarehouseSystem, shelf: Shelf
    ) -> None:
        insist(warehouse.hand_over, hand_over(shelf, "a", shelf[2] - 1))
        (short,) = insist(warehouse.transfer, transfer(shelf, "t", 2))
        assert isinstance(short, Declined) and short.because.startswith("short") and shelf[0] in short.because
        insist(warehouse.recall, Recall(key="r", order_id=1))
        assert insist(warehouse.transfer, transfer(shelf, "t", 2)) == [short]
        assert insist(warehouse.transfer, transfer(shelf, "u", shelf[2], number=2)) == [Done(None)]

    def test_a_transfer_of_nothing_is_declined(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        answers = insist(warehouse.transfer, transfer(shelf, "t", 0), transfer(shelf, "u", -1, number=2))
        assert all(isinstance(answer, Declined) for answer in answers)

    def test_a_transfer_to_where_the_pieces_are_is_declined(self, warehouse: WarehouseSystem, shelf: Shelf) -> None:
        assert isinstance(insist(warehouse.transfer, transfer(shelf, "t", 1, end=shelf[1]))[0], Declined)
