"""The settings of each function."""

from buildium_sync.environment_variables import (
    Settings,
    Variable,
    account_id,
    boolean,
    choice,
    integer,
    milliseconds,
    number,
    optional_origin,
    positive_ids,
    positive_milliseconds,
    positive_number,
    text,
    url,
)


def _start_mode() -> Variable[str]:
    return choice("BUILDIUM_START_MODE", "normal", "observe-only")


def _property_ids() -> Variable[frozenset[int]]:
    return positive_ids("BUILDIUM_PROPERTY_IDS")


class CallSettings(Settings):
    """What all functions that call Buildium need."""

    control_table = text("CONTROL_TABLE")
    secret_id = text("BUILDIUM_SECRET_ID")
    secret_cache_seconds = integer("BUILDIUM_SECRET_CACHE_SECONDS")
    base_url = url("BUILDIUM_BASE_URL")
    timeout_seconds = positive_milliseconds("BUILDIUM_TIMEOUT")
    rate_limit = positive_number("BUILDIUM_RATE_LIMIT")


class DefaultSettings(Settings):
    """The Buildium ids for new entities that a client does not name."""

    operating_bank_account_id = account_id("BUILDIUM_OPERATING_BANK_ACCOUNT_ID")
    vendor_category_id = account_id("BUILDIUM_VENDOR_CATEGORY_ID")
    task_assignee_id = account_id("BUILDIUM_TASK_ASSIGNEE_ID")
    gl_account_id = account_id("BUILDIUM_GL_ACCOUNT_ID")


class PageSettings(Settings):
    """Links to Buildium's web application."""

    app_url = optional_origin("BUILDIUM_APP_URL")
    page_paths = text("BUILDIUM_PAGE_PATHS", may_be_empty=True)


class AccountSettings(CallSettings, DefaultSettings, PageSettings):
    """The settings of the account function."""

    events_table = text("EVENTS_TABLE")
    property_ids = _property_ids()
    sync_enabled = boolean("BUILDIUM_SYNC_ENABLED")
    poll_seconds = integer("BUILDIUM_POLL_SECONDS")
    has_webhook_secret = boolean("HAS_WEBHOOK_SECRET")
    application_key_can_operate = boolean("APPLICATION_KEY_CAN_OPERATE")


class BuildiumSettings(CallSettings):
    """What all functions that sync with Buildium need."""

    entities_table = text("ENTITIES_TABLE")
    timeline_table = text("TIMELINE_TABLE")
    settling_seconds = number("BUILDIUM_SETTLING_SECONDS")
    start_mode = _start_mode()
    conflict_policy = text("BUILDIUM_CONFLICT_POLICY", may_be_empty=True)
    property_ids = _property_ids()


class ApiSettings(PageSettings):
    """The settings of the api function."""

    entities_table = text("ENTITIES_TABLE")
    events_table = text("EVENTS_TABLE")
    control_table = text("CONTROL_TABLE")
    timeline_table = text("TIMELINE_TABLE")
    sync_retry_queue_url = text("SYNC_RETRY_QUEUE_URL")
    sync_dead_letter_queue_url = text("SYNC_DEAD_LETTER_QUEUE_URL")
    event_dead_letter_queue_url = text("EVENT_DEAD_LETTER_QUEUE_URL")
    schedule_failure_queue_url = text("SCHEDULE_FAILURE_QUEUE_URL")
    job_dead_letter_queue_url = text("JOB_DEAD_LETTER_QUEUE_URL")
    timeline_dead_letter_queue_url = text("TIMELINE_DEAD_LETTER_QUEUE_URL")
    app_webhook_dead_letter_queue_url = text("APP_WEBHOOK_DEAD_LETTER_QUEUE_URL")
    event_queue_url = text("EVENT_QUEUE_URL")
    job_queue_url = text("JOB_QUEUE_URL")
    sync_enabled = boolean("BUILDIUM_SYNC_ENABLED")
    start_mode = _start_mode()
    base_url = url("BUILDIUM_BASE_URL")
    stack_name = text("STACK_NAME")
    rate_limit = positive_number("BUILDIUM_RATE_LIMIT")
    sync_wait_seconds = number("SYNC_WAIT_SECONDS")
    api_max_concurrency = integer("API_MAX_CONCURRENCY")
    conflict_policy = text("BUILDIUM_CONFLICT_POLICY", may_be_empty=True)
    application_key_can_operate = boolean("APPLICATION_KEY_CAN_OPERATE")


