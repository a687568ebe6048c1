"""What every payment provider behind `ports.payments` must do."""

import pytest

from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.ports.answer import Declined, Done
from afterclick.ports.payments import Payments
from tests.ports.insisting import insist


def authorise(key: str, amount: int, *, order_id: int = 1) -> Authorise:
    return Authorise(key=key, order_id=order_id, token="tok_1", amount=amount, currency="EUR")


class PaymentsContract:
    """Inherit it, and give a fixture `payments` whose provider accepts the token `tok_1` for EUR."""

    @pytest.fixture
    def held(self, payments: Payments) -> str:
        """The reference of an authorisation of 10.00."""
        return self.reference(payments.authorise, authorise("1:authorise", 1000))

    def reference(self, act: object, request: object) -> str:
        (answer,) = insist(act, request)  # pyright: ignore[reportArgumentType]
        assert isinstance(answer, Done) and isinstance(answer.answer, Payment), answer
        return answer.answer.reference

    def capture(self, held: str, key: str, amount: int, currency: str = "EUR") -> Capture:
        return Capture(key=key, order_id=1, authorisation=held, amount=amount, currency=currency)

    def test_nothing_asked_is_nothing_answered(self, payments: Payments) -> None:
        assert [list(act([])) for act in (payments.authorise, payments.capture, payments.release, payments.refund)] == [[]] * 4

    def test_answers_come_in_the_order_of_the_requests(self, payments: Payments) -> None:
        amounts = [500, 300, 900, 100]
        requests = [authorise(f"{i}:a", amount, order_id=i) for i, amount in enumerate(amounts, 1)]
        answers = insist(payments.authorise, *requests)
        assert [answer.answer.amount for answer in answers if isinstance(answer, Done)] == amounts

    def test_an_authorisation_holds_for_a_while(self, payments: Payments) -> None:
        (answer,) = insist(payments.authorise, authorise("1:a", 1000))
        assert isinstance(answer, Done)
        assert answer.answer.expires_ms > 0

    def test_an_authorisation_of_nothing_is_declined(self, payments: Payments) -> None:
        (answer,) = insist(payments.authorise, authorise("1:a", 0))
        assert isinstance(answer, Declined)

    def test_the_same_key_authorises_once_and_answers_alike(self, payments: Payments) -> None:
        first = insist(payments.authorise, authorise("1:a", 1000))
        assert insist(payments.authorise, authorise("1:a", 1000)) == first

    def test_the_same_key_twice_in_one_batch_acts_once(self, payments: Payments, held: str) -> None:
        first, second = insist(payments.capture, self.capture(held, "k", 600), self.capture(held, "k", 600))
        assert isinstance(first, Done) and first == second
        (rest,) = insist(payments.capture, self.capture(held, "k2", 400))
        assert isinstance(rest, Done)

    def test_a_capture_takes_no_more_than_was_authorised(self, payments: Payments, held: str) -> None:
        kinds = [type(insist(payments.capture, self.capture(held, key, amount))[0]) for key, amount in
                 (("a", 600), ("a", 600), ("b", 401), ("c", 400), ("d", 1), ("e", 0), ("f", -5))]  # fmt: skip
        assert kinds == [Done, Done, Declined, Done, Declined, Declined, Declined]

    def test_a_capture_in_another_currency_is_declined(self, payments: Payments, held: str) -> None:
        (answer,) = insist(payments.capture, self.capture(held, "a", 100, currency="USD"))
        assert isinstance(answer, Declined)

    @pytest.mark.parametrize("unknown", ["", "nothing", "au-1-00000000", "au-99999999999999999999999-1", "--"])
    def test_what_was_never_authorised_cannot_be_captured_or_released(self, payments: Payments, unknown: str) -> None:
        (captured,) = insist(payments.capture, self.capture(unknown, "a", 100))
        (released,) = insist(payments.release, Release(key="b", order_id=1, authorisation=unknown))
        assert isinstance(captured, Declined) and isinstance(released, Declined)

    def test_a_released_authorisation_cannot_be_captured(self, payments: Payments, held: str) -> None:
        release = Release(key="r", order_id=1, authorisation=held)
        assert insist(payments.release, release) == insist(payments.release, release) == [Done(None)]
        (answer,) = insist(payments.capture, self.capture(held, "a", 100))
        assert isinstance(answer, Declined)

    def test_a_captured_authorisation_cannot_be_released(self, payments: Payments, held: str) -> None:
        insist(payments.capture, self.capture(held, "a", 100))
        (answer,) = insist(payments.release, Release(key="r", order_id=1, authorisation=held))
        assert isinstance(answer, Declined)

    def test_refunds_give_back_no_more_than_was_captured(self, payments: Payments, held: str) -> None:
        capture = self.reference(payments.capture, self.capture(held, "c", 1000))
        kinds = [type(insist(payments.refund, Refund(key=key, order_id=1, capture=capture, amount=amount, currency="EUR"))[0])
                 for key, amount in (("a", 700), ("a", 700), ("b", 301), ("c", 300), ("d", 1))]  # fmt: skip
        assert kinds == [Done, Done, Declined, Done, Declined]

    def test_what_was_never_captured_cannot_be_refunded(self, payments: Payments, held: str) -> None:
        (answer,) = insist(payments.refund, Refund(key="a", order_id=1, capture=held, amount=100, currency="EUR"))
        assert isinstance(answer, Declined)

    def test_a_reference_serves_another_order_number_too(self, payments: Payments, held: str) -> None:
        split = Capture(key="2:capture", order_id=2, authorisation=held, amount=400, currency="EUR")
        assert isinstance(insist(payments.capture, split)[0], Done)
        (answer,) = insist(payments.capture, self.capture(held, "rest", 601))
        assert isinstance(answer, Declined)
