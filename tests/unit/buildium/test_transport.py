"""Connections to Buildium ignore the environment's proxies, netrc files and certificate bundles."""

from pathlib import Path

import pytest

from buildium_sync.buildium.transport import new_session
from buildium_sync.domain.metric_counts import MetricCounts
from tests.simulator.simulator import Simulator


def test_a_proxy_of_the_environment_gets_no_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login other password canary\n")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))
    with Simulator() as simulator:
        response = new_session(1, MetricCounts()).get(f"{simulator.control_url}/health", timeout=5)

    assert response.status_code == 200
    assert "Authorization" not in response.request.headers