class SyncSettings(BuildiumSettings, DefaultSettings):
    """The settings of the sync function."""

    sync_retry_queue_url = text("SYNC_RETRY_QUEUE_URL")
    sync_dead_letter_queue_url = text("SYNC_DEAD_LETTER_QUEUE_URL")
    sync_enabled = boolean("BUILDIUM_SYNC_ENABLED")
    retry_attempts = integer("BUILDIUM_RETRY_ATTEMPTS")
    retry_delay_seconds = milliseconds("BUILDIUM_RETRY_DELAY")


class WebhookSettings(Settings):
    """The settings of the webhook function."""

    events_table = text("EVENTS_TABLE")
    control_table = text("CONTROL_TABLE")
    event_bus_name = text("EVENT_BUS_NAME")
    secret_id = text("WEBHOOK_SECRET_ID")
    secret_cache_seconds = integer("BUILDIUM_SECRET_CACHE_SECONDS")
    account_id = account_id("BUILDIUM_ACCOUNT_ID")
    webhook_tolerance_seconds = integer("BUILDIUM_WEBHOOK_TOLERANCE_SECONDS")


class EventProcessorSettings(BuildiumSettings):
    """The settings of the event_processor function."""

    events_table = text("EVENTS_TABLE")
    event_queue_url = text("EVENT_QUEUE_URL")
    retry_attempts = integer("BUILDIUM_RETRY_ATTEMPTS")
    retry_delay_seconds = milliseconds("BUILDIUM_RETRY_DELAY")


class ReconcileSettings(BuildiumSettings):
    """The settings of the reconcile function."""

    events_table = text("EVENTS_TABLE")
    sync_retry_queue_url = text("SYNC_RETRY_QUEUE_URL")
    sync_dead_letter_queue_url = text("SYNC_DEAD_LETTER_QUEUE_URL")
    job_queue_url = text("JOB_QUEUE_URL")
    stack_name = text("STACK_NAME")
    email_topic_arn = text("EMAIL_TOPIC_ARN")
    alarm_topic_arn = text("ALARM_TOPIC_ARN", may_be_empty=True)
    event_bus_name = text("EVENT_BUS_NAME")
    sync_enabled = boolean("BUILDIUM_SYNC_ENABLED")
    poll_seconds = integer("BUILDIUM_POLL_SECONDS")
    drift_hours = integer("BUILDIUM_DRIFT_HOURS")
    ledger_horizon_days = integer("BUILDIUM_LEDGER_HORIZON_DAYS")


class TimelineSettings(Settings):
    """The settings of the timeline function."""

    timeline_table = text("TIMELINE_TABLE")
    event_bus_name = text("EVENT_BUS_NAME")


class AppWebhookSettings(Settings):
    """The settings of the app_webhook function. Without a URL, nothing is delivered."""

    control_table = text("CONTROL_TABLE")
    timeline_table = text("TIMELINE_TABLE")
    queue_url = text("APP_WEBHOOK_QUEUE_URL")
    dead_letter_queue_url = text("APP_WEBHOOK_DEAD_LETTER_QUEUE_URL")
    secret_id = text("WEBHOOK_SECRET_ID")
    secret_cache_seconds = integer("BUILDIUM_SECRET_CACHE_SECONDS")
    url = text("APP_WEBHOOK_URL", may_be_empty=True)
    application_key_can_operate = boolean("APPLICATION_KEY_CAN_OPERATE")
