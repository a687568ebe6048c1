"""A sensor's message is read strictly: it says one thing, at a possible time, or it is dropped by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.connectors.sensor_messages import Unusable, read

NOW = 1_795_132_800_000


def kinds(message: object) -> list[tuple[str, str, float, float, int]]:
    found = read("s-1", json.dumps(message).encode(), arrived_ms=NOW)
    return [(one.kind, one.code, one.pieces, one.grams, one.at_ms - NOW) for one in found]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"grams": 1250}, [("weight", "", 0.0, 1250.0, 0)]),
        ({"grams": -3.5, "at": NOW - 7}, [("weight", "", 0.0, -3.5, -7)]),
        ({"id": "1", "code": "4006381333931", "pieces": 3, "direction": "out"}, [("out", "4006381333931", 3.0, 0.0, 0)]),
        ({"id": "1", "code": "X", "pieces": 12, "direction": "count"}, [("count", "X", 12.0, 0.0, 0)]),
        (
            {"reads": [{"epc": "a", "direction": "in"}, {"epc": "b", "direction": "out", "at": NOW + 5}]},
            [("in", "a", 1.0, 0.0, 0), ("out", "b", 1.0, 0.0, 5)],
        ),
        ({"alive": True, "firmware": {"x": [1, 2]}}, [("alive", "", 0.0, 0.0, 0)]),
        ({"grams": 1, "at": "2026-11-20T01:00:00+01:00"}, [("weight", "", 0.0, 1.0, 0)]),
    ],
)
def test_a_message_says_one_thing(message: object, said: list[tuple[str, str, float, float, int]]) -> None:
    assert kinds(message) == said


@pytest.mark.parametrize(
    ("payload", "because"),
    [
        (b"", "cannot be read"),
        (b"\x00\xff\x80", "cannot be read"),
        (b"[1, 2]", "cannot be read"),
        (b'"text"', "cannot be read"),
        (b'{"grams": "heavy"}', "cannot be read"),
        (b'{"grams": 1e300}', "cannot be read"),
        (b'{"pieces": -1}', "cannot be read"),
        (b'{"reads": [{"epc": "a", "direction": "up"}]}', "cannot be read"),
        (b"{}", "one thing"),
        (b'{"alive": false}', "one thing"),
        (b'{"grams": 1, "alive": true}', "one thing"),
        (b'{"direction": "in", "id": "1"}', "not what"),
        (b'{"direction": "in", "code": "A"}', "twice"),
        (b'{"grams": 1, "at": "soon"}', "no time"),
        (b'{"grams": 1, "at": "2026-11-20T00:00:00"}', "no time"),
        (b'{"grams": 1, "at": 5}', "set the sensor's clock"),
        (b'{"grams": 1, "id": "a\\u0000b"}', "U\\+0000"),
        (b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "nested|cannot be read"),
        (b'{"grams": 1, "x": "' + b"a" * 70_000 + b'"}', "65,536 are the most"),
    ],
)
def test_a_bad_message_is_dropped_by_name(payload: bytes, because: str) -> None:
    with pytest.raises(Unusable, match=because):
        read("s-1", payload, arrived_ms=NOW)


def test_the_same_message_has_the_same_name_again() -> None:
    for message in ({"grams": 5, "at": NOW}, {"id": "7", "grams": 5}):
        first, again = (read("s-1", json.dumps(message).encode(), arrived_ms=NOW) for _ in range(2))
        assert first == again
    assert (
        read("s-1", b'{"id": "7", "grams": 5}', arrived_ms=NOW)[0].key
        != read("s-2", b'{"id": "7", "grams": 5}', arrived_ms=NOW)[0].key
    )


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_nothing_breaks_the_reader(payload: bytes) -> None:
    try:
        found = read("s-1", payload, arrived_ms=NOW)
    except Unusable as error:
        assert str(error)
    else:
        assert found
