"""The dashboard shows only emitted metrics and resources of this stack, and every alarm."""

import json
import re
from itertools import combinations
from typing import Any

from tests.template.metrics import emitted
from tests.template.template import functions, properties, resources, template, variables

_TEXT: str = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
_WIDGETS: list[dict[str, Any]] = json.loads(_TEXT)["widgets"]
_FIGURES = [widget for widget in _WIDGETS if widget["type"] == "metric"]
# CloudWatch's metrics of Lambda, SQS, a REST API's stage and DynamoDB.
_OF_AWS = {
    ("AWS/Lambda", "FunctionName"): {"Duration", "Errors", "IteratorAge", "Throttles"},
    ("AWS/SQS", "QueueName"): {"ApproximateNumberOfMessagesVisible"},
    ("AWS/ApiGateway", "ApiName"): {"4XXError", "5XXError", "Count", "Latency"},
    ("AWS/DynamoDB", "TableName"): {"ReadThrottleEvents", "WriteThrottleEvents"},
}
_COLUMNS = 24


def shown() -> list[list[Any]]:
    """Each metric as namespace, name and dimensions, without its display options."""
    metrics = [metric for widget in _FIGURES for metric in widget["properties"]["metrics"]]
    return [[part for part in metric if isinstance(part, str)] for metric in metrics]


def shown_of(name: str) -> set[str]:
    """The resources or services whose metrics the dashboard shows."""
    return {metric[3].strip("${}").split(".")[0] for metric in shown() if metric[1] == name}


def test_every_custom_metric_shown_is_emitted_by_the_code() -> None:
    ours = [metric for metric in shown() if not metric[0].startswith("AWS/")]
    services = {variables(function)["POWERTOOLS_SERVICE_NAME"] for function in functions().values()}
    assert ours
    for namespace, name, dimension, service in ours:
        assert (namespace, dimension) == ("${AWS::StackName}", "service")
        assert name in emitted()
        assert service in services


def test_every_aws_metric_shown_exists_in_its_service() -> None:
    for namespace, name, dimension, *_ in (metric for metric in shown() if metric[0].startswith("AWS/")):
        assert name in _OF_AWS[namespace, dimension]


def test_every_resource_on_the_dashboard_is_in_the_template() -> None:
    named = {name.split(".")[0] for name in re.findall(r"\$\{([^}]+)\}", _TEXT)}
    assert {name for name in named if not name.startswith("AWS::")} <= template()["Resources"].keys()


def test_every_sync_outcome_is_shown() -> None:
    outcomes = {"SyncSucceeded", "SyncDeferred", "SyncBlocked", "SyncFailed", "SyncNeedsReview"}
    assert outcomes <= {metric[1] for metric in shown()}


def test_freshness_is_shown_of_every_service_that_counts_it() -> None:
    assert shown_of("OutboundFreshness") == {"sync"}
    assert shown_of("InboundFreshness") == {"event_processor", "reconcile"}


def test_every_queue_is_shown() -> None:
    assert shown_of("ApproximateNumberOfMessagesVisible") == resources("AWS::SQS::Queue").keys()


def test_errors_and_durations_of_every_function_are_shown() -> None:
    assert shown_of("Errors") == shown_of("Duration") == functions().keys()


def test_every_alarm_is_shown() -> None:
    [alarms] = [widget["properties"]["alarms"] for widget in _WIDGETS if widget["type"] == "alarm"]
    assert sorted(alarms) == sorted(f"${{{name}.Arn}}" for name in resources("AWS::CloudWatch::Alarm"))


def test_every_metric_that_an_alarm_watches_is_shown() -> None:
    watched = {alarm["Properties"]["MetricName"] for alarm in resources("AWS::CloudWatch::Alarm").values()}
    assert watched <= {metric[1] for metric in shown()}


def test_widgets_do_not_overlap() -> None:
    for widget in _WIDGETS:
        assert widget["x"] + widget["width"] <= _COLUMNS
    for one, other in combinations(_WIDGETS, 2):
        assert not (_overlap(one, other, "x", "width") and _overlap(one, other, "y", "height"))


def _overlap(one: dict[str, Any], other: dict[str, Any], place: str, size: str) -> bool:
    return bool(one[place] < other[place] + other[size] and other[place] < one[place] + one[size])
