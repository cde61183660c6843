"""A first deployment prompts for required settings, or reports which are missing."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.local_cloud.environment import read_settings
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.first_deploy import complete

GIVEN = {"BUILDIUM_CLIENT_ID": "id", "BUILDIUM_API_KEY": "key"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def answering(*responses: str) -> Callable[[str], str]:
    remaining: Iterator[str] = iter(responses)
    return lambda _question: next(remaining)


def never(question: str) -> str:
    raise AssertionError(f"asked: {question}")


def test_missing_settings_are_named_in_a_non_interactive_run(file: Path) -> None:
    with pytest.raises(LocalCloudError) as rejected:
        complete({"BUILDIUM_CLIENT_ID": "id"}, file, is_interactive=False)
    assert "BUILDIUM_API_KEY" in str(rejected.value)
    assert "BUILDIUM_CLIENT_ID" not in str(rejected.value)
    assert not file.exists()


@pytest.mark.parametrize("settings", [GIVEN, {"BUILDIUM_SYNC_ENABLED": "false"}])
def test_no_prompt_appears_when_no_setting_is_missing(settings: dict[str, str], file: Path) -> None:
    assert complete(settings, file, is_interactive=True, ask=never, ask_secretly=never) == settings
    assert not file.exists()


def test_entered_settings_are_stored_for_the_next_deployment(file: Path) -> None:
    file.write_text("SYNC_WAIT_SECONDS=7")
    ask = answering("client", "", "ops@example.com")
    settings = complete({"SYNC_WAIT_SECONDS": "7"}, file, is_interactive=True, ask=ask, ask_secretly=answering("a=b"))
    assert settings == {
        "SYNC_WAIT_SECONDS": "7",
        "BUILDIUM_CLIENT_ID": "client",
        "BUILDIUM_API_KEY": "a=b",
        "ALARM_EMAIL": "ops@example.com",
    }
    assert read_settings({}, file) == settings


def test_a_new_settings_file_is_readable_only_by_its_owner(file: Path) -> None:
    complete({}, file, is_interactive=True, ask=answering("client", "", ""), ask_secretly=answering("key"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_value_that_the_template_rejects_is_prompted_again(file: Path) -> None:
    ask = answering("", "two words", "client", "buildium", "https://apisandbox.buildium.com/v1", "ops@@", "")
    settings = complete({}, file, is_interactive=True, ask=ask, ask_secretly=answering("", "key"))
    assert settings == {
        "BUILDIUM_CLIENT_ID": "client",
        "BUILDIUM_API_KEY": "key",
        "BUILDIUM_BASE_URL": "https://apisandbox.buildium.com/v1",
    }


def test_a_secret_is_never_shown_or_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    complete(
        {"BUILDIUM_CLIENT_ID": "id"}, file, is_interactive=True, ask=answering("", ""), ask_secretly=answering("s3cret")
    )
    assert "s3cret" not in capsys.readouterr().out
