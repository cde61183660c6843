"""A deployment ends with the findings of the connection check."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
import requests

from tools.local_cloud import connection, deploy_aws
from tools.local_cloud.aws_account import Target

NEW = Target("buildium-sync", "123456789012", "us-east-1", is_new=True)
OUTPUTS = {"ApiUrl": "https://x/v1", "ApiKeyId": "an-id", "ConsoleUrl": "c", "DocsUrl": "d", "WebhookUrl": "w"}
ENABLED = OUTPUTS | dict.fromkeys(["ApiKeyId"], "enabled")
EXISTING = replace(NEW, is_new=False, outputs=OUTPUTS)


@pytest.mark.parametrize(
    ("after", "exit_code", "is_checked"),
    [
        pytest.param(EXISTING, 0, True, id="deployed"),
        pytest.param(NEW, 0, False, id="its change set was declined"),
        pytest.param(EXISTING, 1, False, id="it failed"),
    ],
)
def test_a_deployment_ends_with_the_connection_check(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    after: Target,
    exit_code: int,
    is_checked: bool,
) -> None:
    found, checked = iter([NEW, after]), list[Mapping[str, str]]()
    monkeypatch.setattr(deploy_aws, "find_target", lambda _name: next(found))
    monkeypatch.setattr(deploy_aws, "_settings", lambda *_places, **_options: {})
    monkeypatch.setattr(deploy_aws, "_deploy", lambda *_places, **_options: exit_code)
    monkeypatch.setattr(deploy_aws, "with_enabled_key", lambda _outputs: ENABLED)
    monkeypatch.setattr(connection, "show_stack", checked.append)

    assert deploy_aws.main() == exit_code
    assert checked == [ENABLED] * is_checked
    assert ("--api-key enabled " in capsys.readouterr().out) is is_checked


def test_each_finding_is_printed_with_its_remedy() -> None:
    checks = [
        {"name": "key", "status": "ok", "detail": "Accepted.", "remedy": None},
        {"name": "webhook_secret", "status": "failed", "detail": "No secret.", "remedy": "Set it."},
    ]
    text = "\n".join(connection.report({"ready": False, "calls": 15, "checks": checks}))
    assert "NOT ready: 2 checks, 1 with findings" in text
    assert "failed  webhook_secret: No secret." in text
    assert "→ Set it." in text
    assert "key" not in text


def test_a_check_that_fails_does_not_fail_the_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    connection.show_problems("http://127.0.0.1:9", "none")
    assert "could not be checked: ConnectionError" in capsys.readouterr().out


def test_a_check_with_a_disabled_key_prints_the_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    response = requests.Response()
    response.status_code = 403
    monkeypatch.setattr(requests.Session, "get", lambda *_request, **_options: response)
    monkeypatch.setattr(connection, "application_key", lambda _outputs: "disabled")

    connection.show_stack(OUTPUTS)
    assert "could not be checked: status 403." in capsys.readouterr().out
