"""Reads template.yaml with its nested stack; `!Ref X` becomes {"Ref": X} and `!GetAtt X.Y` {"Fn::GetAtt": "X.Y"}."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.local_cloud.paths import ROOT, TEMPLATE


class _Loader(yaml.SafeLoader):
    """Supports CloudFormation's short forms."""


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    key = name if name in {"Ref", "Condition"} else f"Fn::{name}"
    if isinstance(node, yaml.ScalarNode):
        return {key: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 - there is no fourth kind
    return {key: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


@cache
def load_template() -> dict[str, Any]:
    """Return the template with CloudFormation's functions in their long form.

    Its resources include those of its nested stack, whose parameters are replaced by the values passed to it.
    """
    template = _read(TEMPLATE)
    resources = dict(template["Resources"])
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            stack = resource["Properties"]
            resources |= with_arguments(_read(ROOT / stack["TemplateURL"])["Resources"], stack["Parameters"])
    return {**template, "Resources": resources}


def with_arguments(node: Any, arguments: Mapping[str, Any]) -> Any:
    """Return a part of a nested template with its parameters replaced by the values that the outer template passes.

    Each value is a `Ref` or an `Fn::GetAtt`. In the text of an `Fn::Sub` it becomes `${X}` or `${X.Y}`.
    """
    if isinstance(node, list):
        return [with_arguments(each, arguments) for each in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"Ref": str(name)} if name in arguments:
            return arguments[name]
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": re.sub(r"\$\{(\w+)\}", lambda found: _placeholder(found, arguments), text)}
    return {key: with_arguments(value, arguments) for key, value in node.items()}


def logical_name(function: str) -> str:
    """Return the logical id of a function in the template, by the name of its folder."""
    return "".join(part.capitalize() for part in function.split("_")) + "Function"


def api_stage() -> str:
    """Return the name of the API's stage."""
    return str(load_template()["Resources"]["Api"]["Properties"]["StageName"])


def _placeholder(found: re.Match[str], arguments: Mapping[str, Any]) -> str:
    if found[1] not in arguments:
        return found[0]
    [reference] = arguments[found[1]].values()
    return f"${{{reference}}}"


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return content
