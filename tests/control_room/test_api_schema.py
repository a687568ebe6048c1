"""The document of the interface against the interface itself: schemathesis asks every route what it likes."""

import time
from contextlib import suppress
from typing import Any, Final, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.control_room.api_office import ApiOffice

EXAMPLES: Final = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 2}
THERE: Final[dict[str, object]] = {
    "order_id": 1, "task_id": 1, "person_id": 1, "bot_id": "orders.fulfil", "sku": "CUP", "block": 1, "seq": 0, "number": 1,
    "session_id": 1,
}  # fmt: skip
"""What is there in the office: every second example is about it."""
CHECKS: Final = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
TOKEN: Final = {"Authorization": "Bearer x"}
"""Does not count here, and would else be what is left out of most requests that are to be wrong."""
LONGEST_S: Final = 20
PER_FILE: Final = settings(
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
)


@pytest.mark.parametrize("mode", GenerationMode, ids=["as documented", "otherwise than documented"])
def test_no_route_fails_or_answers_what_it_does_not_document(shared_office: ApiOffice, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", shared_office.app)
    began, asked = time.process_time(), 0
    for found in schema.get_all_operations():
        asked += _ask(cast(Any, found).ok(), mode)
    assert asked > 150
    assert time.process_time() - began < LONGEST_S, "too slow: take fewer examples"


def _ask(operation: Any, mode: GenerationMode) -> int:
    asked = 0
    roles = "anna viewer,operator,approver,architect,auditor,admin"

    @seed(20261122)
    @settings(PER_FILE, max_examples=EXAMPLES[mode])
    @given(case=operation.as_strategy(mode, headers=TOKEN))
    def check(case: Any) -> None:
        nonlocal asked
        asked += 1
        if asked % 2 and case.path_parameters:
            case.path_parameters |= {name: THERE[name] for name in case.path_parameters if name in THERE}
        case.call_and_validate(checks=CHECKS, headers={"x-test-roles": roles})

    with suppress(*[Unsatisfiable] if mode is GenerationMode.NEGATIVE else []):  # some take nothing that could be wrong
        check()
    return asked
