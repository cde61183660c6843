"""What AWS requires of a deployer, from the data that cfn-lint has of CloudFormation's resource types and of IAM."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

_DATA = files("cfnlint") / "data"
_REGION = "us-east-1"
_NAME = "buildium-sync-X"


@cache
def _read(path: str) -> Any:
    return json.loads((_DATA / path).read_text())


def handler_actions(resource_type: str) -> set[str]:
    """The IAM actions with which CloudFormation creates, reads, updates and deletes a resource."""
    digest = _read(f"schemas/providers/{_REGION}.json")[resource_type]
    handlers = _read(f"schemas/resources/{digest}.json")["handlers"]
    used = [handlers[name] for name in ("create", "read", "update", "delete") if name in handlers]
    return {action for handler in used for action in handler.get("permissions", []) if ":" in action}


def is_known(action: str) -> bool:
    """Whether IAM has the action."""
    service, name = action.split(":")
    return name.lower() in _read("AdditionalSpecs/Policies.json").get(service, {}).get("Actions", {})


def arns(action: str) -> list[str]:
    """Examples of the ARNs that a statement can limit an action to. Only `*` allows an action without one."""
    service, name = action.split(":")
    content = _read("AdditionalSpecs/Policies.json")[service]
    kinds = content["Actions"][name.lower()].get("Resources", [])
    return [_example(each) for kind in kinds for each in content["Resources"][kind.lower()]["ARNFormats"]]


def _example(arn_format: str) -> str:
    parts = {"${Partition}": "aws", "${Region}": _REGION, "${Account}": "123456789012", ".*": _NAME}
    return re.sub(r"\$\{\w+\}|\.\*", lambda found: parts[found[0]], arn_format)
