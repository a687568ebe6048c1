"""EPCIS documents are read into what they say of goods; what cannot be read is named, and the rest goes on."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.reading import epcis
from afterclick.reading.epcis import NotEpcis, read

AT = "2026-11-20T10:00:00.000+01:00"
AT_MS = 1_795_165_200_000
TAG = "urn:epc:id:sgtin:0614141.107346.2018"


def event(**fields: Any) -> dict[str, Any]:
    """An observation of one tag at a gate."""
    return {
        "type": "ObjectEvent",
        "eventID": "e-1",
        "eventTime": AT,
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "epcList": [TAG],
        "readPoint": {"id": "gate"},
    } | fields


def document(*events: object) -> bytes:
    return json.dumps({"type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": list(events)}}).encode()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, [("in", TAG, 1.0)]),
        ({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, [("out", TAG, 1.0)]),
        ({"bizStep": "https://ref.gs1.org/cbv/BizStep-cycle_counting"}, [("count", TAG, 1.0)]),
        ({"bizStep": "inspecting"}, [("alive", "", 0.0)]),
        ({"bizStep": "void_shipping"}, [("in", TAG, 1.0)]),
        ({"bizStep": "", "action": "ADD"}, [("in", TAG, 1.0)]),
        ({"bizStep": "", "action": "DELETE"}, [("out", TAG, 1.0)]),
        ({"epcList": [], "quantityList": [{"epcClass": "c", "quantity": 7}]}, [("in", "c", 7.0)]),
        ({"epcList": [], "quantityList": [{"epcClass": "c", "quantity": 7, "uom": "EA"}]}, [("in", "c", 7.0)]),
        ({"epcList": [], "quantityList": [{"epcClass": "c", "quantity": 7, "uom": "LTR"}]}, [("alive", "", 0.0)]),
        ({"epcList": [], "quantityList": [{"epcClass": "c"}]}, [("alive", "", 0.0)]),
        ({"type": "AggregationEvent", "parentID": "p", "childEPCs": [TAG]}, [("in", TAG, 1.0)]),
        ({"type": "AggregationEvent", "childEPCs": [TAG], "bizStep": "packing", "action": "ADD"}, [("alive", "", 0.0)]),
        ({"type": "AssociationEvent", "childEPCs": [TAG], "bizStep": "departing"}, [("out", TAG, 1.0)]),
        ({"type": "TransactionEvent", "bizStep": "shipping"}, [("out", TAG, 1.0)]),
        (
            {"type": "TransformationEvent", "inputEPCList": ["a"], "outputEPCList": ["b"], "bizStep": "commissioning"},
            [("out", "a", 1.0), ("in", "b", 1.0)],
        ),
        ({"errorDeclaration": {"declarationTime": AT, "reason": "incorrect_data"}}, [("void", "", 0.0)]),
        ({"epcList": [], "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4}]}]}, [("measure", "", 0.0)]),
    ],
)
def test_each_kind_of_event_says_what_became_of_goods(fields: dict[str, Any], said: list[tuple[str, str, float]]) -> None:
    found = read(document(event(**fields)))
    assert [(one.kind, one.code, one.pieces) for one in found.readings] == said
    assert {(one.key, one.at_ms, one.sensor) for one in found.readings} == {("epcis:e-1", AT_MS, "gate")}


def test_weights_of_goods_are_kept_in_grams() -> None:
    quantity = {"epcClass": "c", "quantity": 2.5, "uom": "KGM"}
    (found,) = read(document(event(epcList=[], quantityList=[quantity]))).readings
    assert (found.kind, found.grams) == ("measure", 2_500.0)


def test_an_event_without_a_name_is_named_by_what_it_says() -> None:
    first, again, other = (
        read(document(event(eventID="", **more))).readings[0].key for more in ({}, {"recordTime": AT}, {"epcList": ["x"]})
    )
    assert first == again != other


def test_an_event_that_cannot_be_read_does_not_keep_the_others_from_it() -> None:
    bad: list[object] = [
        event(eventTime="yesterday"),
        event(errorDeclaration="x"),
        event(errorDeclaration=None),
        event(eventTime="2026-11-20T10:00:00"),
        event(type="Fantasy"),
        event(epcList="x"),
        event(quantityList=[{"epcClass": "c", "quantity": -1}]),
        event(quantityList=[{"quantity": "many"}]),
        event(bizStep=7),
        5,
        None,
        event(epcList=[["nested"]]),
        event(eventID="a\0b"),
    ]
    found = read(document(*bad, event()))
    assert (len(found.readings), len(found.unread)) == (1, len(bad))
    assert found.unread[0].because.startswith("event 1: 'yesterday' is no time")


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b"<xml/>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"5", "neither an object nor a list"),
        (b"{}", "no epcisBody"),
        (b'{"epcisBody": {"eventList": 5}}', "no epcisBody"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 50_000, "nested"),
    ],
)
def test_what_is_no_document_is_refused(body: bytes, because: str) -> None:
    with pytest.raises(NotEpcis, match=because):
        read(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "epcList",
                        "quantityList",
                        "epcClass",
                        "quantity",
                        "uom",
                        "readPoint",
                        "id",
                        "errorDeclaration",
                        "sensorElementList",
                        "childEPCs",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_no_event_breaks_the_reader(strange: object) -> None:
    found = read(document(strange, event()))
    assert found.readings


@pytest.mark.realdata
def test_every_example_of_the_standard_is_read(shared_data: Path) -> None:
    examples = next((shared_data / "epcis_events").glob("*.zip"))
    seen: set[str] = set()
    events = 0
    with zipfile.ZipFile(examples) as folder:
        for name in folder.namelist():
            if not name.endswith((".json", ".jsonld")):
                continue
            found = epcis.read(folder.read(name))
            assert found.events, name
            assert not found.unread, name
            assert found.readings, name
            events += found.events
            seen |= {one.kind for one in found.readings}
    assert events >= 24
    assert seen == {"in", "out", "void", "measure", "alive"}
