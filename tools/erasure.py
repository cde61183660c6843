"""Erases the personal data of one entity of a stack: starts the same job as the API, and waits for its end.

    python -m tools.erasure ENVIRONMENT ENTITY_TYPE ENTITY_ID

ENVIRONMENT is one of samconfig.toml. The tool uses the AWS credentials and the region of the environment. It can be
repeated.
"""

import sys
import time
from collections.abc import Callable

import boto3
import botocore.exceptions

from buildium_sync.domain.entity import EntityRef
from buildium_sync.entity_types.registry import TYPE_NAMES
from buildium_sync.errors import BuildiumSyncError
from buildium_sync.reconcile.erasure.service import ErasureService
from buildium_sync.reconcile.erasure.state import ErasureStatus
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.erasures import UnfinishedErasureStore
from buildium_sync.store.jobs import JobStore
from buildium_sync.store.queues import JobQueue
from tools.local_cloud.aws_account import stack_name
from tools.local_cloud.errors import LocalCloudError
from tools.rebuild_lookups import physical_name

_ERRORS = (
    LocalCloudError,
    BuildiumSyncError,
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
)
_BY = "make erase"
_POLL_SECONDS = 5
_ENDED = (ErasureStatus.DONE, ErasureStatus.FAILED)


def erase(service: ErasureService, ref: EntityRef, sleep: Callable[[float], None] = time.sleep) -> None:
    """Erase an entity. Raises NotFound, and LocalCloudError if the erasure fails."""
    erasure = service.start(ref, _BY)
    while erasure["status"] not in _ENDED:
        sleep(_POLL_SECONDS)
        erasure = service.read(ref)
    if erasure["status"] == ErasureStatus.FAILED:
        raise LocalCloudError(str(erasure["error"]))


def _service(environment: str) -> ErasureService:
    """Return the erasures of a stack. Raises LocalCloudError, and botocore's errors."""
    stack, stacks, dynamodb = stack_name(environment), boto3.client("cloudformation"), boto3.client("dynamodb")
    logical_names = ("EntitiesTable", "ControlTable", "JobQueue")
    entities, control, queue_url = (physical_name(stacks, stack, name) for name in logical_names)
    return ErasureService(
        EntityStore(dynamodb, entities),
        JobStore(dynamodb, control),
        UnfinishedErasureStore(dynamodb, control),
        JobQueue(boto3.client("sqs"), queue_url),
        time.time,
    )


def main(environment: str, entity_type: str, entity_id: str) -> int:
    """Erase an entity of a stack, and return the exit code."""
    types = TYPE_NAMES
    try:
        if entity_type not in types or not entity_id:
            raise LocalCloudError(f"Set TYPE to one of {', '.join(types)}, and ID to a local id.")
        service = _service(environment)
        print("The reconcile function erases. It takes at least two minutes.")
        erase(service, EntityRef(entity_type, entity_id))
    except _ERRORS as error:
        print(f"Not erased: {error}", file=sys.stderr)
        return 1
    print(f"The {entity_type} {entity_id} was erased. Backups keep it for 35 days at most.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
