"""The document of the interface against the interface itself: schemathesis asks every route what it likes."""

import time
from typing import Any, Final, cast

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.control_room.api_office import ApiOffice

EXAMPLES: Final = 4
THERE: Final[dict[str, object]] = {
    "order_id": 1, "task_id": 1, "person_id": 1, "bot_id": "orders.fulfil", "sku": "CUP", "block": 1, "seq": 0, "number": 1,
    "session_id": 1,
}  # fmt: skip
"""What is there in the office: every second example is about it."""
CHECKS: Final = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
LONGEST_S: Final = 20
PER_FILE: Final = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large),
)


def test_no_route_fails_or_answers_what_it_does_not_document(shared_office: ApiOffice) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", shared_office.app)
    began, asked = time.process_time(), 0
    for found in schema.get_all_operations():
        asked += _ask(cast(Any, found).ok())
    assert asked > 150
    assert time.process_time() - began < LONGEST_S, "too slow: take fewer examples"


def _ask(operation: Any) -> int:
    asked = 0
    roles = "anna viewer,operator,approver,architect,auditor,admin"

    @seed(20261122)
    @PER_FILE
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        nonlocal asked
        asked += 1
        if asked % 2 and case.path_parameters:
            case.path_parameters |= {name: THERE[name] for name in case.path_parameters if name in THERE}
        case.call_and_validate(checks=CHECKS, headers={"x-test-roles": roles})

    check()
    return asked
