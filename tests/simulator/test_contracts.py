"""The simulator's ports keep the contracts, also while they lose answers, are slow or talk nonsense."""

from pathlib import Path

import pytest

from afterclick.domain.payment import Authorise, Capture
from afterclick.domain.shipping import Recall
from afterclick.ports.answer import Declined, Done, Unavailable
from afterclick.simulator.carrier import SimulatedCarrier
from afterclick.simulator.faults import Faults
from afterclick.simulator.mailbox import SimulatedMailbox
from afterclick.simulator.payments import HOLDS_MS, SimulatedPayments
from afterclick.simulator.shop import SimulatedStore
from afterclick.simulator.warehouse import LEAVES_AFTER_MS, SimulatedWarehouse
from afterclick.simulator.world import World
from tests.ports.carrier_contract import CarrierContract, request
from tests.ports.insisting import insist
from tests.ports.mailbox_contract import MailboxContract
from tests.ports.payments_contract import PaymentsContract, authorise
from tests.ports.store_contract import StoreContract
from tests.ports.warehouse_contract import Shelf, WarehouseContract, hand_over
from tests.simulator.worlds import Clock, small_world


class InAWorld:
    """Gives a world of `faults` to every test of a class."""

    faults = Faults.none()

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def world(self, tmp_path: Path, clock: Clock) -> World:
        return small_world(tmp_path, faults=self.faults, clock=clock)


class TestPayments(InAWorld, PaymentsContract):
    @pytest.fixture
    def payments(self, world: World) -> SimulatedPayments:
        return world.payments

    def test_an_expired_authorisation_is_declined_as_expired(self, world: World, clock: Clock) -> None:
        (held,) = insist(world.payments.authorise, authorise("1:a", 1000))
        assert isinstance(held, Done) and held.answer.expires_ms == clock.now_ms + HOLDS_MS
        clock.now_ms += HOLDS_MS
        (answer,) = insist(world.payments.capture, Capture("1:c", 1, held.answer.reference, 1000, "EUR"))
        assert isinstance(answer, Declined) and answer.because.startswith("expired")


class TestPaymentsThatLoseEveryFirstAnswer(TestPayments):
    faults = Faults(payment_answer_lost=1.0)

    def test_the_money_has_moved_all_the_same(self, world: World) -> None:
        wanted = authorise("1:a", 1000)
        assert isinstance(world.payments.authorise([wanted])[0], Unavailable)
        assert next(world.ledger.rows("SELECT amount FROM holds")) == (1000,)
        assert isinstance(world.payments.authorise([wanted])[0], Done)
        assert world.ledger.repeats() == {"authorise": 1}


class TestCarrier(InAWorld, CarrierContract):
    @pytest.fixture
    def carrier(self, world: World) -> SimulatedCarrier:
        return world.carriers[0]


class TestCarrierInTrouble(TestCarrier):
    faults = Faults(carrier_down=0.5, carrier_slow=0.3, carrier_nonsense=0.3)


class TestWarehouse(InAWorld, WarehouseContract):
    @pytest.fixture
    def warehouse(self, world: World) -> SimulatedWarehouse:
        return world.warehouse

    @pytest.fixture
    def shelf(self, world: World) -> Shelf:
        return next(row for row in world.opening_stock() if row[2] >= 4)

    def test_a_parcel_that_left_the_building_cannot_be_recalled(self, world: World, shelf: Shelf, clock: Clock) -> None:
        insist(world.warehouse.hand_over, hand_over(shelf, "a", 1))
        clock.now_ms += LEAVES_AFTER_MS
        (answer,) = insist(world.warehouse.recall, Recall("r", 1))
        assert isinstance(answer, Declined) and "left the building" in answer.because

    def test_goods_of_another_company_are_taken_at_its_word(self, world: World) -> None:
        assert insist(world.warehouse.hand_over, hand_over(("THEIR-OWN", "anywhere", 0), "a", 10**6)) == [Done(None)]

    def test_received_goods_can_be_handed_over(self, world: World, shelf: Shelf) -> None:
        world.warehouse.receive([(shelf[0], shelf[1], 5)])
        assert insist(world.warehouse.hand_over, hand_over(shelf, "a", shelf[2] + 5)) == [Done(None)]


class TestStore(InAWorld, StoreContract):
    @pytest.fixture
    def store(self, world: World) -> SimulatedStore:
        return world.store


class TestMailbox(InAWorld, MailboxContract):
    @pytest.fixture
    def mailbox(self, world: World) -> SimulatedMailbox:
        return world.mailbox


def test_a_declined_card_is_declined_under_any_key(tmp_path: Path) -> None:
    payments = small_world(tmp_path, faults=Faults(payment_declined=0.5)).payments
    kinds = {
        token: {
            type(answer) for answer in payments.authorise([Authorise(f"{token}:{k}", 1, token, 100, "EUR") for k in range(5)])
        }
        for token in (f"tok_{i}" for i in range(100))
    }
    assert all(len(one) == 1 for one in kinds.values())
    assert 30 < sum(Declined in one for one in kinds.values()) < 70


def test_a_label_bought_behind_a_timeout_is_the_one_given_later(tmp_path: Path) -> None:
    world = small_world(tmp_path, faults=Faults(carrier_slow=0.5))
    carrier = world.carriers[0]
    wanted = [request(f"{i}:label", order_id=i) for i in range(1, 201)]
    first = carrier.label(wanted)
    behind = dict(world.ledger.rows("SELECT order_id, tracking FROM labels"))
    lost = [i for i, answer in enumerate(first) if isinstance(answer, Unavailable) and wanted[i].order_id in behind]
    never = [i for i, answer in enumerate(first) if isinstance(answer, Unavailable) and wanted[i].order_id not in behind]
    assert lost and never  # some were bought, some were not
    final = insist(carrier.label, *wanted)
    assert [a.answer.tracking for i in lost if isinstance(a := final[i], Done)] == [behind[wanted[i].order_id] for i in lost]
    assert next(world.ledger.rows("SELECT COUNT(*) FROM labels")) == (200,)


def test_each_kind_of_nonsense_is_told_from_a_usable_label(tmp_path: Path) -> None:
    carrier = small_world(tmp_path, faults=Faults(carrier_nonsense=1.0)).carriers[0]
    labels = [a.answer for a in carrier.label([request(f"{i}:label", order_id=i) for i in range(100)]) if isinstance(a, Done)]
    faults = {(not label.tracking, label.currency != "EUR", label.cost < 0) for label in labels}
    assert len(labels) == 100
    assert faults == {(True, False, False), (False, True, False), (False, False, True)}
