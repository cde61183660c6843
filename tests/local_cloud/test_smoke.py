"""The smoke test of a deployed stack runs with Buildium's sandbox only, and names the step that fails."""

from dataclasses import replace
from typing import Any

import pytest

from tools import smoke
from tools.local_cloud.aws_account import Target
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.live_account import SANDBOX_URL
from tools.local_cloud.smoke_test import DemoError

STACK = Target("buildium-sync", "123456789012", "us-east-1", is_new=False)


class Api:
    """An API whose sync has these results, one after the other."""

    def __init__(self, *statuses: str) -> None:
        self._statuses = iter(statuses)

    def create(self, _path: str, _body: Any) -> dict[str, Any]:
        return {"property": {"id": "1"}}

    def update(self, _path: str, _body: Any) -> None:
        return None

    def outcome(self, _type: str, _id: str) -> dict[str, Any]:
        return {"syncStatus": next(self._statuses), "errorMessage": "why", "buildiumId": 501}


@pytest.mark.parametrize("url", [None, "https://api.buildium.com/v1", "https://apisandbox.buildium.com.example/v1"])
def test_no_other_buildium_than_the_sandbox_is_written_to(url: str | None) -> None:
    with pytest.raises(LocalCloudError, match="does not use Buildium's sandbox"):
        smoke.require_sandbox(replace(STACK, base_url=url))
    smoke.require_sandbox(replace(STACK, base_url=SANDBOX_URL))


def test_a_missing_stack_is_named_with_account_and_region() -> None:
    with pytest.raises(LocalCloudError, match="buildium-sync is not deployed in 123456789012, us-east-1"):
        smoke.require_sandbox(replace(STACK, is_new=True))


def test_a_synced_property_passes() -> None:
    smoke.check(Api("synced", "synced"))  # type: ignore[arg-type]


@pytest.mark.parametrize("statuses", [["failed"], ["synced", "pending"]])
def test_a_property_that_is_not_synced_fails(statuses: list[str]) -> None:
    with pytest.raises(DemoError, match=f"{statuses[-1]}: why"):
        smoke.check(Api(*statuses))  # type: ignore[arg-type]
