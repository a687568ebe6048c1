"""Traces: batches, stages and effects are spans, webhooks carry their context, and off costs nothing."""

from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from afterclick.control_room.watching.telemetry import Traced, tracer
from afterclick.engine.tracing import Untraced
from tests.control_room.test_outgoing import TellingOffice


def test_a_batch_its_stages_and_its_effects_are_one_trace(tmp_path: Path, database_url: str) -> None:
    office, kept = TellingOffice(tmp_path, database_url), InMemorySpanExporter()
    traced = Traced(SimpleSpanProcessor(kept), version="1")
    office.engine.tracer = office.engine.door.tracer = traced
    office.subscribe("shipped")
    office.happens("shipped")
    office.run()
    office.engine.stop()
    office.database.dispose()
    traced.end()
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert {"webhooks.tell", "note", "tell"} <= set(spans)
    traces = {span.context.trace_id for span in spans.values() if span.context is not None}
    sent = office.program.told[0].headers["traceparent"]
    assert [f"{one:032x}" for one in traces] == [sent.split("-")[1]]
    assert not any("because" in str(span.attributes) or "https" in str(span.attributes) for span in spans.values())


def test_no_address_is_no_tracer() -> None:
    nobody, end = tracer("", version="1")
    end()
    assert isinstance(nobody, Untraced)
    assert nobody.span("a", batch=1) is nobody.span("b")
    assert nobody.traceparent() == ""


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/v1/traces"])
def test_an_address_makes_one_that_ends_without_waiting_for_what_cannot_be_sent(endpoint: str) -> None:
    made, end = tracer(endpoint, version="1")
    assert isinstance(made, Traced)
    end()
