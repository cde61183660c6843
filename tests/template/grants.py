"""What AWS requires between the resources of the template, and the local cloud does not enforce."""

import re
from collections.abc import Iterator
from typing import Any

from tests.template.deployed import Template
from tests.template.template import listed

_STREAM_ACTIONS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_QUEUE_ACTIONS = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
_RESOURCE_POLICIES = {"AWS::SQS::QueuePolicy": "Queues", "AWS::SNS::TopicPolicy": "Topics"}


def missing_grants(template: Template) -> set[str]:
    """Return a line for each missing permission, policy statement and failure destination."""
    checks = (_event_sources, _rules, _invocations, _transport, _alarms, _failure_destinations)
    return {line for check in checks for line in check(template)}


def of_type(template: Template, kind: str) -> dict[str, Any]:
    """Return the properties of all resources of a type, by logical id."""
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def _event_sources(template: Template) -> Iterator[str]:
    """The role of a function reads its event sources and writes to its failure destinations."""
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    for mapping in mappings:
        source = _name(mapping["EventSourceArn"])
        needed = [(action, source) for action in _QUEUE_ACTIONS]
        if source.endswith(".StreamArn"):
            streams = f"${{{source.removesuffix('.StreamArn')}.Arn}}/stream/*"
            needed = [*((action, source) for action in _STREAM_ACTIONS), ("dynamodb:ListStreams", streams)]
        yield from _missing_in_role(template, mapping, needed)
    for sender in [*mappings, *of_type(template, "AWS::Lambda::EventInvokeConfig").values()]:
        if destination := _destination(sender):
            yield from _missing_in_role(template, sender, [("sqs:SendMessage", destination)])


def _missing_in_role(template: Template, sender: Any, needed: list[tuple[str, str]]) -> Iterator[str]:
    role = _name(template["Resources"][sender["FunctionName"]["Ref"]]["Properties"]["Role"]).removesuffix(".Arn")
    policies = template["Resources"][role]["Properties"]["Policies"]
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    granted = {
        (action, _name(resource))
        for each in statements
        if each["Effect"] == "Allow"
        for action in listed(each["Action"])
        for resource in listed(each["Resource"])
    }
    yield from (
        f"{role} may not {action} on {resource}" for action, resource in needed if (action, resource) not in granted
    )


def _rules(template: Template) -> Iterator[str]:
    """A queue accepts the events of the rules that send to it, and their failed events."""
    for rule, properties in of_type(template, "AWS::Events::Rule").items():
        for target in properties["Targets"]:
            arns = [_name(target["Arn"]), _name(target.get("DeadLetterConfig", {}).get("Arn", ""))]
            for queue in (arn.removesuffix(".Arn") for arn in arns):
                if queue in of_type(template, "AWS::SQS::Queue") and not any(
                    _accepts(statement, queue, rule) for statement in _statements(template, queue)
                ):
                    yield f"{queue} rejects the events of {rule}"


def _accepts(statement: Any, queue: str, rule: str) -> bool:
    return (
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "events.amazonaws.com"}
        and "sqs:SendMessage" in listed(statement["Action"])
        and f"{queue}.Arn" in map(_name, listed(statement["Resource"]))
        and _name(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == f"{rule}.Arn"
    )


def _invocations(template: Template) -> Iterator[str]:
    """API Gateway and the schedule may invoke their functions."""
    allowed = {
        (each["Principal"], _name(each["SourceArn"]), each["FunctionName"]["Ref"])
        for each in of_type(template, "AWS::Lambda::Permission").values()
        if each["Action"] == "lambda:InvokeFunction"
    }
    for principal, source, function in {*_routes(template), *_schedules(template)} - allowed:
        yield f"{principal} may not invoke {function} for {source}"


