"""The parts of the account function."""

from buildium_sync.composition.buildium_calls import BuildiumCalls
from buildium_sync.composition.runtime import TimeLeft, runtime

from buildium_sync.account.reference_lists import ReferenceLists
from buildium_sync.buildium.rate_limiter.priority import Priority
from buildium_sync.settings import AccountSettings
from buildium_sync.store.reference_items import ReferenceListStore

_MAX_CALL_SECONDS = 8.0
"""The limit of one call. API Gateway waits 29 seconds for a response."""


class AccountComposition(BuildiumCalls):
    """What reads the Buildium account for a person who waits for it."""

    settings_type = AccountSettings
    settings: AccountSettings

    @property
    def call_timeout_seconds(self) -> float:
        """Return the limit of one call, which is shorter than that of a sync."""
        return min(super().call_timeout_seconds, _MAX_CALL_SECONDS)

    def reference_lists(self, time_left: TimeLeft) -> ReferenceLists:
        """Return what reads the reference lists, for one invocation."""
        store = ReferenceListStore(runtime.clients.dynamodb, self.settings.control_table)
        return ReferenceLists(self.client(time_left, Priority.INTERACTIVE), store, runtime.clock)
