"""A wrong name is reported with the known names."""

from pathlib import Path

import pytest

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.invoke import known, main


def test_an_unknown_function_is_reported_with_the_known_ones() -> None:
    with pytest.raises(
        LocalCloudError,
        match=r"Unknown function 'nope'. Functions: account, api, app_webhook, console, event_.*webhook\.",
    ):
        known("nope")


def test_a_missing_event_file_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main("api", str(tmp_path / "nope.json")) == 1
    assert capsys.readouterr().err.endswith(
        "nope.json could not be read: No such file or directory. events/ has a file for each case.\n"
    )


def test_an_invalid_json_event_file_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text("#")
    assert main("api", str(file)) == 1
    assert "event.json is not JSON: Expecting value" in capsys.readouterr().err
