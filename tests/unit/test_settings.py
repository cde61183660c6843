import pytest

from buildium_sync.environment_variables import Settings
from buildium_sync.settings import (
    ApiSettings,
    EventProcessorSettings,
    ReconcileSettings,
    SyncSettings,
    TimelineSettings,
    WebhookSettings,
)
from tests.environment import environment

FUNCTIONS = (
    ApiSettings,
    SyncSettings,
    WebhookSettings,
    EventProcessorSettings,
    ReconcileSettings,
    TimelineSettings,
)


def sync_settings(**changes: str) -> SyncSettings:
    return SyncSettings(environment(**changes))


def test_the_defaults_of_the_template_are_valid() -> None:
    settings, api = sync_settings(), ApiSettings(environment())

    assert settings.base_url == "https://api.buildium.com/v1"
    assert settings.sync_enabled
    assert (settings.retry_attempts, settings.retry_delay_seconds, settings.timeout_seconds) == (3, 1.0, 30.0)
    assert (settings.rate_limit, settings.settling_seconds, api.sync_wait_seconds) == (9.97, 30.0, 5.0)
    assert settings.operating_bank_account_id is None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_variable_of_a_function_is_required(function: type[Settings]) -> None:
    names = [variable.name for variable in function.variables().values()]

    for name in names:
        variables = environment()
        del variables[name]
        with pytest.raises(ValueError, match=f"^{name} is required$"):
            function(variables)


def test_one_error_names_all_missing_and_invalid_variables() -> None:
    with pytest.raises(ValueError, match="required") as error:
        sync_settings(ENTITIES_TABLE=" ", BUILDIUM_TIMEOUT="x", BUILDIUM_SYNC_ENABLED="maybe")

    assert sorted(str(error.value).split("; ")) == [
        "BUILDIUM_SYNC_ENABLED must be true or false, got 'maybe'",
        "BUILDIUM_TIMEOUT must be a positive number, got 'x'",
        "ENTITIES_TABLE is required",
    ]


@pytest.mark.parametrize(("text", "value"), [("", None), ("0", None), ("42", 42)])
def test_an_account_default_may_be_empty(text: str, value: int | None) -> None:
    assert sync_settings(BUILDIUM_GL_ACCOUNT_ID=text).gl_account_id == value


@pytest.mark.parametrize(("text", "value"), [("", set()), ("42", {42}), ("42, 7,42", {7, 42})])
def test_the_property_ids_are_separated_by_commas(text: str, value: set[int]) -> None:
    assert sync_settings(BUILDIUM_PROPERTY_IDS=text).property_ids == value


@pytest.mark.parametrize("text", ["x", "1;2", "1,,2", "1,", "0", "-1", "1.5", "1_0", "²", str(2**31), "9" * 5000])
def test_an_invalid_list_of_property_ids_names_its_setting(text: str) -> None:
    with pytest.raises(ValueError, match="BUILDIUM_PROPERTY_IDS must be empty or positive IDs, separated by commas"):
        sync_settings(BUILDIUM_PROPERTY_IDS=text)


def test_times_in_milliseconds_become_seconds() -> None:
    settings = sync_settings(BUILDIUM_TIMEOUT="1500", BUILDIUM_RETRY_DELAY="0")

    assert (settings.timeout_seconds, settings.retry_delay_seconds) == (1.5, 0.0)


def test_a_trailing_slash_of_the_base_url_is_removed() -> None:
    assert sync_settings(BUILDIUM_BASE_URL="https://x/v1/").base_url == "https://x/v1"


NO_BASE_URLS = (
    "api.buildium.com/v1",
    "//api.buildium.com/v1",
    "ftp://api.buildium.com/v1",
    "https:/api.buildium.com/v1",
    "http://api.buildium.com/v1",
    "http://localhost.example/v1",
    "http://127.0.0.1.example/v1",
    "http://key@127.0.0.1/v1",
    "https://",
    "https:///v1",
    "https://user:pri" + "vate@api.buildium.com/v1",
    "https://api.buildium.com/v1?key=1",
    "https://api.buildium.com/v1#top",
    "https://api.buildium.com/v1 https://other",
    '"https://api.buildium.com/v1"',
)


NO_APP_URLS = (
    "a.example",
    "http://a.example",
    "javascript:alert(1)",
    "https://user:pri" + "vate@a.example",
    "https://a.example/manager",
    "https://a.example?key=1",
)


@pytest.mark.parametrize("text", NO_BASE_URLS)
def test_a_malformed_base_url_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="BUILDIUM_BASE_URL") as rejected:
        sync_settings(BUILDIUM_BASE_URL=text)
    assert "private" not in str(rejected.value)


@pytest.mark.parametrize(
    "text", ["https://x", "http://127.0.0.1:9/v1", "http://localhost/v1", "http://[::1]:9", "https://x/v1/"]
)
def test_a_valid_base_url_is_accepted(text: str) -> None:
    assert sync_settings(BUILDIUM_BASE_URL=text).base_url == text.rstrip("/")


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("https://a.example/", "https://a.example"), ("https://a:8443", "https://a:8443")]
)
def test_the_address_of_buildiums_application_may_be_empty(text: str, value: str | None) -> None:
    assert ApiSettings(environment(BUILDIUM_APP_URL=text)).app_url == value


@pytest.mark.parametrize("text", NO_APP_URLS)
def test_a_malformed_address_of_buildiums_application_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="BUILDIUM_APP_URL") as rejected:
        ApiSettings(environment(BUILDIUM_APP_URL=text))
    assert "private" not in str(rejected.value)


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("1", True), ("off", False), ("No", False)])
def test_a_boolean_setting_accepts_several_spellings(text: str, value: bool) -> None:
    assert sync_settings(BUILDIUM_SYNC_ENABLED=text).sync_enabled is value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BUILDIUM_SYNC_ENABLED", "maybe"),
        ("BUILDIUM_RETRY_ATTEMPTS", "three"),
        ("BUILDIUM_RETRY_ATTEMPTS", "1.5"),
        ("BUILDIUM_RETRY_ATTEMPTS", "-1"),
        ("BUILDIUM_TIMEOUT", "0"),
        ("BUILDIUM_TIMEOUT", "-1"),
        ("BUILDIUM_RATE_LIMIT", "0"),
        ("BUILDIUM_RATE_LIMIT", "nan"),
        ("BUILDIUM_RATE_LIMIT", "inf"),
        ("BUILDIUM_SETTLING_SECONDS", "nan"),
        ("BUILDIUM_GL_ACCOUNT_ID", "one"),
    ],
)
def test_an_invalid_value_is_rejected_with_the_settings_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        sync_settings(**{name: text})
