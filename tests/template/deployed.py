"""The template as CloudFormation gets it: SAM's transform adds mappings, rules and permissions."""

from functools import cache
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tools.local_cloud.template import load_template

Template = dict[str, Any]


@cache
def deployed() -> Template:
    """The transformed template with the resources of its nested stack. A test changes only a copy."""
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    transformed: Template = translator.translate(_for_the_transform(load_template()), {})
    return transformed


def _for_the_transform(node: Any) -> Any:
    """Return a copy with attributes as lists, and with code as `sam package` uploads it."""
    match node:
        case {"Fn::GetAtt": str(attribute)}:
            return {"Fn::GetAtt": attribute.split(".", maxsplit=1)}
        case dict():
            uploaded = {key: "s3://bucket/key" for key in ("CodeUri", "ContentUri") if key in node}
            return {key: _for_the_transform(value) for key, value in node.items()} | uploaded
        case list():
            return [_for_the_transform(each) for each in node]
    return node
