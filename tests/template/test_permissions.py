"""Each function has exactly the permissions that it needs."""

from typing import Any

import pytest

from tests.template.template import (
    EMAIL_TOPIC,
    Properties,
    functions,
    listed,
    properties,
    resources,
    statements,
    target,
    variables,
)

# These have no ARN to name.
_WITHOUT_ARN = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


@pytest.mark.parametrize("name", sorted(statements()))
def test_no_statement_allows_actions_by_wildcard(name: str) -> None:
    statement = statements()[name]
    assert "NotAction" not in statement
    if statement["Effect"] == "Deny":
        return
    assert not [action for action in listed(statement["Action"]) if "*" in action]


@pytest.mark.parametrize("name", sorted(statements()))
def test_every_statement_names_its_resources_by_arn(name: str) -> None:
    statement = statements()[name]
    if set(listed(statement["Action"])) <= _WITHOUT_ARN:
        return
    assert "NotResource" not in statement
    assert all(isinstance(resource, dict) for resource in listed(statement["Resource"]))
    assert all(target(resource) in _named_resources() for resource in listed(statement["Resource"]))


def test_the_digest_is_sent_only_to_the_alarm_topics() -> None:
    assert statements()["ReconcileRole.SendDigest"]["Resource"] == [
        {"Fn::Sub": EMAIL_TOPIC},
        {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]},
    ]
    assert variables(functions()["ReconcileFunction"])["EMAIL_TOPIC_ARN"] == {"Fn::Sub": EMAIL_TOPIC}
    assert properties("AlarmTopic")["TopicName"] == {"Ref": "AWS::StackName"}


def test_the_reconcile_function_reads_only_counts_and_what_it_erases() -> None:
    counts, erased = (statements()[f"ReconcileRole.{name}"] for name in ("ReadCounts", "ReadErasedTimelines"))
    assert counts["Action"] == "dynamodb:Query"
    assert counts["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["counts"]}}
    assert erased["Action"] == ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"]
    assert erased["Condition"] == _other_than("app-webhook", "counts", "lookup#*", "search#*")


def test_erasures_delete_no_changes_counts_or_lookups() -> None:
    deleted, changed = (statements()[f"ReconcileRole.{name}"] for name in ("EraseTimelines", "EraseChanges"))
    assert deleted["Action"] == "dynamodb:DeleteItem"
    assert deleted["Condition"] == _other_than("app-webhook", "counts", "feed*", "lookup#*", "search#*")
    assert changed["Action"] == "dynamodb:UpdateItem"
    assert changed["Condition"] == _other_than("app-webhook", "counts", "feed", "failed-calls*", "lookup#*", "search#*")


def test_the_api_function_only_reads_timelines() -> None:
    own = [s for name, s in statements().items() if name.startswith("ApiRole.") and _speaks_of(s, "TimelineTable")]
    assert {action for s in own for action in listed(s["Action"])} == {"dynamodb:GetItem", "dynamodb:Query"}


def test_every_function_has_its_own_role() -> None:
    roles = [target(function["Role"]) for function in functions().values()]
    assert sorted(roles) == sorted(resources("AWS::IAM::Role"))


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_writes_only_to_its_own_log_group(name: str) -> None:
    function = functions()[name]
    statement = statements()[f"{target(function['Role'])}.WriteLogs"]
    assert target(statement["Resource"]) == target(function["LoggingConfig"]["LogGroup"])


@pytest.mark.parametrize("name", sorted(resources("AWS::IAM::Role")))
def test_no_role_has_managed_policies_or_boundaries(name: str) -> None:
    assert not {"ManagedPolicyArns", "PermissionsBoundary"} & properties(name).keys()


@pytest.mark.parametrize("name", sorted(resources("AWS::SQS::QueuePolicy")))
def test_only_event_rules_of_this_stack_send_to_queues(name: str) -> None:
    allowed = [each for each in properties(name)["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    for statement in allowed:
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]


def test_no_function_may_scan_a_table() -> None:
    allowed = {action for statement in statements().values() for action in listed(statement["Action"])}
    assert not {action for action in allowed if action.endswith((":Scan", ":BatchWriteItem", ":PartiQLSelect"))}


def test_other_functions_write_only_own_items_to_the_timeline_table() -> None:
    written = {
        name: statement
        for name, statement in statements().items()
        if _speaks_of(statement, "TimelineTable")
        and not set(listed(statement["Action"])) <= {"dynamodb:GetItem", "dynamodb:Query"}
    }
    deliveries = written.pop("AppWebhookRole.RecordDeliveries")
    assert deliveries["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["app-webhook"]}}
    calls = [written.pop(f"{role}.RecordFailedCalls") for role in ("SyncRole", "EventProcessorRole", "ReconcileRole")]
    only_calls = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["failed-calls*"]}}
    assert [(each["Action"], each["Condition"]) for each in calls] == [("dynamodb:PutItem", only_calls)] * 3
    erasures = {f"ReconcileRole.{name}" for name in ("ReadErasedTimelines", "EraseTimelines", "EraseChanges")}
    assert {name.split(".")[0] for name in written.keys() - erasures} == {"TimelineRole"}
    own = {name: s for name, s in statements().items() if name.startswith("TimelineRole.")}
    touched = {target(r) for s in own.values() for r in listed(s["Resource"]) if isinstance(r, dict)}
    assert touched == {"TimelineLogGroup", "EntitiesTable", "TimelineTable", "EventBus", "TimelineDeadLetterQueue"}
    assert {a for s in own.values() for a in listed(s["Action"]) if _speaks_of(s, "EntitiesTable")} == {
        "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
    }  # fmt: skip


def test_only_functions_that_call_buildium_may_read_the_api_key() -> None:
    assert _readers("BuildiumSecret") == {"SyncRole", "EventProcessorRole", "ReconcileRole", "AccountRole"}


def test_only_functions_with_webhooks_may_read_their_secrets() -> None:
    assert _readers("WebhookSecret") == {"WebhookRole", "AppWebhookRole"}


def _other_than(*keys: str) -> dict[str, Any]:
    return {"ForAllValues:StringNotLike": {"dynamodb:LeadingKeys": [*keys]}}


def _readers(secret: str) -> set[str]:
    read = "secretsmanager:GetSecretValue"
    return {n.split(".")[0] for n, s in statements().items() if read in s["Action"] and _speaks_of(s, secret)}


def _speaks_of(statement: Properties, name: str) -> bool:
    return any(isinstance(r, dict) and target(r) == name for r in listed(statement["Resource"]))


def _named_resources() -> set[str]:
    kinds = (
        "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Events::EventBus",
        "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret", "AWS::SNS::Topic",
    )  # fmt: skip
    return {"AlarmTopicArn", *(name for kind in kinds for name in resources(kind))}
