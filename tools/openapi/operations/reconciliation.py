"""Operations on imports, drift checks and repairs."""

from buildium_sync.api import request_bodies
from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_BODIES, OF_IDS, OF_QUERIES
from tools.openapi.responses import reconciliation as responses

TAG = "reconciliation"
TAG_DESCRIPTION = "Import of a Buildium account, drift checks and repairs."

ROUTES: Routes = {
    ("GET", "/api/buildium/import"): Operation(
        "getImport",
        "Get the progress of the last import",
        "Returns the state of the last import, in total and by entity type.",
        TAG,
        {200: Response("The last import.", responses.ImportResponse)},
    ),
    ("POST", "/api/buildium/import"): Operation(
        "startImport",
        "Start an import",
        "Starts to import the Buildium entities of one type or of all types. An import that is running continues.",
        TAG,
        {202: Response("The import has started or is running already.", responses.ImportResponse)},
        OF_BODIES | OF_IDS,
        body=request_bodies.EntityTypeChoice,
        is_body_required=False,
    ),
    ("GET", "/api/buildium/drift"): Operation(
        "getDrift",
        "Get the result of the last drift check",
        "Returns the state of the last drift check and of the last repair, and a page of the drift that was found.",
        TAG,
        {200: Response("The last drift check and repair.", responses.DriftReport)},
        OF_QUERIES | OF_IDS,
        query=requests.DriftQuery,
    ),
    ("POST", "/api/buildium/drift"): Operation(
        "startDrift",
        "Start a drift check",
        "Starts to compare the local entities of one type or of all types with their Buildium entities.",
        TAG,
        {202: Response("The drift check has started or is running already.", responses.DriftResponse)},
        OF_BODIES | OF_IDS,
        body=request_bodies.EntityTypeChoice,
        is_body_required=False,
    ),
    ("GET", "/api/buildium/drift/{entity_type}/{entity_id}"): Operation(
        "getComparison",
        "Get the last comparison of one entity",
        "Returns the state of the last comparison of one entity, and the drift that it found.",
        TAG,
        {200: Response("The last comparison.", responses.ComparisonResponse)},
        OF_IDS | {422},
    ),
    ("POST", "/api/buildium/drift/{entity_type}/{entity_id}"): Operation(
        "startComparison",
        "Start a comparison of one entity",
        "Starts to compare one local entity with its Buildium entity. The last drift check stays.",
        TAG,
        {202: Response("The comparison has started.", responses.ComparisonResponse)},
        OF_IDS | {422},
    ),
    ("POST", "/api/buildium/drift/repair"): Operation(
        "repairDrift",
        "Plan or start a drift repair",
        "Lists the writes that would remove the drift. With `dryRun` false, starts to make them. `entities` and "
        "`direction` select entities of the last drift check; nothing else is written. `releasedSyncs` run after it.",
        TAG,
        {
            200: Response("A page of the planned writes.", responses.RepairPlan),
            202: Response("The repair has started or is running already.", responses.RepairResponse),
        },
        OF_BODIES | OF_IDS | {409},
        body=request_bodies.RepairRequest,
        is_body_required=False,
    ),
}
