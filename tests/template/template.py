"""Queries of the template for the tests."""

import json
from functools import cache
from typing import Any

from tools.local_cloud.template import load_template

Properties = dict[str, Any]


@cache
def template() -> dict[str, Any]:
    return load_template()


def resources(kind: str) -> dict[str, Properties]:
    """The complete resources of a type, by name."""
    return {name: r for name, r in template()["Resources"].items() if r["Type"] == kind}


def properties(name: str) -> Properties:
    found: Properties = template()["Resources"][name]["Properties"]
    return found


def functions() -> dict[str, Properties]:
    """The properties of every function, including the global ones."""
    common = template()["Globals"]["Function"]
    return {
        name: {**common, **function["Properties"]} for name, function in resources("AWS::Serverless::Function").items()
    }


def variables(function: Properties) -> dict[str, Any]:
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def events(kind: str) -> dict[str, Properties]:
    """The event sources of a type over all functions, as `Function.Event`."""
    return {
        f"{name}.{event}": source["Properties"]
        for name, function in functions().items()
        for event, source in function["Events"].items()
        if source["Type"] == kind
    }


def statements() -> dict[str, Properties]:
    """Every statement of every policy, as `Resource.Sid`."""
    policies = [
        (name, policy["PolicyDocument"])
        for name, role in resources("AWS::IAM::Role").items()
        for policy in role["Properties"]["Policies"]
    ]
    policies += [
        (name, policy["Properties"]["PolicyDocument"]) for name, policy in resources("AWS::SQS::QueuePolicy").items()
    ]
    return {f"{name}.{s['Sid']}": s for name, document in policies for s in document["Statement"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


EMAIL_TOPIC = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}"
"""The ARN of the topic with the stack's name, which exists only with an e-mail address."""


def target(value: Any) -> str:
    """The name of the resource in `!Ref X`, `!GetAtt X.Arn` or `!Sub ${X.Arn}/…`. Of `!If`, that of its first case."""
    if "Fn::If" in value:
        return target(value["Fn::If"][1])
    if value == {"Fn::Sub": EMAIL_TOPIC}:
        return "AlarmTopic"
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"]).split(".")[0]
    return str(value["Fn::Sub"]).removeprefix("${").split(".")[0]


def default(parameter: str) -> Any:
    return template()["Parameters"][parameter]["Default"]


def as_json(text: str) -> Any:
    return json.loads(text.replace("$context.error.messageString", '"said by API Gateway"'))
