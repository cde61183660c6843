import pytest

from buildium_sync.account.operation_checks import Usage, clock_check, rate_limit_checks, webhook_checks
from buildium_sync.store.webhook_rejections import RejectionStreak

AT = "2026-11-29T12:00:41.000Z"


@pytest.mark.parametrize(("skew", "shown"), [(-1.4, "1 second."), (0.4, "0 seconds."), (2.0, "2 seconds.")])
def test_a_difference_of_clocks_has_its_number(skew: float, shown: str) -> None:
    assert clock_check(skew).detail.endswith(f" by {shown}")


def test_one_rejected_request_is_in_the_singular() -> None:
    first, _ = webhook_checks(RejectionStreak(1, AT), AT, 0.0, has_secret=True)
    assert first.detail == f"1 webhook request was rejected, the last one at {AT}."


def test_one_call_is_in_the_singular() -> None:
    [check] = rate_limit_checks(Usage({0: 1}, has_throttled_now=False, rate=9.0, limit=9.0))
    assert "made 1 call, at most 1 in a minute" in check.detail
