"""Lambda limits the environment variables of a function to 4 KB. CloudFormation would report it only on AWS."""

from typing import Any

import pytest

from tests.template.template import functions, template, variables

_MAX_BYTES = 4096
_LONG = 100
"""Characters of a value without a maximum, such as a URL, an ARN or a stack's name."""
_QUEUE_URL = 140
"""Characters of a queue's URL: 60 for the host and the account, and at most 80 for the queue's name."""


@pytest.mark.parametrize("name", functions())
def test_the_longest_settings_of_a_function_fit_in_4_kb(name: str) -> None:
    found = template()["Globals"]["Function"]["Environment"]["Variables"] | variables(functions()[name])
    assert sum(len(variable) + _longest(value) for variable, value in found.items()) <= _MAX_BYTES


def _longest(value: Any) -> int:
    if not isinstance(value, dict):
        return len(str(value))
    target = value.get("Ref")
    parameter = template()["Parameters"].get(target)
    if parameter is None:
        return _QUEUE_URL if str(target).endswith("Queue") else _LONG
    if "AllowedValues" in parameter:
        return max(len(str(each)) for each in parameter["AllowedValues"])
    return len(str(parameter["MaxValue"])) if "MaxValue" in parameter else int(parameter.get("MaxLength", _LONG))
