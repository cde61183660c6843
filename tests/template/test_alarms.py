"""Alarms have a description that links to the runbook, and notify the topic and the e-mail address."""

import re

import pytest

from tests.template.metrics import emitted
from tests.template.template import default, functions, properties, resources, template, variables
from tools.docs.alarms import alarm_descriptions, alarm_table
from tools.local_cloud.environment import setting_names

_ALARMS = sorted(resources("AWS::CloudWatch::Alarm"))
_NAMESPACE = {"Ref": "AWS::StackName"}
_MOST_CHARACTERS = 1024
"""CloudWatch: characters of a description."""


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_description_fits_into_cloudwatch(name: str) -> None:
    assert len(alarm_descriptions()[name]) + len(default("RunbookUrl")) < _MOST_CHARACTERS


def test_a_description_without_a_link_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.docs.alarms.alarm_descriptions", lambda: {"SomeAlarm": "It fails."})
    with pytest.raises(ValueError, match="SomeAlarm"):
        alarm_table()


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_notifies_the_configured_topic_and_email_address(name: str) -> None:
    nothing = {"Ref": "AWS::NoValue"}
    assert properties(name)["AlarmActions"] == [
        {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, nothing]},
        {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, nothing]},
    ]


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_also_notifies_when_it_ends(name: str) -> None:
    assert properties(name)["OKActions"] == properties(name)["AlarmActions"]


def test_an_alarm_topic_is_created_only_for_an_email_address() -> None:
    topic, subscription = (template()["Resources"][name] for name in ("AlarmTopic", "AlarmSubscription"))
    assert topic["Condition"] == subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"] == {
        "TopicArn": {"Ref": "AlarmTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmEmail"},
    }
    assert setting_names()["ALARM_EMAIL"] == "AlarmEmail"
    assert default("AlarmEmail") == ""


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [("", True), ("ops@example.com", True), ("ops", False), ("a@b@c", False), ("a b@example.com", False)],
)
def test_only_a_plausible_email_address_is_accepted(address: str, is_taken: bool) -> None:
    pattern = template()["Parameters"]["AlarmEmail"]["AllowedPattern"]
    assert bool(re.search(pattern, address)) is is_taken


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_on_a_custom_metric_watches_an_emitted_metric(name: str) -> None:
    alarm = properties(name)
    if alarm["Namespace"] != _NAMESPACE:
        assert alarm["Namespace"].startswith("AWS/")
        return
    services = {variables(function)["POWERTOOLS_SERVICE_NAME"] for function in functions().values()}
    assert alarm["MetricName"] in emitted()
    [dimension] = alarm["Dimensions"]
    assert dimension["Name"] == "service"
    assert dimension["Value"] in services


def test_metrics_of_two_stacks_use_separate_namespaces() -> None:
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert common["POWERTOOLS_METRICS_NAMESPACE"] == _NAMESPACE
    assert {"OpenCircuits", "OldestPendingSyncAge"} <= {
        properties(name)["MetricName"] for name in _ALARMS if properties(name)["Namespace"] == _NAMESPACE
    }
