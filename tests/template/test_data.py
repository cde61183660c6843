"""Stored data is encrypted, outlives the stack, and expires."""

import json
from typing import Any

import pytest

from buildium_sync.environment_variables import Settings
from buildium_sync.settings import (
    AccountSettings,
    ApiSettings,
    AppWebhookSettings,
    EventProcessorSettings,
    ReconcileSettings,
    SyncSettings,
    TimelineSettings,
    WebhookSettings,
)
from buildium_sync.store.timeline_checkpoints import MAX_BATCH_CHANGES
from tests.template.template import events, functions, properties, resources, target, template, variables
from tools.local_cloud.environment import setting_names
from tools.local_cloud.template import logical_name

_TABLES = resources("AWS::DynamoDB::Table")
_QUEUES = resources("AWS::SQS::Queue")
_API_KEY = {"BuildiumClientId", "BuildiumApiKey"}
_WEBHOOK_SECRETS = {"BuildiumWebhookSecret", "BuildiumWebhookSecretPrevious", "AppWebhookSecret"}
_SECRETS = _API_KEY | _WEBHOOK_SECRETS


@pytest.mark.parametrize("name", sorted(_TABLES))
def test_a_table_is_encrypted_recoverable_and_retained(name: str) -> None:
    table = properties(name)
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    policies = (_TABLES[name]["DeletionPolicy"], _TABLES[name]["UpdateReplacePolicy"])
    assert policies == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("name", ["EntitiesTable", "EventsTable", "ControlTable", "TimelineTable"])
def test_temporary_items_expire(name: str) -> None:
    assert properties(name)["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def test_only_the_entities_table_has_a_stream() -> None:
    assert [name for name in _TABLES if "StreamSpecification" in properties(name)] == ["EntitiesTable"]


def test_the_stream_includes_old_images() -> None:
    assert properties("EntitiesTable")["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_the_stream_has_at_most_two_consumers() -> None:
    assert sorted(events("DynamoDB")) == ["SyncFunction.Entities", "TimelineFunction.Changes"]


def test_sync_receives_client_writes_and_timeline_receives_entities_and_syncs() -> None:
    patterns = {name: _pattern(source) for name, source in events("DynamoDB").items()}
    written = ["INSERT", "MODIFY"]
    assert patterns == {
        "SyncFunction.Entities": {
            "eventName": written,
            "dynamodb": {"NewImage": {"sk": {"S": ["entity"]}, "origin": {"S": ["api"]}}},
        },
        "TimelineFunction.Changes": {"eventName": written, "dynamodb": {"Keys": {"sk": {"S": ["entity", "sync"]}}}},
    }


def test_a_timeline_batch_is_recorded_as_one_page() -> None:
    assert events("DynamoDB")["TimelineFunction.Changes"]["BatchSize"] <= MAX_BATCH_CHANGES


@pytest.mark.parametrize("name", sorted(_QUEUES))
def test_a_queue_is_encrypted(name: str) -> None:
    assert properties(name)["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("name", sorted(_QUEUES.keys() - {"ScheduleFailureQueue"}))
def test_a_queue_that_holds_work_is_retained(name: str) -> None:
    policies = (_QUEUES[name]["DeletionPolicy"], _QUEUES[name]["UpdateReplacePolicy"])
    assert policies == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_logs_json_with_limited_retention(name: str) -> None:
    logging = functions()[name]["LoggingConfig"]
    common = template()["Globals"]["Function"]["LoggingConfig"]
    assert common == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": {"Fn::If": ["LogsWarnings", "WARN", {"Ref": "PowertoolsLogLevel"}]},
    }
    assert properties(target(logging["LogGroup"]))["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_function_runs_on_arm_and_is_traced(name: str) -> None:
    function = functions()[name]
    assert function["Architectures"] == ["arm64"]
    assert function["Runtime"] == "python3.13"
    assert function["Tracing"] == "Active"


@pytest.mark.parametrize("name", sorted(_SECRETS))
def test_a_secret_parameter_is_never_shown(name: str) -> None:
    assert template()["Parameters"][name]["NoEcho"] is True


def test_secret_parameters_are_used_only_in_secrets_manager() -> None:
    others = dict(template()["Resources"])
    assert _parameters_in(others.pop("BuildiumSecret")) == _API_KEY
    assert _parameters_in(others.pop("WebhookSecret")) == _WEBHOOK_SECRETS
    assert not _parameters_in(others) & _SECRETS
    assert not _parameters_in(template()["Outputs"]) & _SECRETS


_SETTINGS: dict[str, type[Settings]] = {
    "ApiFunction": ApiSettings,
    "SyncFunction": SyncSettings,
    "WebhookFunction": WebhookSettings,
    "EventProcessorFunction": EventProcessorSettings,
    "TimelineFunction": TimelineSettings,
    "AppWebhookFunction": AppWebhookSettings,
    "AccountFunction": AccountSettings,
    "ConsoleFunction": Settings,
    "ReconcileFunction": ReconcileSettings,
}


def test_pydantic_plugins_are_disabled_in_every_function() -> None:
    assert template()["Globals"]["Function"]["Environment"]["Variables"]["PYDANTIC_DISABLE_PLUGINS"] == "__all__"


def test_the_expected_variables_cover_every_function() -> None:
    assert functions().keys() == _SETTINGS.keys()


@pytest.mark.parametrize("name", sorted(_SETTINGS))
def test_a_function_has_only_its_expected_variables(name: str) -> None:
    own = variables(functions()[name])
    assert own.keys() == {
        "POWERTOOLS_SERVICE_NAME",
        *(variable.name for variable in _SETTINGS[name].variables().values()),
    }
    assert logical_name(own["POWERTOOLS_SERVICE_NAME"]) == name


@pytest.mark.parametrize("name", sorted(functions()))
def test_a_setting_variable_takes_the_parameter_of_its_name(name: str) -> None:
    settings = setting_names()
    for variable, value in variables(functions()[name]).items():
        if variable in settings:
            assert value == {"Ref": settings[variable]}


def _pattern(source: dict[str, Any]) -> Any:
    [only] = source["FilterCriteria"]["Filters"]
    return json.loads(only["Pattern"])


def _parameters_in(value: Any) -> set[str]:
    return {name for name in template()["Parameters"] if f"'{name}'" in str(value) or f"${{{name}}}" in str(value)}
