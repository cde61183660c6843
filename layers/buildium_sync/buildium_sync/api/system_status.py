"""The status of the system: where it runs, and the conditions that an operator must know."""

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync import __version__
from buildium_sync.api.conditions import Condition, conditions, stops_writes
from buildium_sync.buildium_hosts import LIVE_HOST
from buildium_sync.clock import Clock, format_iso
from buildium_sync.domain.buildium_pages import buildium_pages
from buildium_sync.domain.control_keys import CIRCUITS_PK, CONTROL_STATE_PK, WEBHOOKS_PK, job_pk
from buildium_sync.entity_types.registry import all_types
from buildium_sync.observability import logger
from buildium_sync.settings import ApiSettings
from buildium_sync.store.batch_get import batch_get
from buildium_sync.store.control_state import ControlStateStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CACHE_TTL_SECONDS = 5.0
_KEYS = {"control": CONTROL_STATE_PK, "circuits": CIRCUITS_PK, "webhooks": WEBHOOKS_PK, "import": job_pk("import")}
"""The items of the control table, which one batch reads."""


class PageBody(TypedDict):
    """The page of a type's entities in Buildium's web application."""

    entityType: str
    path: str
    reference: str | None


class SystemStatusBody(TypedDict):
    """The status of the system."""

    stack: str
    version: str
    buildiumHost: str
    isProduction: bool
    buildiumAppUrl: str | None
    buildiumPages: list[PageBody]
    at: str
    conditions: list[Condition]


class SystemStatus:
    """Reads the conditions of the system."""

    def __init__(
        self,
        client: "DynamoDBClient",
        control: ControlStateStore,
        settings: ApiSettings,
        clock: Clock,
    ) -> None:
        self._client = client
        self._control = control
        self._settings = settings
        self._clock = clock
        self._cached: tuple[float, list[Condition]] | None = None

    def read(self) -> SystemStatusBody:
        """Return the body of the status."""
        host = urlsplit(self._settings.base_url).hostname or ""
        return {
            "stack": self._settings.stack_name,
            "version": __version__,
            "buildiumHost": host,
            "isProduction": host == LIVE_HOST,
            "buildiumAppUrl": self._settings.app_url,
            "buildiumPages": self._pages,
            "at": format_iso(self._clock()),
            "conditions": self._read(),
        }

    @cached_property
    def _pages(self) -> list[PageBody]:
        pages = buildium_pages(self._settings.page_paths, all_types())
        return [{"entityType": page.entity_type, "path": page.path, "reference": page.reference} for page in pages]

    def stopping(self, entity_type: str) -> Condition | None:
        """Return the condition that keeps changes of a type pending, at most 5 seconds old; None if there is none.

        A failed read is logged and returns None, since the change is stored already.
        """
        now, cached = self._clock(), self._cached
        if cached is None or now >= cached[0]:
            try:
                cached = (now + _CACHE_TTL_SECONDS, self._read())
            except (BotoCoreError, ClientError) as error:
                logger.warning("Conditions could not be read", extra={"error": type(error).__name__})
                return None
            self._cached = cached
        return next((each for each in cached[1] if stops_writes(each, entity_type)), None)

    def _read(self) -> list[Condition]:
        names = {pk: name for name, pk in _KEYS.items()}
        found = batch_get(self._client, self._settings.control_table, ((pk,) for pk in names))
        items = {names[item["pk"]]: item for item in found}
        control = self._control.state_of(items.get("control", {}))
        return list(conditions(items, control, self._clock(), is_sync_enabled=self._settings.sync_enabled))
