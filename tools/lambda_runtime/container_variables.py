"""The file with the environment variables of functions in containers, for `sam local invoke --env-vars`."""

import json

from tools.local_cloud import aws
from tools.local_cloud.paths import ROOT
from tools.local_cloud.state import State
from tools.local_cloud.template import logical_name


def write_variables(state: State) -> None:
    """Write the variables of all functions to the file for `--env-vars`, with the addresses that containers use."""
    stack = state.read_stack()
    client = aws.lambda_(stack.endpoint)
    names = sorted(file.parent.name for file in (ROOT / "functions").glob("*/app.py"))
    variables = {
        logical: client.get_function_configuration(FunctionName=stack.resources[logical])["Environment"]["Variables"]
        | {"AWS_ENDPOINT_URL": stack.endpoint}
        for logical in map(logical_name, names)
    }
    text = json.dumps(variables, indent=2).replace("http://127.0.0.1:", "http://localhost:")
    state.container_variables.write_text(text)
