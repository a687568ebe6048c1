"""How a connector that takes one request at a time answers many: in their order, and a fault is no answer."""

import pytest

from afterclick.ports.answer import Answer, Declined, Done, Unavailable, one_by_one, unavailable


def half(number: int) -> Answer[int]:
    if number < 0:
        raise ConnectionError("the line is dead")
    return Declined("odd") if number % 2 else Done(number // 2)


@pytest.mark.parametrize("at_once", [1, 2, 16])
@pytest.mark.parametrize("count", [0, 1, 2, 40])
def test_answers_come_in_the_order_of_the_requests(count: int, at_once: int) -> None:
    assert one_by_one(half, range(count), at_once=at_once) == [half(number) for number in range(count)]


@pytest.mark.parametrize("requests", [[-1], [4, -1, 3]])
def test_an_error_is_no_answer_and_the_others_are_answered(requests: list[int]) -> None:
    dead = Unavailable("ConnectionError: the line is dead")
    assert one_by_one(half, requests) == [dead if number < 0 else half(number) for number in requests]


def test_a_system_that_is_down_answers_nobody() -> None:
    assert unavailable(["a", "b"], "closed") == [Unavailable("closed"), Unavailable("closed")]
