"""The inbound flow of the functions that store changes from Buildium."""

from buildium_sync.composition.buildium import BuildiumComposition
from buildium_sync.composition.runtime import runtime

from buildium_sync.buildium.client import BuildiumClient
from buildium_sync.domain.entity import ChangeSource
from buildium_sync.entity_types.registry import types_to_wait_for
from buildium_sync.inbound.inbound_sync import InboundSync
from buildium_sync.reconcile.imports.state import types_being_imported


def inbound_sync(composition: BuildiumComposition, client: BuildiumClient, source: ChangeSource) -> InboundSync:
    """Return the flow that stores changes from Buildium."""
    return InboundSync(
        composition.entities,
        client,
        composition.conflict_policy,
        runtime.clock,
        source,
        auto_created=composition.auto_created(client),
        highest_ids=composition.highest_ids,
        importing=lambda: types_being_imported(composition.jobs),
        refresh_balances=composition.balance_refresher(client).refresh,
        scope=composition.property_scope(client),
        check_paused=lambda entity_type: composition.control.check_inbound(types_to_wait_for(entity_type)),
        counts=composition.metric_counts,
    )
