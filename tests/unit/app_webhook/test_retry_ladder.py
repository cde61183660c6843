"""Retries are spread over a day, and two weeks of waiting stay below the receives that SQS allows."""

import itertools

import pytest

from buildium_sync.app_webhook.retry_ladder import (
    MAX_AGE_SECONDS,
    MAX_FAILURES,
    pause_delay_seconds,
    retry_delay_seconds,
)
from tests.template.template import properties

DAY_SECONDS = 86_400
MAX_VISIBILITY_SECONDS = 12 * 3600
"""SQS: how long a message can be invisible."""


def shortest(low: float, _high: float) -> float:
    return low


def longest(_low: float, high: float) -> float:
    return high


def test_retries_take_one_to_one_and_a_half_days() -> None:
    waits = range(1, MAX_FAILURES)
    assert sum(retry_delay_seconds(failures, shortest) for failures in waits) >= DAY_SECONDS
    assert sum(retry_delay_seconds(failures, longest) for failures in waits) <= 1.5 * DAY_SECONDS


def test_each_retry_waits_as_long_as_the_last_at_least() -> None:
    waits = [retry_delay_seconds(failures, shortest) for failures in range(1, MAX_FAILURES)]
    assert waits == sorted(waits)
    assert waits[0] < 60


@pytest.mark.parametrize("failures", [1, MAX_FAILURES, 10_000])
def test_a_retry_wait_is_allowed_by_sqs(failures: int) -> None:
    assert 0 < retry_delay_seconds(failures, longest) <= MAX_VISIBILITY_SECONDS


@pytest.mark.parametrize("paused_seconds", [0, 3600, MAX_AGE_SECONDS])
def test_a_pause_wait_is_allowed_by_sqs(paused_seconds: float) -> None:
    assert 0 < pause_delay_seconds(paused_seconds, longest) <= MAX_VISIBILITY_SECONDS


def test_receives_of_the_longest_pause_stay_within_the_limit() -> None:
    paused, receives = 0.0, MAX_FAILURES
    while paused < MAX_AGE_SECONDS:
        paused += pause_delay_seconds(paused, shortest)
        receives += 1
    assert receives < 250
    assert receives < properties("AppWebhookQueue")["RedrivePolicy"]["maxReceiveCount"]


def test_a_waiting_event_is_dead_lettered_before_sqs_deletes_it() -> None:
    retention = properties("AppWebhookQueue")["MessageRetentionPeriod"]
    assert MAX_AGE_SECONDS + max(pause_delay_seconds(MAX_AGE_SECONDS, longest), 0) < retention


def test_retries_of_many_events_are_spread() -> None:
    steps = itertools.count()
    waits = {retry_delay_seconds(10, lambda low, high: low + (high - low) * next(steps) / 10) for _ in range(10)}
    assert len(waits) == 10
