"""Descriptions of named schemas, with every value of enumerations."""

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.entity_types.registry import all_types
from tools.openapi.names import schema_name, with_article

_ENUMERATIONS = {
    "Status": "The status of a sync. `pending`: waits for an attempt. `syncing`: an attempt is running. `synced`: "
    "Buildium has the current version. `failed`: Buildium rejected it, or all retries failed. `blocked`: a required "
    "value or another entity is missing. `needs_review`: several Buildium entities may be this one. `deleted`: the "
    "entity was deleted in Buildium.",
    "CheckStatus": "The result of a check. `ok`: nothing is wrong. `warning`: something may be missing or is unknown. "
    "`failed`: syncs or webhooks do not work.",
    "DeliveryStatus": "The status of a delivery. `delivered`: the receiver returned 2xx. `retrying`: an attempt "
    "failed. `dead-lettered`: no attempt follows until a redrive.",
    "EventStatus": "The status of a webhook event. `received`: stored. `published`: queued for processing. "
    "`processed`: processed. `ignored`: not relevant. `failed`: processing failed.",
    "DriftKind": "The kind of drift. `localOnly`: the entity exists only locally. `remoteOnly`: the entity exists only "
    "in Buildium. `different`: fields differ.",
    "RepairAction": "The kind of write. `create`: create the entity. `update`: update fields. `delete`: mark the "
    "entity as deleted. `link`: link the local entity to the Buildium entity.",
    "ErrorCode": "The kind of an error. `rejected`: Buildium rejected the payload. `server_error`: Buildium failed "
    "for this entity. `outcome_unknown`: the response to a write was lost. `outage`: Buildium did not respond. "
    "`timeout`: a read timed out. `paused`: a circuit breaker is open. `rate_limited`: no call was free. "
    "`credentials`: the API key is wrong. `permission`: the API key lacks a permission. `wrong_base_url`: "
    "BUILDIUM_BASE_URL is wrong. `aws`: an AWS service failed. `dependency`: a referenced entity is not synced. "
    "`missing_value`: a value or a setting is missing. `out_of_scope`: BUILDIUM_PROPERTY_IDS does not have the "
    "property of the entity. `needs_review`: several Buildium entities match. `deleted`: Buildium no longer has the "
    "entity. `busy`: another worker has the entity. `internal`: any other error.",
    "Direction": "The direction of a sync. `outbound`: to Buildium. `inbound`: from Buildium.",
    "Side": "The side of a value. `local`: the local entity. `remote`: the Buildium entity.",
    "JobStatus": "The state of a job, or of its part for one type. `not_started`: not started. `waiting`: waits for "
    "other types. `running`: in progress. `done`: finished. `failed`: ended by an error.",
    "ErasureStatus": "The state of an erasure. `not_started`: never requested. `queued`: nothing is erased yet. "
    "`running`: in progress. `done`: finished. `failed`: ended by an error; request it again.",
    "EventType": "What changed. `EntityCreated`, `EntityUpdated`: an entity has a new version. `EntityDeleted`: the "
    "entity was deleted in Buildium. `SyncSucceeded`: Buildium has the version. `SyncFailed`: Buildium rejected it, or "
    "all retries failed. `SyncBlocked`: a required value or another entity is missing. `ReviewNeeded`: several "
    "Buildium entities may be this one.",
    "EventSource": "What caused a change. `client`: a client of this API. `webhook`, `poll`, `import`, `repair`, "
    "`drift`: how Buildium's change was found. `sync`: an outbound sync.",
    "Origin": "The origin of a version. `api`: a client of this API. `buildium`: Buildium.",
}
_PARTS = {
    "BillLine": "A line of a bill.",
    "LedgerLine": "A line of an entry in the ledger of a lease.",
    "ChargeLine": "A line of a charge.",
    "RentScheduleCharge": "A charge of a rent schedule.",
    "ReversalFee": "A fee for a reversed payment.",
    "Markup": "An addition to the amount of a line.",
    "LineItem": "An item of a work order.",
    "NewTenant": "A person who becomes a tenant with the lease.",
    "EmergencyContact": "The person to call in an emergency.",
    "Cosigner": "A person who is liable for the rent together with the tenants. The address is complete or absent.",
    "Rent": "The rent: charges that recur.",
    "RentCharge": "A charge of the rent.",
    "SecurityDeposit": "A security deposit.",
}
_READ_PARTS = {
    "TransactionLine": "A line of an entry in Buildium's ledger.",
    "TenantMoveOut": "When a tenant moves out.",
    "PostedBy": "The local entity that posted an entry.",
}
_OTHERS = {
    "Change": "A change of an entity or of its sync.",
    "ImportResponse": "The last import.",
    "BatchResult": "The result of one item of a batch: the written entity, or a problem.",
    "BatchResults": "The results of a batch, in the order of its items.",
    "Author": "The author of a version.",
    "RateLimitUsage": "The use of Buildium's rate limit.",
    "Condition": "A state of the whole system that an operator must know.",
    "SystemStatusBody": "The status of the system.",
    "Control": "What is paused.",
    "ControlChange": "A pause or resume.",
    "ControlResponse": "The control state.",
    "SyncPause": "A paused direction of the sync.",
    "RecentUsage": "The calls of the last minutes.",
    "MetricsBody": "The numbers of the last 24 hours.",
    "BuildiumLatency": "Response times of Buildium.",
    "OldestPendingSync": "The pending sync that was requested first.",
    "OpenCircuit": "Calls to Buildium that are paused.",
    "WebhookRejections": "The rejected webhook requests.",
    "OverviewBody": "The overview of all syncs.",
    "TimelineEntry": "An entry of a timeline.",
    "TypeProgress": "The progress of an import for one entity type, in entities.",
}


def _of_entity(entity_type: EntityType) -> dict[str, str]:
    name, a_word = schema_name(entity_type), with_article(entity_type)
    nested = {f"{name}Nested": f"The body of a create of {a_word} below another entity."}
    creates = {
        f"{name}Batch": f"A batch: each item is the body of a create of {a_word}.",
        **(nested if entity_type.nested_route else {}),
        f"{name}Fields": f"The body of a create of {a_word}.",
    }
    return {
        name: f"The fields of {a_word}.",
        **({} if entity_type.is_read_only else creates),
        f"{name}Changes": f"The body of an update of {a_word}. All fields are optional.",
        f"{name}Response": f"A response with {a_word} and the result of its sync.",
        f"{name}Item": f"An item of a list: {a_word} and the result of its sync.",
        f"{name}Page": f"A page of a list, in order of creation: each item is {a_word}.",
    }


DESCRIPTIONS: dict[str, str] = {
    **_ENUMERATIONS,
    **_PARTS,
    **{f"{name}Response": description for name, description in _PARTS.items()},
    **_READ_PARTS,
    **_OTHERS,
    **{
        component: description
        for entity_type in all_types()
        for component, description in _of_entity(entity_type).items()
    },
}
ENTITY_SCHEMAS = frozenset({*_PARTS, *_READ_PARTS, *map(schema_name, all_types())})
