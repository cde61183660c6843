"""The durations of a cold start are in the log of the runtime interface emulator."""

from typing import Any

import pytest

from tools.bench.cold_in_lambda import ColdStart, cold_start
from tools.bench.environment import require_success

_INIT = "(rapid) INIT REPORT(durationMs: 374.870000)\n"
_FIRST = "(rapid) INVOKE RTDONE(status: success, produced bytes: 0, duration: 202.677000ms)\n"
_LATER = "(rapid) INVOKE RTDONE(status: success, produced bytes: 0, duration: 3.100000ms)\n"
_REPORT = "REPORT RequestId: 1\tInit Duration: 0.07 ms\tDuration: 577.74 ms\tBilled Duration: 578 ms\n"


def test_a_cold_start_has_init_and_first_invocation() -> None:
    assert cold_start(_INIT + _FIRST + _REPORT + _LATER) == ColdStart(374.87, 202.677)


@pytest.mark.parametrize(
    "log", [_FIRST + _REPORT, _INIT + _REPORT, _INIT + _FIRST.replace("success", "error") + _REPORT]
)
def test_a_log_without_a_successful_cold_start_is_rejected(log: str) -> None:
    with pytest.raises(ValueError, match="no cold start"):
        cold_start(log)


@pytest.mark.parametrize(
    "response",
    [{"errorType": "Runtime.ImportModuleError"}, {"statusCode": 500}, {"batchItemFailures": [{"itemIdentifier": "1"}]}],
)
def test_only_a_successful_response_is_measured(response: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="returned"):
        require_success(response, "a program")
