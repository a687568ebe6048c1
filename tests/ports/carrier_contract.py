"""What every parcel carrier behind `ports.carrier` must do."""

from afterclick.domain.order import Address
from afterclick.domain.shipping import Label, LabelRequest, VoidRequest
from afterclick.ports.answer import Declined, Done
from afterclick.ports.carrier import Carrier
from tests.ports.insisting import insist

BERLIN = Address(name="A", line1="Hauptstraße 1", city="Berlin", postcode="10115", country="DE")


def request(key: str, *, order_id: int = 1, weight_g: int = 900, ship_to: Address = BERLIN) -> LabelRequest:
    return LabelRequest(key=key, order_id=order_id, warehouse="WH-01", ship_to=ship_to, weight_g=weight_g)


def _garbled(label: Label | None, carrier: Carrier) -> bool:
    return label is not None and (not label.tracking or label.cost < 0 or label.currency != carrier.tariff().currency)


class CarrierContract:
    """Inherit it, and give a fixture `carrier` that delivers to Germany and not to the country `XX`."""

    def bought(self, carrier: Carrier, wanted: LabelRequest) -> Label:
        """A usable label; a garbled answer is asked again, as one that never came."""
        for _ in range(5):
            (answer,) = insist(carrier.label, wanted)
            assert isinstance(answer, Done), answer
            label: Label = answer.answer
            if not _garbled(label, carrier):
                return label
        raise AssertionError("no usable label after 5 tries")

    def declined(self, carrier: Carrier, wanted: LabelRequest) -> bool:
        """Whether it is declined in the end; a label in the answer may only be a garbled one."""
        for _ in range(5):
            (answer,) = insist(carrier.label, wanted)
            if isinstance(answer, Declined):
                return True
            if not _garbled(answer.answer if isinstance(answer, Done) else None, carrier):
                return False
        return False

    def test_nothing_asked_is_nothing_answered(self, carrier: Carrier) -> None:
        assert list(carrier.label([])) == list(carrier.void([])) == []

    def test_the_rate_card_names_the_carrier_and_only_possible_rates(self, carrier: Carrier) -> None:
        tariff = carrier.tariff()
        assert tariff.carrier == carrier.name and tariff.rates
        assert all(rate.base >= 0 and rate.per_kg >= 0 and rate.days >= 1 for rate in tariff.rates.values())

    def test_a_label_costs_what_the_rate_card_says(self, carrier: Carrier) -> None:
        tariff = carrier.tariff()
        rate = tariff.rates["DE"]
        for weight_g, kilograms in ((1, 1), (1000, 1), (1001, 2), (tariff.max_weight_g, -(-tariff.max_weight_g // 1000))):
            label = self.bought(carrier, request(f"1:{weight_g}", weight_g=weight_g))
            assert label.cost == rate.base + kilograms * rate.per_kg
            assert label.carrier == carrier.name

    def test_the_same_key_buys_one_label(self, carrier: Carrier) -> None:
        assert self.bought(carrier, request("1:label")) == self.bought(carrier, request("1:label"))

    def test_other_keys_buy_other_labels(self, carrier: Carrier) -> None:
        numbers = {self.bought(carrier, request(f"{i}:{part}", order_id=i)).tracking for i in range(1, 20) for part in "ab"}
        assert len(numbers) == 38

    def test_answers_come_in_the_order_of_the_requests(self, carrier: Carrier) -> None:
        wanted = [request(f"{i}:l", order_id=i) for i in (5, 2, 9, 1)]
        alone = [self.bought(carrier, one) for one in wanted]
        assert [a.answer for a in insist(carrier.label, *wanted) if isinstance(a, Done)] == alone

    def test_a_country_not_on_the_rate_card_is_declined(self, carrier: Carrier) -> None:
        assert self.declined(carrier, request("1:x", ship_to=Address(country="XX")))

    def test_a_parcel_too_heavy_or_weightless_is_declined(self, carrier: Carrier) -> None:
        for weight_g in (carrier.tariff().max_weight_g + 1, 0, -5):
            assert self.declined(carrier, request(f"1:{weight_g}", weight_g=weight_g))

    def test_a_label_can_be_voided_and_voided_again(self, carrier: Carrier) -> None:
        label = self.bought(carrier, request("1:label"))
        void = VoidRequest(key="1:void", order_id=1, label_key="1:label", tracking=label.tracking)
        assert insist(carrier.void, void) == insist(carrier.void, void) == [Done(None)]

    def test_a_label_is_voided_by_its_key_alone_or_though_it_was_never_bought(self, carrier: Carrier) -> None:
        self.bought(carrier, request("1:label"))
        voids = [VoidRequest(key=f"{key}:void", order_id=1, label_key=key) for key in ("1:label", "1:never")]
        assert insist(carrier.void, *voids) == [Done(None), Done(None)]

    def test_a_voided_key_gives_no_label_any_more(self, carrier: Carrier) -> None:
        self.bought(carrier, request("1:label"))
        for key in ("1:label", "1:never"):
            insist(carrier.void, VoidRequest(key=f"{key}:void", order_id=1, label_key=key))
            assert self.declined(carrier, request(key))
