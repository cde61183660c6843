"""`make smoke`: one property through a deployed stack that uses Buildium's sandbox.

python -m tools.smoke [ENVIRONMENT]
"""

import sys
import time
from urllib.parse import urlsplit

import requests
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_cloud.aws_account import Target, application_key, find_target, stack_name
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.live_account import SANDBOX_URL
from tools.local_cloud.smoke_test import Api, DemoError, example_property


def check(api: Api) -> None:
    """Create, sync, change and sync a property. Raises DemoError with the first step that fails."""
    created = api.create("/api/properties", example_property(time.strftime("%Y-%m-%d %H:%M:%S")))["property"]
    _expect_synced(api, created["id"])
    api.update(f"/api/properties/{created['id']}", {"structureDescription": "Changed by the smoke test"})
    _expect_synced(api, created["id"])


def _expect_synced(api: Api, entity_id: str) -> None:
    status = api.outcome("property", entity_id)
    if status["syncStatus"] != "synced":
        raise DemoError(f"The property is {status['syncStatus']}: {status['errorMessage']}")
    print(f"→ synced, Buildium id {status['buildiumId']}")


def require_sandbox(target: Target) -> None:
    """Raise LocalCloudError unless the stack uses Buildium's sandbox: created entities cannot be deleted."""
    if target.is_new:
        raise LocalCloudError(f"{target.stack_name} is not deployed in {target.account}, {target.region}.")
    if target.base_url is None or urlsplit(target.base_url).hostname != urlsplit(SANDBOX_URL).hostname:
        raise LocalCloudError(f"{target.stack_name} does not use Buildium's sandbox, so nothing was tested.")


def main(environment: str = "default") -> int:
    """Check a stack in AWS. Return 1 after a failure."""
    try:
        target = find_target(stack_name(environment))
        require_sandbox(target)
        check(Api(target.outputs["ApiUrl"], application_key(target.outputs)))
    except (LocalCloudError, DemoError, BotoCoreError, ClientError, requests.RequestException) as error:
        print(f"The smoke test failed: {error}", file=sys.stderr)
        return 1
    print("The smoke test passed.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
