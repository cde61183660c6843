"""`make invoke`: runs a function's handler in this process, against the running local cloud."""

import importlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from uuid import uuid4

from tools.local_cloud import aws
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import ROOT
from tools.local_cloud.state import State
from tools.local_cloud.template import logical_name

_USAGE = """\
usage: make invoke FUNCTION=api EVENT=events/….json
It requires the local cloud of `make up`, but not Docker. `make sam-local` runs it in AWS's image."""


@dataclass
class Context:
    """The part of Lambda's context that handlers use."""

    function_name: str
    timeout_seconds: int
    memory_limit_in_mb: int
    invoked_function_arn: str
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    started: float = field(default_factory=monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would stop the function."""
        return max(0, int((self.timeout_seconds - (monotonic() - self.started)) * 1000))


def main(function: str = "", event: str = "") -> int:
    """Run the handler with an event file and print its response."""
    if not function or not event:
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        response = invoke(State(), known(function), _read(Path(event)))
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(response, indent=2))
    return 0


def known(function: str) -> str:
    """Return the name of an existing function. Raises LocalCloudError for another name."""
    names = sorted(app.parent.name for app in (ROOT / "functions").glob("*/app.py"))
    if function not in names:
        raise LocalCloudError(f"Unknown function {function!r}. Functions: {', '.join(names)}.")
    return function


def _read(file: Path) -> object:
    try:
        event: object = json.loads(file.read_text())
    except OSError as error:
        raise LocalCloudError(
            f"{file} could not be read: {error.strerror}. events/ has a file for each case."
        ) from error
    except ValueError as error:
        raise LocalCloudError(f"{file} is not JSON: {error}.") from error
    return event


def invoke(state: State, function: str, event: object) -> object:
    """Return the handler's response, with the environment of the function in the local cloud."""
    stack = state.read_stack()
    name = stack.resources[logical_name(function)]
    deployed = aws.lambda_(stack.endpoint).get_function_configuration(FunctionName=name)
    os.environ.update(aws.environment(stack.endpoint))
    os.environ.update(deployed["Environment"]["Variables"])
    sys.path[:0] = [str(ROOT / "functions" / function), str(ROOT / "layers/buildium_sync")]
    context = Context(name, deployed["Timeout"], deployed["MemorySize"], deployed["FunctionArn"])
    response: object = importlib.import_module("app").lambda_handler(event, context)
    return response


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
