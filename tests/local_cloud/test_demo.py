"""`make up` demonstrates a sync only if one will happen."""

import pytest

from tools.local_cloud import smoke_test
from tools.local_cloud.smoke_test import show
from tools.local_cloud.state import Stack


class Api:
    """Counts the demo's requests to the deployed API, which does not exist."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _api: object, _buildium: object) -> None:
        self.asked += 1


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(smoke_test, "_run_main_use_case", made)
    return made


STACK = Stack(
    api_url="http://localhost/live",
    api_key="",
    webhook_secret="",
    endpoint="http://localhost",
    buildium_url="http://localhost:1/v1",
    simulator_url="http://localhost:1",
    outputs={},
)


def test_disabled_sync_is_reported_without_waiting(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    show(STACK, {"BUILDIUM_SYNC_ENABLED": "false"})

    printed = capsys.readouterr().out
    assert api.asked == 0
    assert "sync is disabled (BUILDIUM_SYNC_ENABLED=false)" in printed
    assert "Next steps" in printed


@pytest.mark.parametrize("settings", [{}, {"BUILDIUM_SYNC_ENABLED": "true"}])
def test_enabled_sync_runs_the_smoke_test(settings: dict[str, str], api: Api) -> None:
    show(STACK, settings)

    assert api.asked == 1
