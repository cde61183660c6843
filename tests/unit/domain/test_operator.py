"""What operators and the application may do."""

import pytest

from buildium_sync.domain.operator import Caller, Operator, Role, is_operator_action

READER = Caller(Operator("Rita", Role.READ, "k1"), application_can_operate=True)
OPERATOR = Caller(Operator("Ann", Role.OPERATE, "k2"), application_can_operate=False)
APPLICATION = Caller(None, application_can_operate=False)
TRUSTED_APPLICATION = Caller(None, application_can_operate=True)
WRITES = [
    ("POST", "/api/<collection>"),
    ("PUT", "/api/<collection>/<entity_id>"),
    ("POST", "/api/buildium/sync"),
    ("POST", "/api/buildium/import"),
]
OPERATOR_ACTIONS = [
    ("POST", "/api/buildium/review"),
    ("POST", "/api/buildium/drift"),
    ("POST", "/api/buildium/drift/repair"),
    ("POST", "/api/buildium/events/<event_id>/retry"),
    ("POST", "/api/buildium/pause"),
    ("POST", "/api/buildium/a-route-of-tomorrow"),
    ("POST", "/api/webhooks/test"),
    ("POST", "/api/<collection>/<entity_id>/erasure"),
]


@pytest.mark.parametrize("caller", [READER, OPERATOR, APPLICATION])
def test_everyone_may_read(caller: Caller) -> None:
    assert caller.may("GET", "/api/buildium/overview")
    assert caller.may("GET", "/api/<collection>")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_the_routes_of_the_application_need_no_operator(method: str, path: str) -> None:
    assert not is_operator_action(method, path)
    assert [each.may(method, path) for each in (READER, OPERATOR, APPLICATION)] == [False, True, True]


@pytest.mark.parametrize(("method", "path"), OPERATOR_ACTIONS)
def test_operator_actions_need_the_role_operate(method: str, path: str) -> None:
    assert is_operator_action(method, path)
    callers = (READER, OPERATOR, APPLICATION, TRUSTED_APPLICATION)
    assert [each.may(method, path) for each in callers] == [False, True, False, True]
