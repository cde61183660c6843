"""Work that fails ends in a dead-letter queue that an alarm watches."""

from buildium_sync.composition.buildium_calls import PROBE_MARGIN_SECONDS

import pytest

from buildium_sync.buildium.client import SHUTDOWN_MARGIN_SECONDS
from buildium_sync.buildium.rate_limiter.priority import Priority
from tests.template.template import (
    default,
    events,
    functions,
    properties,
    resources,
    statements,
    target,
    template,
    variables,
)

_DEAD_LETTER_QUEUES = {
    "SyncDeadLetterQueue", "EventDeadLetterQueue", "ScheduleFailureQueue", "JobDeadLetterQueue",
    "TimelineDeadLetterQueue", "AppWebhookDeadLetterQueue",
}  # fmt: skip
_STREAM_RETENTION_SECONDS = 24 * 3600
"""DynamoDB deletes older records of a stream. A consumer that had them until then would get no dead letter."""
_MAX_RECEIVES = {"AppWebhookQueue": 1000}
"""Its function counts attempts itself and sends dead letters. 1,000 is the limit of SQS. The others allow 5."""
_WORKING_QUEUES = sorted(resources("AWS::SQS::Queue").keys() - _DEAD_LETTER_QUEUES)


def test_every_stream_consumer_has_a_record_age_and_a_failure_destination() -> None:
    assert events("DynamoDB")
    for source in events("DynamoDB").values():
        assert target(source["DestinationConfig"]["OnFailure"]["Destination"]) in _DEAD_LETTER_QUEUES
        assert source["BisectBatchOnFunctionError"] is True
        assert 0 < source["MaximumRecordAgeInSeconds"] < _STREAM_RETENTION_SECONDS


def test_the_timeline_retries_until_its_records_nearly_expire() -> None:
    sync, timeline = (events("DynamoDB")[name] for name in ("SyncFunction.Entities", "TimelineFunction.Changes"))
    assert sync["MaximumRetryAttempts"] > 0
    assert timeline["MaximumRetryAttempts"] == -1
    assert timeline["MaximumRecordAgeInSeconds"] == _STREAM_RETENTION_SECONDS - 3600


def test_every_batch_consumer_reports_its_failed_records() -> None:
    for source in (events("DynamoDB") | events("SQS")).values():
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_consumed_queue_has_a_dead_letter_queue() -> None:
    consumed = {target(source["Queue"]) for source in events("SQS").values()}
    assert consumed == set(_WORKING_QUEUES)
    for name in consumed:
        redrive = properties(name)["RedrivePolicy"]
        assert target(redrive["deadLetterTargetArn"]) in _DEAD_LETTER_QUEUES
        assert redrive["maxReceiveCount"] == _MAX_RECEIVES.get(name, 5)


def test_every_rule_and_schedule_has_a_dead_letter_queue() -> None:
    targets = [t for rule in resources("AWS::Events::Rule").values() for t in rule["Properties"]["Targets"]]
    assert targets
    for sent_to in [*targets, *events("Schedule").values()]:
        assert target(sent_to["DeadLetterConfig"]["Arn"]) in _DEAD_LETTER_QUEUES


def test_an_asynchronously_invoked_function_has_a_failure_destination() -> None:
    for name in events("Schedule"):
        asynchronous = functions()[name.split(".")[0]]["EventInvokeConfig"]
        assert target(asynchronous["DestinationConfig"]["OnFailure"]["Destination"]) in _DEAD_LETTER_QUEUES


@pytest.mark.parametrize("name", sorted(events("SQS")))
def test_visibility_timeout_is_at_least_six_function_timeouts(name: str) -> None:
    queue = properties(target(events("SQS")[name]["Queue"]))
    assert queue["VisibilityTimeout"] >= 6 * functions()[name.split(".", maxsplit=1)[0]]["Timeout"]


def test_sync_and_timeline_have_separate_dead_letter_queues() -> None:
    destinations = {name: s["DestinationConfig"]["OnFailure"]["Destination"] for name, s in events("DynamoDB").items()}
    assert {name: target(queue) for name, queue in destinations.items()} == {
        "SyncFunction.Entities": "SyncDeadLetterQueue",
        "TimelineFunction.Changes": "TimelineDeadLetterQueue",
    }


def test_the_overview_counts_every_dead_letter_queue() -> None:
    suffixes = ("DEAD_LETTER_QUEUE_URL", "FAILURE_QUEUE_URL")
    known = {n: v for n, v in variables(functions()["ApiFunction"]).items() if n.endswith(suffixes)}
    counted = statements()["ApiRole.CountDeadLetters"]
    assert {target(url) for url in known.values()} == _DEAD_LETTER_QUEUES
    assert {target(queue) for queue in counted["Resource"]} == _DEAD_LETTER_QUEUES
    assert counted["Action"] == "sqs:GetQueueAttributes"


