"""Properties of imports, drift checks and repairs."""

from tools.openapi.texts.text import Texts, buildium_id, composed, integer, timestamp, value

_REASON = "Buildium returned 503"

_IMPORT: Texts = {
    "ImportResponse.import": composed("The import."),
    "Import.status": value("The state of the import.", "running"),
    "Import.pausedReason": value("The reason why the import is paused. null if it is not.", None),
    "Import.types": composed("The progress by entity type."),
    "Import.errors": composed("What could not be imported."),
    "TypeProgress.total": integer("The number of entities that Buildium has.", 120),
    "TypeProgress.done": integer("The number of entities that are imported, or need a review.", 80),
    "TypeProgress.failed": integer("The number of entities that could not be imported.", 1),
    "TypeProgress.needsReview": integer("The number of local entities that need a review.", 0),
    "TypeProgress.state": value("The state of the import of this type.", "running"),
    "ImportFailure.error": value("The reason.", "Field required"),
}
_DRIFT: Texts = {
    "DriftResponse.drift": composed("The drift check."),
    "DriftReport.drift": composed("The last drift check."),
    "DriftReport.repair": composed("The last repair."),
    "DriftReport.items": composed("The drift of this page."),
    "Drift.status": value("The state of the drift check.", "done"),
    "Drift.types": composed("The result by entity type."),
    "TypeDrift.local": integer("The number of local entities that were compared.", 120),
    "TypeDrift.remote": integer("The number of Buildium entities that were compared.", 121),
    "TypeDrift.localOnly": integer("The number of entities that exist only locally.", 0),
    "TypeDrift.remoteOnly": integer("The number of entities that exist only in Buildium.", 1),
    "TypeDrift.different": integer("The number of entities with fields that differ.", 2),
    "TypeDrift.repairable": integer("The number of entities that a repair would write.", 2),
    "TypeDrift.inbound": integer("The number of entities that a repair would write locally only.", 1),
    "TypeDrift.outbound": integer("The number of entities that a repair would write in Buildium only.", 1),
    "TypeDrift.notCompared": value(
        "The fields that Buildium did not show for at least one entity. They are not compared.", ["taxId"]
    ),
    "TypeDrift.state": value("The state of the drift check of this type.", "done"),
    "TypeDrift.error": value("The reason why the check of this type failed. null if it did not fail.", None),
    "DriftEntry.entityId": value("The local id of the entity. null if it exists only in Buildium.", "property-id"),
    "DriftEntry.buildiumId": buildium_id("The id of the entity in Buildium. null if it exists only locally."),
    "DriftEntry.name": value("The name of the entity. null if it has none.", "Sample Property"),
    "DriftEntry.kind": value("The kind of drift.", "different"),
    "DriftEntry.syncStatus": value("The status of the sync. null if the entity exists only in Buildium.", "synced"),
    "DriftEntry.fields": composed("The fields that differ: all of an entity that only one side has."),
    "DriftEntry.notCompared": value("The fields that Buildium did not show. They are not compared.", ["taxId"]),
    "DriftEntry.writes": composed("The writes of a repair. Empty if a repair does not change this entity."),
    "DriftEntry.candidates": value("The local ids of entities that may be the Buildium entity.", ["property-id"]),
    "DriftEntry.candidateFields": value(
        "Those fields of the Buildium entity that identify it. null without candidates.", {"name": "Sample Property"}
    ),
    "DriftEntry.note": value("The reason why a repair does not change this entity. null otherwise.", None),
    "ErasureResponse.erasure": composed("The erasure."),
    "Erasure.status": value("The state of the erasure.", "done"),
    "Erasure.requestedAt": timestamp("The time of the request. null without one."),
    "Erasure.by": value("The operator, or the id of the API key. null without a request.", "Ann"),
    "Erasure.error": value("The reason why the erasure failed. null otherwise.", None),
    "ComparisonResponse.comparison": composed("The comparison."),
    "Comparison.status": value("The state of the comparison.", "done"),
    "Comparison.notCompared": value("The fields that Buildium did not show. They are not compared.", ["taxId"]),
    "Comparison.error": value("The reason why the entity could not be compared. null otherwise.", None),
    "Comparison.entry": composed("The drift of the entity. null without a difference."),
    "DifferingField.field": value("The name of the field.", "name"),
    "DifferingField.local": value("The local value. `different` for a secret field.", "Sample Property"),
    "DifferingField.remote": value("The value in Buildium. `different` for a secret field.", "Sample Tower"),
}
_REPAIR: Texts = {
    "RepairRequest.dryRun": value("true lists the writes, false makes them.", True),
    "RepairRequest.entityId": value(
        "The local id of an entity: repairs what its last comparison found. Requires `entityType`.", "property-id"
    ),
    "RepairRequest.entities": composed("The entities of the drift report to write. Without it, all."),
    "RepairRequest.direction": value(
        "`inbound` selects entities that are written locally only, `outbound` those that are written in Buildium only. "
        "Without it, all.",
        "inbound",
    ),
    "RepairRequest.checkedAt": timestamp(
        "`startedAt` of the drift check that the selection is from, or of the comparison of the entity. If a later one "
        "has replaced it, the response is 409.",
        "2025-01-15T10:30:00.000Z",
    ),
    "RepairEntity.entityType": value("The entity type.", "property"),
    "RepairEntity.entityId": value("The local id of the entity.", "property-id"),
    "RepairEntity.buildiumId": buildium_id("The Buildium id of an entity that exists only there."),
    "RepairRequest.cursor": value("`nextCursor` of the previous page, for a dry run.", "eyJpZCI6ICJiODlhYzA5ZiJ9"),
    "RepairPlan.dryRun": value("true: nothing is written.", True),
    "RepairPlan.planned": integer("The number of entities that a repair would write, on all pages.", 2),
    "RepairPlan.releasedSyncs": composed(
        "The blocked syncs that run after the repair, because they wait for an entity that it puts into Buildium. null "
        "on later pages."
    ),
    "ReleasedSyncs.count": integer("The number of these syncs.", 1),
    "ReleasedSyncs.isComplete": value("false: there may be more of these syncs.", True),
    "ReleasedSyncs.items": composed("The first ten of them."),
    "ReleasedSync.name": value("The name of the entity. null without one.", "Elm House"),
    "RepairPlan.items": composed("The entities of this page, with their writes."),
    "RepairResponse.dryRun": value("false: the writes are made.", False),
    "RepairResponse.repair": composed("The repair."),
    "Repair.status": value("The state of the repair.", "running"),
    "Repair.planned": integer("The number of entities to write.", 2),
    "Repair.done": integer("The number of entities that are written locally, or whose sync follows.", 1),
    "Repair.queued": integer("The number of these entities whose sync follows. It writes in Buildium.", 1),
    "Repair.failed": integer("The number of entities that could not be repaired.", 0),
    "Repair.needsReview": integer("The number of Buildium entities with several matches, which need a review.", 0),
    "Repair.errors": composed("The entities that could not be repaired."),
    "RepairFailure.error": value("The reason.", _REASON),
    "PlannedWrite.target": value("The side that is written.", "remote"),
    "PlannedWrite.action": value("The kind of write.", "update"),
    "PlannedWrite.fields": value("The fields that the write changes.", ["name"]),
}
TEXTS: Texts = {**_IMPORT, **_DRIFT, **_REPAIR}
