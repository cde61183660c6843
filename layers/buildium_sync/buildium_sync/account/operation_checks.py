"""Checks of what keeps both sides in sync: the switches, the webhook, the clock and the rate limit."""

from collections.abc import Iterator
from typing import NamedTuple

from buildium_sync.account.check import Check, failed, passed, warning
from buildium_sync.clock import parse_iso
from buildium_sync.domain.plurals import pluralize
from buildium_sync.settings import AccountSettings
from buildium_sync.store.webhook_rejections import RejectionStreak

_BUILDIUM_CALLS_PER_SECOND = 10
_MAX_SKEW_SECONDS = 60
_SILENCE_DAYS = 7
_DAY_SECONDS = 86_400
_REGISTER = "docs/operations/going-live.md, Register the webhook"


def settings_checks(settings: AccountSettings) -> Iterator[Check]:
    """Yield checks of the switches."""
    if settings.sync_enabled:
        yield passed("sync", "Outbound sync is on.")
    else:
        detail = "Outbound sync is off: changes stay pending, and polls do not run."
        yield warning("sync", detail, "Set BUILDIUM_SYNC_ENABLED to true, and deploy.")
    if settings.poll_seconds:
        yield passed("polls", f"Buildium is polled every {pluralize(settings.poll_seconds, 'second')}.")
    else:
        detail = "Polls are off. Buildium has no events of owners, so their changes never arrive."
        yield warning("polls", detail, "Set BUILDIUM_POLL_SECONDS to 300, and deploy.")


def webhook_checks(
    streak: RejectionStreak, last_event_at: str | None, now: float, *, has_secret: bool
) -> Iterator[Check]:
    """Yield checks of the webhook. `now` is in seconds since the epoch."""
    if not has_secret:
        remedy = f"Put the key of the webhook in Buildium into BUILDIUM_WEBHOOK_SECRET, and deploy ({_REGISTER})."
        yield failed("webhook_secret", "No webhook secret is set, so every webhook is rejected.", remedy)
    elif streak.count:
        rejected = pluralize(streak.count, "webhook request was rejected", "webhook requests in a row were rejected")
        detail = f"{rejected}, the last one at {streak.last_at}."
        remedy = (
            "Copy the key of the webhook in Buildium into BUILDIUM_WEBHOOK_SECRET, and deploy. After 20 rejections in "
            "a row Buildium suspends the subscription: then enable it again in Buildium."
        )
        yield failed("webhook_secret", detail, remedy)
    else:
        yield passed("webhook_secret", "A webhook secret is set, and no request was rejected since the last event.")
    if last_event_at is None:
        remedy = (
            f"Register the webhook in Buildium with the output WebhookUrl ({_REGISTER}), then change something there."
        )
        yield warning("webhook_events", "No webhook event has arrived in the last 90 days.", remedy)
    elif parse_iso(last_event_at) < now - _SILENCE_DAYS * _DAY_SECONDS:
        remedy = (
            "Check in Buildium that the webhook is enabled, has the output WebhookUrl, and subscribes to the events."
        )
        yield warning("webhook_events", f"The last webhook event arrived at {last_event_at}.", remedy)
    else:
        yield passed("webhook_events", f"The last webhook event arrived at {last_event_at}.")


def clock_check(skew_seconds: float) -> Check:
    """Return the check of the difference between the clocks here and in Buildium, in seconds."""
    detail = f"The clock differs from Buildium's by {pluralize(round(abs(skew_seconds)), 'second')}."
    if abs(skew_seconds) <= _MAX_SKEW_SECONDS:
        return passed("clock", detail)
    where = "ahead" if skew_seconds > 0 else "behind"
    remedy = "Correct the clock of the machine. On AWS, open a support case: Lambda sets it."
    return warning(
        "clock", f"{detail[:-1]}: it is {where}. Signatures may be rejected, and polls miss changes.", remedy
    )


class Usage(NamedTuple):
    """The use of the rate limit: own calls by minute of the last hour, and whether 429 came back.

    `rate` is the current rate in calls per second.
    """

    calls_by_minute: dict[int, int]
    has_throttled_now: bool
    rate: float
    limit: float


def rate_limit_checks(usage: Usage) -> Iterator[Check]:
    """Yield checks of the limit and of others that use it."""
    if usage.limit > _BUILDIUM_CALLS_PER_SECOND:
        detail = f"BUILDIUM_RATE_LIMIT is {usage.limit:g}, and Buildium allows {_BUILDIUM_CALLS_PER_SECOND} per second."
        yield warning("rate_limit", detail, "Set BUILDIUM_RATE_LIMIT to its default 9.97, and deploy.")
    most = max(usage.calls_by_minute.values(), default=0)
    calls = pluralize(sum(usage.calls_by_minute.values()), "call")
    own = f"In the last hour this stack made {calls}, at most {most} in a minute"
    if usage.has_throttled_now or usage.rate < 0.9 * usage.limit:
        remedy = (
            "Another integration uses the account's limit. Reduce its calls, or set BUILDIUM_RATE_LIMIT to what is "
            "left for this stack."
        )
        detail = f"Buildium returned 429. {own}, and its rate is reduced to {usage.rate:.1f} per second."
        yield warning("other_users", detail, remedy)
    else:
        yield passed("other_users", f"{own}, and its rate is not reduced by 429.")