def _routes(template: Template) -> Iterator[tuple[str, str, str]]:
    for api, properties in of_type(template, "AWS::ApiGateway::RestApi").items():
        for path, methods in properties["Body"]["paths"].items():
            for method, operation in methods.items():
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                [function] = re.findall(r"\$\{(\w+)\.Arn\}", uri)
                resource = re.sub(r"\{[^}]+\}", "*", path)
                yield "apigateway.amazonaws.com", f"{api}/*/{method.upper()}{resource}", function


def _schedules(template: Template) -> Iterator[tuple[str, str, str]]:
    for rule, properties in of_type(template, "AWS::Events::Rule").items():
        for target in properties["Targets"]:
            function = _name(target["Arn"]).removesuffix(".Arn")
            if function in of_type(template, "AWS::Lambda::Function"):
                yield "events.amazonaws.com", f"{rule}.Arn", function


def _transport(template: Template) -> Iterator[str]:
    """Queues and topics have exactly one policy, and it rejects requests without TLS."""
    for name in [*of_type(template, "AWS::SQS::Queue"), *of_type(template, "AWS::SNS::Topic")]:
        if len(_policies(template, name)) != 1:
            yield f"{name} has {len(_policies(template, name))} policies"
        if not any(_rejects_plain_text(statement, name) for statement in _statements(template, name)):
            yield f"{name} accepts requests without TLS"


def _rejects_plain_text(statement: Any, name: str) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and {"sqs:*", "sns:Publish"} & {*listed(statement["Action"])} != set()
        and {f"{name}.Arn", name} & {*map(_name, listed(statement["Resource"]))} != set()
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


def _alarms(template: Template) -> Iterator[str]:
    """A policy replaces the topic's default one, so it must accept the alarms of the account."""
    for topic in of_type(template, "AWS::SNS::Topic"):
        if not any(
            statement["Effect"] == "Allow"
            and statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            and statement["Action"] == "sns:Publish"
            and statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
            for statement in _statements(template, topic)
        ):
            yield f"{topic} rejects alarms"


def _failure_destinations(template: Template) -> Iterator[str]:
    """Every asynchronous work has a place for its failures."""
    for name, mapping in of_type(template, "AWS::Lambda::EventSourceMapping").items():
        source = _name(mapping["EventSourceArn"])
        queue = of_type(template, "AWS::SQS::Queue").get(source.removesuffix(".Arn"), {})
        if not (_destination(mapping) or queue.get("RedrivePolicy")):
            yield f"{name} has no failure destination"
    invoked = {
        each["FunctionName"]["Ref"]: each for each in of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    }
    yield from (
        f"{function} has no failure destination"
        for _, _, function in _schedules(template)
        if not _destination(invoked.get(function, {}))
    )
    for rule, properties in of_type(template, "AWS::Events::Rule").items():
        if not all("DeadLetterConfig" in target for target in properties["Targets"]):
            yield f"{rule} has no failure destination"


def _destination(sender: Any) -> str | None:
    found = sender.get("DestinationConfig", {}).get("OnFailure")
    return found and _name(found["Destination"])


def _policies(template: Template, name: str) -> list[Any]:
    """Return the resource policies of a queue or a topic."""
    return [
        policy
        for kind, members in _RESOURCE_POLICIES.items()
        for policy in of_type(template, kind).values()
        if {"Ref": name} in policy[members]
    ]


def _statements(template: Template, name: str) -> list[Any]:
    return [each for policy in _policies(template, name) for each in policy["PolicyDocument"]["Statement"]]


def _name(arn: Any) -> str:
    """Return a reference as a string: `Resource`, `Resource.Attribute`, or the text of a substitution."""
    match arn:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"{resource}.{attribute}"
        case {"Fn::Sub": [str(text), {"__ApiId__": {"Ref": str(api)}, "__Stage__": str(stage)}]}:
            return f"{api}/{stage}{text.split('${__Stage__}')[1]}"
        case {"Fn::Sub": str(text)}:
            return text
    return str(arn)
