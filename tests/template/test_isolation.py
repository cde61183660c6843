"""One stack serves one Buildium account, and stacks beside each other share nothing that could slow one of them."""

from typing import Any

from tools.local_cloud.template import load_template

# Of a custom bus the name is required; the others would be what two stacks meet at.
NAMES = ("Name", "TableName", "QueueName", "FunctionName", "RoleName", "LogGroupName", "LayerName", "SecretName")


def given_names(resources: dict[str, Any]) -> dict[str, Any]:
    """The names that the template gives, by resource."""
    return {
        resource: properties[name]
        for resource, definition in resources.items()
        for properties in [definition.get("Properties", {})]
        for name in NAMES
        if name in properties
    }


def test_every_explicit_resource_name_contains_the_stack_name() -> None:
    shared = {
        resource: name
        for resource, name in given_names(load_template()["Resources"]).items()
        if "${AWS::StackName}" not in str(name)
    }
    assert shared == {}
