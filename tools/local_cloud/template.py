"""Reads template.yaml as data; `!Ref X` becomes {"Ref": X} and `!GetAtt X.Y` {"Fn::GetAtt": "X.Y"}."""

from functools import cache
from typing import Any

import yaml

from tools.local_cloud.paths import TEMPLATE


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's short forms."""


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
    """The template, with CloudFormation's functions in their long form."""
    content: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return content


def logical_name(function: str) -> str:
    """Return the logical id of a function in the template, by the name of its folder."""
    return "".join(part.capitalize() for part in function.split("_")) + "Function"
