"""Imports, as the API starts and shows them."""

from collections.abc import Sequence
from typing import Any

from buildium_sync.reconcile.imports.state import JOB, ImportState
from buildium_sync.reconcile.jobs.job_service import JobService


class ImportService(JobService):
    """Imports of the entities that a Buildium account has."""

    job_names = (JOB,)

    def progress(self) -> dict[str, Any]:
        """Return the progress of the last import."""
        return self.current().progress()

    def current(self) -> ImportState:
        """Return the last import."""
        return self._current(ImportState)

    def start(self, entity_types: Sequence[str]) -> dict[str, Any]:
        """Start an import of these types, in this order. Returns its progress, or that of one that runs already."""
        types = {name: ImportState.waiting_type() for name in entity_types}
        return self._start(ImportState.start(self._clock(), types=types)).progress()
