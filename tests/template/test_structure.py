"""The template is short and explains its parameters. The nested stack gets what its parameters are named after."""

import yaml

from tests.template.template import properties, template
from tools.local_cloud.paths import TEMPLATE
from tools.local_cloud.template import with_arguments

_MAX_LINES = 1300
_INTERFACE = template()["Metadata"]["AWS::CloudFormation::Interface"]


def test_the_template_stays_short() -> None:
    assert len(TEMPLATE.read_text().splitlines()) <= _MAX_LINES


def test_every_parameter_is_in_one_group() -> None:
    grouped = [name for group in _INTERFACE["ParameterGroups"] for name in group["Parameters"]]
    assert grouped == list(template()["Parameters"])


def test_every_parameter_has_a_description() -> None:
    assert all(parameter["Description"] for parameter in template()["Parameters"].values())


def test_the_nested_stack_gets_values_of_the_same_name() -> None:
    for name, value in properties("Monitoring")["Parameters"].items():
        expected = {
            "StackName": [{"Ref": "AWS::StackName"}],
            "ApiStage": [{"Ref": "Api.Stage"}],
        }.get(name, [{"Ref": name}, {"Fn::GetAtt": f"{name}.QueueName"}])
        assert value in expected


def test_no_transform_resolves_the_secrets_into_the_template() -> None:
    """AWS: AWS::LanguageExtensions replaces parameters by their values in the processed template."""
    assert template()["Transform"] == "AWS::Serverless-2016-10-31"


def test_references_to_parameters_become_the_values_of_the_outer_template() -> None:
    nested = yaml.safe_load("""
        A: [{Ref: Queue}, {Ref: Other}]
        B: {"Fn::Sub": "${Queue} ${Stack} ${Other} ${Alarm.Arn}"}
    """)
    arguments = {"Queue": {"Fn::GetAtt": "JobQueue.QueueName"}, "Stack": {"Ref": "AWS::StackName"}}
    assert with_arguments(nested, arguments) == {
        "A": [{"Fn::GetAtt": "JobQueue.QueueName"}, {"Ref": "Other"}],
        "B": {"Fn::Sub": "${JobQueue.QueueName} ${AWS::StackName} ${Other} ${Alarm.Arn}"},
    }
