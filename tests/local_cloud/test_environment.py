"""Settings come from .env and the environment, by the names of the template's parameters."""

import re
from pathlib import Path

import pytest

from buildium_sync.domain.buildium_pages import buildium_pages, types_without_page
from buildium_sync.entity_types.registry import all_types
from tests.unit.test_settings import NO_APP_URLS, NO_BASE_URLS
from tools.local_cloud.environment import parameters, read_settings, setting_names
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template
from tools.local_cloud.up import SIMULATED_PAGES


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_the_environment_overrides_the_file(file: Path) -> None:
    file.write_text("BUILDIUM_API_KEY=file\nBUILDIUM_CLIENT_ID=file\n")
    settings = read_settings({"BUILDIUM_API_KEY": "environment"}, file)
    assert settings == {"BUILDIUM_API_KEY": "environment", "BUILDIUM_CLIENT_ID": "file"}


def test_the_file_may_be_missing(file: Path) -> None:
    assert read_settings({}, file) == {}


@pytest.mark.parametrize(
    "line",
    ["SYNC_WAIT_SECONDS=7", "export SYNC_WAIT_SECONDS=7", 'SYNC_WAIT_SECONDS="7"', "  SYNC_WAIT_SECONDS = '7'  "],
)
def test_shell_syntax_is_accepted_in_the_file(file: Path, line: str) -> None:
    file.write_text(f"# a comment\n\n{line}\n")
    assert read_settings({}, file) == {"SYNC_WAIT_SECONDS": "7"}


def test_a_value_keeps_its_special_characters(file: Path) -> None:
    file.write_text("BUILDIUM_API_KEY=a=b#c$d/\n")
    assert read_settings({}, file) == {"BUILDIUM_API_KEY": "a=b#c$d/"}


def test_an_empty_value_is_ignored(file: Path) -> None:
    file.write_text("BUILDIUM_BASE_URL=\n")
    assert read_settings({"BUILDIUM_CLIENT_ID": ""}, file) == {}


def test_a_misspelt_name_in_the_file_is_rejected(file: Path) -> None:
    file.write_text("BUILDIUM_RETRY_ATEMPTS=4\n")
    with pytest.raises(LocalCloudError, match="BUILDIUM_RETRY_ATEMPTS"):
        read_settings({}, file)


def test_a_line_without_a_value_is_rejected_and_not_printed(file: Path) -> None:
    file.write_text("BUILDIUM_SYNC_ENABLED=true\nsome-secret\n")
    with pytest.raises(LocalCloudError, match="line 2") as rejected:
        read_settings({}, file)
    assert "some-secret" not in str(rejected.value)


@pytest.mark.parametrize("text", NO_BASE_URLS)
def test_an_invalid_base_url_is_not_deployed(text: str, file: Path) -> None:
    with pytest.raises(LocalCloudError, match="BUILDIUM_BASE_URL must be an address like https://") as rejected:
        read_settings({"BUILDIUM_BASE_URL": text}, file)
    assert "private" not in str(rejected.value)


@pytest.mark.parametrize("text", NO_APP_URLS)
def test_an_invalid_address_of_buildiums_application_is_not_deployed(text: str, file: Path) -> None:
    with pytest.raises(LocalCloudError, match="BUILDIUM_APP_URL") as rejected:
        read_settings({"BUILDIUM_APP_URL": text}, file)
    assert "private" not in str(rejected.value)


@pytest.mark.parametrize("text", ["planet=/x/{id}", "property=/x", "property=/x/{key}/{id}", "property=//x/{id}", "x"])
def test_an_invalid_path_of_a_page_is_not_deployed(text: str, file: Path) -> None:
    with pytest.raises(LocalCloudError, match="BUILDIUM_PAGE_PATHS"):
        read_settings({"BUILDIUM_PAGE_PATHS": text}, file)


