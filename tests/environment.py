"""The environment variables that the template sets for the functions."""

import pytest

from tests.template.template import functions, target, template, variables


def environment(**changes: str) -> dict[str, str]:
    """Return the variables of all functions: settings have their defaults, and resources their logical names."""
    parameters = template()["Parameters"]
    names = {
        name: target(value)
        for function in functions().values()
        for name, value in variables(function).items()
        if isinstance(value, dict) and "Fn::If" not in value
    }
    defaults = {name: str(parameters.get(ref, {"Default": ref})["Default"]) for name, ref in names.items()}
    conditional = {
        name: str(value["Fn::If"][2])
        for function in functions().values()
        for name, value in variables(function).items()
        if isinstance(value, dict) and "Fn::If" in value
    }
    # Otherwise each test of an operator action would need an operator.
    return defaults | conditional | {"APPLICATION_KEY_CAN_OPERATE": "true"} | changes


def set_environment(patch: pytest.MonkeyPatch, **changes: str) -> None:
    """Set the variables of all functions."""
    for name, value in environment(**changes).items():
        patch.setenv(name, value)
