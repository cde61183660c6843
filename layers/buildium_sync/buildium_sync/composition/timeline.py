"""The parts of the timeline function."""

from buildium_sync.composition.runtime import Composition, runtime

from buildium_sync.domain.change_event import BUS_SOURCE
from buildium_sync.settings import TimelineSettings
from buildium_sync.store.event_bus import EventBus
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.timeline.event_publisher import ApplicationEventPublisher
from buildium_sync.timeline.recorder import TimelineRecorder


class TimelineComposition(Composition):
    """What records and publishes the changes of the stream."""

    settings_type = TimelineSettings
    settings: TimelineSettings

    def timeline_recorder(self) -> TimelineRecorder:
        """Return what records changes."""
        store = TimelineStore(runtime.clients.dynamodb, self.settings.timeline_table, sleep=runtime.sleep)
        return TimelineRecorder(store, runtime.clock)

    def event_publisher(self) -> ApplicationEventPublisher:
        """Return what publishes events for the application."""
        return ApplicationEventPublisher(
            EventBus(runtime.clients.eventbridge, self.settings.event_bus_name, BUS_SOURCE)
        )
