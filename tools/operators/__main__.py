"""`make operator`, `make operators` and `make operator-delete`.

    python -m tools.operators ENVIRONMENT add NAME ROLE
    python -m tools.operators ENVIRONMENT list
    python -m tools.operators ENVIRONMENT delete NAME

ENVIRONMENT is one of samconfig.toml, or `local` for the local cloud. The key is printed once and stored nowhere.
"""

import sys
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.domain.operator import Role
from tools.local_cloud import aws
from tools.local_cloud.aws_account import stack_name
from tools.local_cloud.deploy_local import STACK_NAME
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.state import State
from tools.operators.keys import OperatorKeys

_LOCAL = "local"


def main(environment: str = "", command: str = "", *arguments: str) -> int:
    """Run one command, and return the exit code."""
    try:
        if command == "list" and not arguments:
            for name, role in _keys(environment).list():
                print(f"{name}  {role.value}")
        elif command == "add" and len(arguments) == 2:
            _add(environment, *arguments)
        elif command == "delete" and len(arguments) == 1:
            _keys(environment).delete(*arguments)
            print(f"The key of {arguments[0]} is deleted.")
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except (LocalCloudError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _add(environment: str, name: str, role: str) -> None:
    if role not in [each.value for each in Role]:
        raise LocalCloudError("ROLE must be read or operate.")
    key = _keys(environment).add(name, Role(role))
    print(f"API key of {name} with the role {role}. It is shown only now:\n{key}")


def _keys(environment: str) -> OperatorKeys:
    """Return the operators of a stack. Raises LocalCloudError, and botocore's errors."""
    endpoint = State().read_stack().endpoint if environment == _LOCAL else None
    name = STACK_NAME if endpoint else stack_name(environment)
    session = aws.session() if endpoint else boto3.Session()
    formation = session.client("cloudformation", endpoint_url=endpoint)

    def resource(logical_id: str) -> str:
        found = formation.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    return OperatorKeys(
        session.client("apigateway", endpoint_url=endpoint),
        session.client("dynamodb", endpoint_url=endpoint),
        resource("OperatorUsagePlan"),
        resource("ControlTable"),
        time.time,
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
