"""Settings from environment variables, read once and lazily, and the secrets they point to."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

_N = TypeVar("_N", int, float)
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_BASE_URL = "https://api.buildium.com/v1"
_URL = re.compile(r"https?://[^\s\"\\@?#/]+(/[^\s\"\\@?#]*)?")
"""The scheme, the host and a path: the template's pattern for it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; names and defaults are those of the README's table.

    Times are in seconds here, whatever unit the variable has. A name that only some functions need is
    empty in the others.
    """

    entities_table: str
    events_table: str
    control_table: str
    timeline_table: str
    sync_retry_queue_url: str
    sync_dead_letter_queue_url: str
    event_dead_letter_queue_url: str
    schedule_failure_queue_url: str
    job_dead_letter_queue_url: str
    timeline_dead_letter_queue_url: str
    event_queue_url: str
    job_queue_url: str
    event_bus_name: str
    secret_id: str
    secret_cache_seconds: int
    base_url: str
    sync_enabled: bool
    retry_attempts: int
    retry_delay: float
    timeout: float
    rate_limit: float
    settling_seconds: float
    operating_bank_account_id: int | None
    vendor_category_id: int | None
    task_assignee_id: int | None
    gl_account_id: int | None
    conflict_policy: str
    poll_seconds: int
    webhook_tolerance_seconds: int
    sync_wait_seconds: float

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings. Raises ValueError that names the variable at fault."""
        return cls(
            entities_table=env.get("ENTITIES_TABLE", ""),
            events_table=env.get("EVENTS_TABLE", ""),
            control_table=env.get("CONTROL_TABLE", ""),
            timeline_table=env.get("TIMELINE_TABLE", ""),
            sync_retry_queue_url=env.get("SYNC_RETRY_QUEUE_URL", ""),
            sync_dead_letter_queue_url=env.get("SYNC_DEAD_LETTER_QUEUE_URL", ""),
            event_dead_letter_queue_url=env.get("EVENT_DEAD_LETTER_QUEUE_URL", ""),
            schedule_failure_queue_url=env.get("SCHEDULE_FAILURE_QUEUE_URL", ""),
            job_dead_letter_queue_url=env.get("JOB_DEAD_LETTER_QUEUE_URL", ""),
            timeline_dead_letter_queue_url=env.get("TIMELINE_DEAD_LETTER_QUEUE_URL", ""),
            event_queue_url=env.get("EVENT_QUEUE_URL", ""),
            job_queue_url=env.get("JOB_QUEUE_URL", ""),
            event_bus_name=env.get("EVENT_BUS_NAME", ""),
            secret_id=env.get("BUILDIUM_SECRET_ID", ""),
            secret_cache_seconds=_number(env, "BUILDIUM_SECRET_CACHE_SECONDS", 300, int),
            base_url=_base_url(env),
            sync_enabled=_boolean(env, "BUILDIUM_SYNC_ENABLED", default=True),
            retry_attempts=_number(env, "BUILDIUM_RETRY_ATTEMPTS", 3, int),
            retry_delay=_number(env, "BUILDIUM_RETRY_DELAY", 1000, float) / 1000,
            timeout=_positive(env, "BUILDIUM_TIMEOUT", 30_000) / 1000,
            rate_limit=_positive(env, "BUILDIUM_RATE_LIMIT", 9.97),
            settling_seconds=_number(env, "BUILDIUM_SETTLING_SECONDS", 30, float),
            operating_bank_account_id=_number(env, "BUILDIUM_OPERATING_BANK_ACCOUNT_ID", 0, int) or None,
            vendor_category_id=_number(env, "BUILDIUM_VENDOR_CATEGORY_ID", 0, int) or None,
            task_assignee_id=_number(env, "BUILDIUM_TASK_ASSIGNEE_ID", 0, int) or None,
            gl_account_id=_number(env, "BUILDIUM_GL_ACCOUNT_ID", 0, int) or None,
            conflict_policy=env.get("BUILDIUM_CONFLICT_POLICY", "").strip(),
            poll_seconds=_number(env, "BUILDIUM_POLL_SECONDS", 300, int),
            webhook_tolerance_seconds=_number(env, "BUILDIUM_WEBHOOK_TOLERANCE_SECONDS", 7200, int),
            sync_wait_seconds=_number(env, "SYNC_WAIT_SECONDS", 5, float),
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """Buildium's API key, and the webhook secrets that are valid now (two during a rotation)."""

    client_id: str
    api_key: str
    webhook_secrets: tuple[str, ...]

    def __repr__(self) -> str:
        """Return a text without the secrets, for a log line or a traceback that catches one."""
        return "Credentials(…)"

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "Credentials":
        """Build them from the secret's keys, which are also the environment's names.

        Space around a value is what pasting left: no secret has any, and no header takes a line's end.
        """
        webhook = (_text(values, "BUILDIUM_WEBHOOK_SECRET"), _text(values, "BUILDIUM_WEBHOOK_SECRET_PREVIOUS"))
        return cls(
            client_id=_text(values, "BUILDIUM_CLIENT_ID"),
            api_key=_text(values, "BUILDIUM_API_KEY"),
            webhook_secrets=tuple(secret for secret in webhook if secret),
        )


CredentialsSource = Callable[[], Credentials]


def _base_url(env: Mapping[str, str]) -> str:
    text = env.get("BUILDIUM_BASE_URL", "").strip() or _BASE_URL
    if not _URL.fullmatch(text):
        # Not the value: it may hold a password.
        raise ValueError("BUILDIUM_BASE_URL must be an address like https://api.buildium.com/v1, without a query")
    return text.rstrip("/")


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value).strip()


def _number(env: Mapping[str, str], name: str, default: float, kind: type[_N]) -> _N:
    text = env.get(name, "").strip()
    if not text:
        return kind(default)
    try:
        value = kind(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, not {text!r}") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be a non-negative number, not {text!r}")
    return value


def _positive(env: Mapping[str, str], name: str, default: float) -> float:
    value = _number(env, name, default, float)
    if not value:
        raise ValueError(f"{name} must be greater than 0")
    return value


def _boolean(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if not text:
        return default
    if text in _TRUE | _FALSE:
        return text in _TRUE
    raise ValueError(f"{name} must be true or false, not {text!r}")
