"""Operations that pause and resume the sync."""

from buildium_sync.api import pause_requests
from buildium_sync.api.system_status import SystemStatusBody
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_BODIES, OF_IDS
from tools.openapi.responses import control as responses

TAG = "control"
TAG_DESCRIPTION = "The conditions of the system. Pause and resume the sync."

ROUTES: Routes = {
    ("GET", "/api/buildium/status"): Operation(
        "getStatus",
        "Get the status of the system",
        "Returns the stack, the version, the host of Buildium, and the conditions that an operator must know.",
        TAG,
        {200: Response("The status.", SystemStatusBody)},
    ),
    ("GET", "/api/buildium/control"): Operation(
        "getControl",
        "Get the pauses of the sync",
        "Returns what is paused, and the last 100 pauses and resumes, newest first.",
        TAG,
        {200: Response("The control state.", responses.ControlResponse)},
    ),
    ("POST", "/api/buildium/pause"): Operation(
        "pauseSync",
        "Pause the sync",
        "Pauses one direction or both, for one entity type or for all. It is effective in all functions within 10 "
        "seconds; a call in flight finishes. While the inbound sync of a type is paused, the types that refer to it "
        "wait too. What is paused already stays as it is.",
        TAG,
        {200: Response("The control state after the pause.", responses.ControlResponse)},
        OF_BODIES | OF_IDS,
        body=pause_requests.PauseRequest,
    ),
    ("POST", "/api/buildium/resume"): Operation(
        "resumeSync",
        "Resume the sync",
        "Ends the pauses of one direction or both, of one entity type or of all. Everything that waited is synced. It "
        "is queued within three minutes; of more than 500 syncs or events, 500 a minute.",
        TAG,
        {200: Response("The control state after the resume.", responses.ControlResponse)},
        OF_BODIES | OF_IDS,
        body=pause_requests.ResumeRequest,
        is_body_required=False,
    ),
}
