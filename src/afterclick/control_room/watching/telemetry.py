"""Traces of batches, stages and effects as OpenTelemetry, where a setting says where to send them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from afterclick.engine.tracing import Tracer, Untraced

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

SERVICE: Final = "afterclick"
Ends = Callable[[], None]


class NoTelemetry(RuntimeError):
    """Traces are asked for, and the packages for it are not installed."""


class Traced:
    """A tracer that is listened to. Spans carry ids and counts, and nothing of an order, a customer or a secret."""

    def __init__(self, processor: "SpanProcessor", *, version: str) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        resource = Resource.create({"service.name": SERVICE, "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("afterclick.engine")

    def span(self, name: str, **facts: str | int) -> AbstractContextManager[object]:
        return self._tracer.start_as_current_span(
            name,
            attributes={f"afterclick.{key}": value for key, value in facts.items()},
            record_exception=False,
            set_status_on_exception=False,  # an error may name what was worked on
        )

    def traceparent(self) -> str:
        """The current span as W3C Trace Context has it, version 00."""
        from opentelemetry.trace import get_current_span

        context = get_current_span().get_span_context()
        if not context.is_valid:
            return ""
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"

    def end(self) -> None:
        """Send what is left, and stop."""
        self._provider.shutdown()


def tracer(endpoint: str, *, version: str) -> tuple[Tracer, Ends]:
    """A tracer that sends to this address, and how to end it; without an address, one that nobody listens to.

    Raises:
        NoTelemetry: the extra is not installed.
    """
    if not endpoint:
        return Untraced(), lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise NoTelemetry(
            "telemetry.endpoint is set, but the packages are missing: pip install 'afterclick[telemetry]'"
        ) from error
    made = Traced(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)), version=version)
    return made, made.end
