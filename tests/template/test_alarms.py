"""An alarm says in a sentence what it means and where it is told what to do, and somebody hears of it."""

import re

import pytest

from tests.template.metrics import emitted
from tests.template.template import default, functions, properties, resources, template, variables
from tools.local_cloud.environment import setting_names
from tools.local_cloud.paths import ROOT

_ALARMS = sorted(resources("AWS::CloudWatch::Alarm"))
_RUNBOOK = (ROOT / "docs/runbook.md").read_text()
_DESCRIPTION = re.compile(r"(?P<sentence>[A-Z][^.]+)\. \$\{RunbookUrl\}#(?P<anchor>[a-z0-9-]+)")
_NAMESPACE = {"Ref": "AWS::StackName"}
_MOST_CHARACTERS = 1024
"""CloudWatch: characters of a description."""


def described(name: str) -> re.Match[str]:
    text = properties(name)["AlarmDescription"]["Fn::Sub"]
    found = _DESCRIPTION.fullmatch(text)
    assert found, f"{name} is not described by a sentence and a link: {text}"
    return found


def anchors() -> dict[str, str]:
    """The runbook's sections by their anchors, as GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", _RUNBOOK, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"): heading for heading in headings}


def runbook_rows() -> dict[str, str]:
    """The anchor that the runbook's table names for each alarm."""
    rows = re.findall(r"^\| (`\w+Alarm`.*?) \| .*?\(#([a-z0-9-]+)\).*\|$", _RUNBOOK, flags=re.MULTILINE)
    return {name: anchor for names, anchor in rows for name in re.findall(r"`(\w+)`", names)}


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_is_one_sentence_and_a_link_to_a_section_of_the_runbook(name: str) -> None:
    assert described(name)["anchor"] in anchors()
    assert len(described(name)[0]) + len(default("RunbookUrl")) < _MOST_CHARACTERS


def test_the_runbook_s_table_names_every_alarm_and_sends_to_the_same_section() -> None:
    assert runbook_rows() == {name: described(name)["anchor"] for name in _ALARMS}


def test_links_in_the_runbook_lead_to_sections() -> None:
    assert set(re.findall(r"\(#([^)]+)\)", _RUNBOOK)) <= anchors().keys()


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_goes_to_the_topic_and_to_the_address_where_there_is_one(name: str) -> None:
    nothing = {"Ref": "AWS::NoValue"}
    assert properties(name)["AlarmActions"] == [
        {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, nothing]},
        {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, nothing]},
    ]


def test_a_topic_of_our_own_is_made_where_there_is_an_address_to_subscribe() -> None:
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
def test_only_what_may_be_an_address_is_taken(address: str, is_taken: bool) -> None:
    pattern = template()["Parameters"]["AlarmEmail"]["AllowedPattern"]
    assert bool(re.search(pattern, address)) is is_taken


@pytest.mark.parametrize("name", _ALARMS)
def test_an_alarm_on_a_metric_of_ours_watches_what_the_code_emits(name: str) -> None:
    alarm = properties(name)
    if alarm["Namespace"] != _NAMESPACE:
        assert alarm["Namespace"].startswith("AWS/")
        return
    services = {variables(function)["POWERTOOLS_SERVICE_NAME"] for function in functions().values()}
    assert alarm["MetricName"] in emitted()
    [dimension] = alarm["Dimensions"]
    assert dimension["Name"] == "service"
    assert dimension["Value"] in services


def test_the_metrics_of_two_stacks_in_one_account_are_told_apart() -> None:
    common = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert common["POWERTOOLS_METRICS_NAMESPACE"] == _NAMESPACE
    assert {"OpenCircuits", "OldestPendingSyncAge"} <= {
        properties(name)["MetricName"] for name in _ALARMS if properties(name)["Namespace"] == _NAMESPACE
    }