def test_a_value_above_its_maximum_length_is_not_deployed(file: Path) -> None:
    with pytest.raises(LocalCloudError, match="BUILDIUM_PAGE_PATHS"):
        read_settings({"BUILDIUM_PAGE_PATHS": f"property=/{'x' * 1000}/{{id}}"}, file)


def test_the_simulated_pages_cover_every_type_and_are_valid(file: Path) -> None:
    settings = read_settings(SIMULATED_PAGES, file)
    pages = buildium_pages(settings["BUILDIUM_PAGE_PATHS"], all_types())
    assert types_without_page(pages, all_types()) == []


def test_a_value_that_the_template_rejects_is_not_deployed(file: Path) -> None:
    with pytest.raises(LocalCloudError, match="BUILDIUM_CLIENT_ID") as rejected:
        read_settings({"BUILDIUM_CLIENT_ID": "two words"}, file)
    assert "two words" not in str(rejected.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APP_WEBHOOK_URL", "ftp://app.example/"),
        ("APP_WEBHOOK_URL", "https://ada:private@app.example/"),
        ("APP_WEBHOOK_URL", "https://app.example/#private"),
        ("BUILDIUM_WEBHOOK_SECRET", "private-15-char"),
        ("APP_WEBHOOK_SECRET", "private"),
        ("APP_WEBHOOK_SECRET", "whsec_private"),
    ],
)
def test_an_invalid_app_webhook_is_not_deployed(file: Path, name: str, value: str) -> None:
    with pytest.raises(LocalCloudError, match=name) as rejected:
        read_settings({name: value}, file)
    assert "private" not in str(rejected.value)


def test_a_valid_app_webhook_is_deployed(file: Path) -> None:
    settings = {"APP_WEBHOOK_URL": "https://app.example:8443/hook?key=1", "APP_WEBHOOK_SECRET": f"whsec_{'A' * 43}="}
    assert read_settings(settings, file) == settings


@pytest.mark.parametrize(
    ("line", "is_valid"),
    [
        ("BUILDIUM_TIMEOUT=100", True),
        ("BUILDIUM_TIMEOUT=99", False),
        ("BUILDIUM_TIMEOUT=45001", False),
        ("BUILDIUM_TIMEOUT=30s", False),
        ("BUILDIUM_TIMEOUT=nan", False),
        ("BUILDIUM_SYNC_ENABLED=false", True),
        ("BUILDIUM_SYNC_ENABLED=False", False),
        ("LOG_RETENTION_DAYS=30", True),
        ("LOG_RETENTION_DAYS=31", False),
    ],
)
def test_a_value_outside_the_range_of_its_parameter_is_rejected(file: Path, line: str, *, is_valid: bool) -> None:
    file.write_text(f"{line}\n")
    name, _, value = line.partition("=")
    if is_valid:
        assert read_settings({}, file) == {name: value}
        return
    with pytest.raises(LocalCloudError, match=rf"^{name} has an invalid value; see docs/settings\.md$"):
        read_settings({}, file)


def test_unrelated_environment_variables_are_ignored(file: Path) -> None:
    assert read_settings({"HOME": "/home/ada", "BUILDIUM_OPENAPI": "x"}, file) == {}


def test_a_removed_setting_returns_to_its_default() -> None:
    assert parameters({"SYNC_WAIT_SECONDS": "7"})["SyncWaitSeconds"] == "7"
    assert parameters({})["SyncWaitSeconds"] == str(load_template()["Parameters"]["SyncWaitSeconds"]["Default"])


def test_every_parameter_gets_a_value() -> None:
    assert parameters({}).keys() == load_template()["Parameters"].keys()


def test_the_example_file_names_every_setting_with_its_default() -> None:
    lines = re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    assert {name for name, _ in lines} == setting_names().keys()
    definitions = load_template()["Parameters"]
    for name, value in lines:
        if name != "BUILDIUM_BASE_URL":
            assert value == str(definitions[setting_names()[name]]["Default"])
