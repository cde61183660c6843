"""One stack serves one Buildium account, and stacks share no resource that could slow one of them."""

from typing import Any

from tools.local_cloud.template import load_template

# A custom bus requires a name; other names could collide between two stacks.
NAMES = ("Name", "TableName", "QueueName", "FunctionName", "RoleName", "LogGroupName", "LayerName", "SecretName")


def given_names(resources: dict[str, Any]) -> dict[str, Any]:
    """The explicit names in the template, by resource."""
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
