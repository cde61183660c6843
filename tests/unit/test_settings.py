import pytest

from buildium_sync.settings import Credentials, Settings


def test_an_unset_variable_has_the_documented_default() -> None:
    settings = Settings.from_environment({})

    assert settings.base_url == "https://api.buildium.com/v1"
    assert settings.sync_enabled
    assert (settings.retry_attempts, settings.retry_delay, settings.timeout) == (3, 1.0, 30.0)
    assert (settings.rate_limit, settings.settling_seconds, settings.sync_wait_seconds) == (9.97, 30.0, 5.0)
    assert settings.operating_bank_account_id is None


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("BUILDIUM_BASE_URL", "BUILDIUM_SYNC_ENABLED", "BUILDIUM_TIMEOUT", "BUILDIUM_OPERATING_BANK_ACCOUNT_ID")

    assert Settings.from_environment(dict.fromkeys(names, " ")) == Settings.from_environment({})


def test_times_in_milliseconds_become_seconds() -> None:
    settings = Settings.from_environment({"BUILDIUM_TIMEOUT": "1500", "BUILDIUM_RETRY_DELAY": "0"})

    assert (settings.timeout, settings.retry_delay) == (1.5, 0.0)


def test_a_trailing_slash_of_the_base_url_is_removed() -> None:
    assert Settings.from_environment({"BUILDIUM_BASE_URL": "https://x/v1/"}).base_url == "https://x/v1"


NO_BASE_URLS = (
    "api.buildium.com/v1",
    "//api.buildium.com/v1",
    "ftp://api.buildium.com/v1",
    "https:/api.buildium.com/v1",
    "https://",
    "https:///v1",
    "https://user:pri" + "vate@api.buildium.com/v1",
    "https://api.buildium.com/v1?key=1",
    "https://api.buildium.com/v1#top",
    "https://api.buildium.com/v1 https://other",
    '"https://api.buildium.com/v1"',
)


@pytest.mark.parametrize("text", NO_BASE_URLS)
def test_a_malformed_base_url_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="BUILDIUM_BASE_URL") as rejected:
        Settings.from_environment({"BUILDIUM_BASE_URL": text})
    assert "private" not in str(rejected.value)


@pytest.mark.parametrize("text", ["https://x", "http://127.0.0.1:9/v1", "https://x/v1/"])
def test_a_valid_base_url_is_accepted(text: str) -> None:
    assert Settings.from_environment({"BUILDIUM_BASE_URL": text}).base_url == text.rstrip("/")


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("1", True), ("off", False), ("No", False)])
def test_a_boolean_setting_accepts_several_spellings(text: str, value: bool) -> None:
    assert Settings.from_environment({"BUILDIUM_SYNC_ENABLED": text}).sync_enabled is value


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
        ("SYNC_WAIT_SECONDS", "nan"),
    ],
)
def test_an_invalid_value_is_rejected_with_the_settings_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.from_environment({name: text})


def test_credentials_are_parsed_from_the_secret() -> None:
    values = {"BUILDIUM_CLIENT_ID": "id", "BUILDIUM_API_KEY": "key", "BUILDIUM_WEBHOOK_SECRET": "now"}

    assert Credentials.from_mapping(values) == Credentials("id", "key", ("now",))


@pytest.mark.parametrize(("previous", "secrets"), [("", ("now",)), (None, ("now",)), ("before", ("now", "before"))])
def test_two_webhook_secrets_are_valid_during_a_rotation(previous: str | None, secrets: tuple[str, ...]) -> None:
    values = {"BUILDIUM_WEBHOOK_SECRET": "now", "BUILDIUM_WEBHOOK_SECRET_PREVIOUS": previous}

    assert Credentials.from_mapping(values).webhook_secrets == secrets


def test_whitespace_around_a_secret_is_removed() -> None:
    values = {"BUILDIUM_CLIENT_ID": 12, "BUILDIUM_API_KEY": " key\n", "BUILDIUM_WEBHOOK_SECRET": "\n"}

    assert Credentials.from_mapping(values) == Credentials("12", "key", ())


def test_the_repr_of_credentials_hides_their_values() -> None:
    assert "key" not in f"{Credentials('id', 'key', ('now',))!r}"
