"""The services that start jobs. Each is imported at its first request (see `composition.api`)."""

from typing import TYPE_CHECKING

from buildium_sync.composition.api_reviews import ReviewServices
from buildium_sync.composition.runtime import runtime

if TYPE_CHECKING:
    from buildium_sync.api.repairs import Repairs
    from buildium_sync.reconcile.drift.comparison_service import ComparisonService
    from buildium_sync.reconcile.drift.service import DriftService
    from buildium_sync.reconcile.erasure.service import ErasureService
    from buildium_sync.reconcile.imports.service import ImportService


class JobServices(ReviewServices):
    """Imports, drift checks, repairs and erasures."""

    @property
    def imports(self) -> "ImportService":
        """Return the service of the imports."""
        from buildium_sync.reconcile.imports.service import ImportService

        return ImportService(self._job_store, self._job_queue, runtime.clock)

    @property
    def drift(self) -> "DriftService":
        """Return the service of comparisons and repairs."""
        from buildium_sync.reconcile.drift.service import DriftService

        return DriftService(self._job_store, self._job_queue, runtime.clock)

    @property
    def comparisons(self) -> "ComparisonService":
        """Return the service of comparisons of one entity."""
        from buildium_sync.reconcile.drift.comparison_service import ComparisonService

        return ComparisonService(self._entity_store, self._job_store, self._job_queue, runtime.clock)

    @property
    def erasures(self) -> "ErasureService":
        """Return the service of erasures."""
        from buildium_sync.composition.erasures import erasure_service

        return erasure_service(self.settings, self._entity_store, self._job_store, self._job_queue)

    @property
    def repairs(self) -> "Repairs":
        """Return the service of repairs."""
        from buildium_sync.api.repairs import Repairs
        from buildium_sync.reconcile.drift.released_syncs import ReleasedSyncs

        return Repairs(self.drift, self.comparisons, ReleasedSyncs(self._entity_store, runtime.clock))
