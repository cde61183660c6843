"""The services of reviews, searches and timelines. Each is imported at its first request (see `composition.api`)."""

from typing import TYPE_CHECKING

from buildium_sync.composition.api_stores import ApiStores
from buildium_sync.composition.runtime import runtime

if TYPE_CHECKING:
    from buildium_sync.api.review_details import ReviewDetails
    from buildium_sync.api.review_service import ReviewService
    from buildium_sync.api.review_undo import ReviewUndo
    from buildium_sync.api.search_service import SearchService
    from buildium_sync.store.failed_call_items import FailedCallStore
    from buildium_sync.store.review_decisions import ReviewDecisionStore
    from buildium_sync.timeline.reader import TimelineReader


class ReviewServices(ApiStores):
    """Reviews, their decisions, the undo of decisions, searches, failed calls and timelines."""

    @property
    def reviews(self) -> "ReviewService":
        """Return the service of the reviews."""
        from buildium_sync.api.review_service import ReviewService

        return ReviewService(self._entity_store, self._job_store, self._sync_queue, runtime.clock)

    @property
    def _review_decisions(self) -> "ReviewDecisionStore":
        from buildium_sync.store.review_decisions import ReviewDecisionStore

        return ReviewDecisionStore(runtime.clients.dynamodb, self.settings.entities_table)

    @property
    def review_undo(self) -> "ReviewUndo":
        """Return the service that undoes decisions of reviews."""
        from buildium_sync.api.entity_references import EntityReferences
        from buildium_sync.api.review_undo import ReviewUndo
        from buildium_sync.store.lookup_items import LookupStore

        lookups = LookupStore(runtime.clients.dynamodb, self.settings.timeline_table)
        references = EntityReferences(self._entity_store, lookups)
        return ReviewUndo(self._entity_store, self._review_decisions, references, runtime.clock)

    @property
    def review_details(self) -> "ReviewDetails":
        """Return the service that describes reviews and decisions."""
        from buildium_sync.api.review_details import ReviewDetails
        from buildium_sync.domain.conflicts import ConflictPolicy
        from buildium_sync.entity_types.registry import TYPE_NAMES

        policy = ConflictPolicy.from_text(self.settings.conflict_policy, TYPE_NAMES)
        names_of_operators = self._operator_store.names
        return ReviewDetails(self._entity_store, self._review_decisions, self.review_undo, policy, names_of_operators)

    @property
    def search(self) -> "SearchService":
        """Return the service of searches."""
        from buildium_sync.api.search_service import SearchService
        from buildium_sync.store.search_term_items import SearchTermStore

        terms = SearchTermStore(runtime.clients.dynamodb, self.settings.timeline_table)
        return SearchService(self._entity_store, terms)

    @property
    def failed_calls(self) -> "FailedCallStore":
        """Return the store of the failed calls to Buildium."""
        from buildium_sync.store.failed_call_items import FailedCallStore

        return FailedCallStore(runtime.clients.dynamodb, self.settings.timeline_table, runtime.clock)

    @property
    def timelines(self) -> "TimelineReader":
        """Return the service of the timelines."""
        from buildium_sync.timeline.reader import TimelineReader

        return TimelineReader(self._timeline_store, runtime.clock, self._operator_store.names)
