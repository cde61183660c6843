"""The parts of the timeline function."""

from buildium_sync.composition.runtime import Composition, runtime

from buildium_sync.settings import TimelineSettings
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.recorder import TimelineRecorder


class TimelineComposition(Composition):
    """What stores the timelines and counts."""

    settings_type = TimelineSettings
    settings: TimelineSettings

    def timeline_recorder(self) -> TimelineRecorder:
        """Return what records changes."""
        return TimelineRecorder(TimelineStore(runtime.clients.dynamodb, self.settings.timeline_table), runtime.clock)