@pytest.mark.parametrize("name", sorted(_DEAD_LETTER_QUEUES))
def test_dead_letters_are_retained_14_days_and_raise_an_alarm(name: str) -> None:
    assert properties(name)["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert name in _watched("ApproximateNumberOfMessagesVisible")


def test_alarms_watch_sync_age_webhook_rejections_and_open_circuits() -> None:
    assert _watched("OldestPendingSyncAge") == {"reconcile"}
    assert _watched("WebhookRejected") == {"webhook"}
    assert _watched("WebhookConsecutiveRejections") == {"reconcile"}
    assert _watched("OpenCircuits") == {"reconcile"}


def test_rejected_credentials_and_outages_raise_one_alarm() -> None:
    alarms = resources("AWS::CloudWatch::Alarm").values()
    metrics = [alarm["Properties"]["MetricName"] for alarm in alarms]
    assert metrics.count("OpenCircuits") == 1
    assert "CredentialsRejected" not in metrics


def test_a_rejection_streak_raises_an_alarm_at_ten_rejections() -> None:
    alarm = properties("WebhookConsecutiveRejectionsAlarm")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (10, 1)
    assert "20 rejections" in alarm["AlarmDescription"]["Fn::Sub"]


def test_an_alarm_watches_the_errors_of_every_function() -> None:
    assert _watched("Errors") == functions().keys()


def test_an_alarm_watches_the_throttles_of_every_function() -> None:
    assert _watched("Throttles") == functions().keys()


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_an_alarm_watches_the_throttles_of_every_table(metric: str) -> None:
    assert _watched(metric) == resources("AWS::DynamoDB::Table").keys()


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_an_alarm_watches_the_throttles_of_every_index(metric: str) -> None:
    alarms = (alarm["Properties"] for alarm in resources("AWS::CloudWatch::Alarm").values())
    watched = [alarm["Dimensions"] for alarm in alarms if alarm["MetricName"] == metric]
    indexes = {
        (name, index["IndexName"])
        for name, table in resources("AWS::DynamoDB::Table").items()
        for index in table["Properties"].get("GlobalSecondaryIndexes", [])
    }
    assert {(target(table["Value"]), index["Value"]) for table, *more in watched for index in more} == indexes


def test_alarms_watch_the_errors_and_latency_of_the_api() -> None:
    assert _watched("5XXError") == _watched("Latency") == {"AWS::StackName"}


@pytest.mark.parametrize("metric", ["FailedSyncs", "BlockedSyncs", "SyncsInReview", "OrphanedDeadLetters"])
def test_an_alarm_lasts_as_long_as_the_state(metric: str) -> None:
    [alarm] = [
        alarm["Properties"]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"]["MetricName"] == metric
    ]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["TreatMissingData"]) == ("Minimum", 1, "ignore")
    assert _watched(metric) == {"reconcile"}


def test_the_sync_functions_timeout_covers_three_slow_calls() -> None:
    seconds = default("BuildiumTimeout") / 1000
    assert functions()["SyncFunction"]["Timeout"] >= 3 * seconds + 10


def test_a_functions_timeout_covers_two_of_its_slowest_calls() -> None:
    slowest = template()["Parameters"]["BuildiumTimeout"]["MaxValue"] / 1000
    assert (
        min(functions()[name]["Timeout"] for name in ("SyncFunction", "EventProcessorFunction", "ReconcileFunction"))
        > 2 * slowest
    )


@pytest.mark.parametrize("name", ["SyncFunction", "EventProcessorFunction", "ReconcileFunction"])
def test_a_functions_timeout_covers_slot_wait_and_slowest_call(name: str) -> None:
    """The call is repeated after three 429s; each starts only while there is time for it (buildium.client)."""
    slowest = template()["Parameters"]["BuildiumTimeout"]["MaxValue"] / 1000
    longest_yield = max(lane.value.max_yield_seconds + lane.value.lookahead_seconds for lane in Priority)
    assert functions()[name]["Timeout"] >= slowest + longest_yield + SHUTDOWN_MARGIN_SECONDS


def test_a_circuit_probe_ends_before_the_next_probe() -> None:
    slowest = template()["Parameters"]["BuildiumTimeout"]["MaxValue"] / 1000
    assert (
        max(functions()[name]["Timeout"] for name in ("SyncFunction", "EventProcessorFunction"))
        <= slowest + PROBE_MARGIN_SECONDS
    )


def test_the_api_responds_before_the_api_gateway_timeout() -> None:
    longest_wait = template()["Parameters"]["SyncWaitSeconds"]["MaxValue"]
    assert longest_wait < functions()["ApiFunction"]["Timeout"] <= 29


def test_the_webhook_responds_before_the_buildium_timeout() -> None:
    assert functions()["WebhookFunction"]["Timeout"] <= 10


def _watched(metric: str) -> set[str]:
    """The resources or services that the alarms on a metric watch."""
    alarms = [alarm["Properties"] for alarm in resources("AWS::CloudWatch::Alarm").values()]
    values = [alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm["MetricName"] == metric]
    return {value if isinstance(value, str) else target(value) for value in values}
