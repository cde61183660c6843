"""AWS grants what the parts of the stack do to each other. The local cloud ignores most of these grants."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.template.deployed import Template, deployed
from tests.template.grants import missing_grants, of_type

STATEMENTS = (
    "SyncRole.ReadStream", "SyncRole.ListStreams", "SyncRole.ConsumeRetryQueue", "SyncRole.SendToDeadLetterQueue",
    "EventProcessorRole.ConsumeEventQueue", "ReconcileRole.ConsumeJobQueue", "ReconcileRole.SendScheduleFailure",
    "TimelineRole.ReadStream", "TimelineRole.ListStreams", "TimelineRole.SendToDeadLetterQueue",
    "AppWebhookRole.ConsumeQueue", "EventQueuePolicy.AllowEventRule", "EventQueuePolicy.DenyInsecureTransport",
    "ScheduleFailureQueuePolicy.AllowSchedule", "ScheduleFailureQueuePolicy.DenyInsecureTransport",
    "AppWebhookQueuePolicy.AllowAppWebhookRule", "AppWebhookQueuePolicy.DenyInsecureTransport",
    "InternalQueuesPolicy.DenyInsecureTransport", "AlarmTopicPolicy.AllowAlarms",
    "AlarmTopicPolicy.DenyInsecureTransport",
)  # fmt: skip
FAILURE_DESTINATIONS = {
    "SyncFunctionEntities": "DestinationConfig",
    "TimelineFunctionChanges": "DestinationConfig",
    "ReconcileFunctionEventInvokeConfig": "DestinationConfig",
    "SyncRetryQueue": "RedrivePolicy",
    "EventQueue": "RedrivePolicy",
    "JobQueue": "RedrivePolicy",
    "AppWebhookQueue": "RedrivePolicy",
}
RULES = ("EventRule", "AppWebhookRule", "ReconcileFunctionSchedule")


@pytest.fixture
def template() -> Template:
    return deepcopy(deployed())


def test_nothing_is_missing() -> None:
    assert missing_grants(deployed()) == set()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_removed_statement_is_found(name: str, template: Template) -> None:
    resource, sid = name.split(".")
    [statements] = [each for each in _statements(template, resource) if sid in [s["Sid"] for s in each]]
    statements[:] = [each for each in statements if each["Sid"] != sid]
    assert missing_grants(template)


@pytest.mark.parametrize("name", sorted(of_type(deployed(), "AWS::Lambda::Permission")))
def test_a_removed_invoke_permission_is_found(name: str, template: Template) -> None:
    del template["Resources"][name]
    [line] = missing_grants(template)
    assert "may not invoke" in line


@pytest.mark.parametrize(("name", "setting"), FAILURE_DESTINATIONS.items())
def test_a_removed_failure_destination_is_found(name: str, setting: str, template: Template) -> None:
    del template["Resources"][name]["Properties"][setting]
    [line] = missing_grants(template)
    assert line.endswith("has no failure destination")


@pytest.mark.parametrize("name", RULES)
def test_a_removed_dead_letter_queue_of_a_rule_is_found(name: str, template: Template) -> None:
    del template["Resources"][name]["Properties"]["Targets"][0]["DeadLetterConfig"]
    assert missing_grants(template) == {f"{name} has no failure destination"}


@pytest.mark.parametrize("name", sorted(of_type(deployed(), "AWS::SQS::QueuePolicy")))
def test_a_removed_queue_policy_is_found(name: str, template: Template) -> None:
    del template["Resources"][name]
    assert any(line.endswith("has 0 policies") for line in missing_grants(template))


def _statements(template: Template, resource: str) -> Iterator[list[Any]]:
    """The lists of statements of a role or a resource policy."""
    properties = template["Resources"][resource]["Properties"]
    for policy in properties.get("Policies", [properties]):
        yield policy["PolicyDocument"]["Statement"]
