"""`make logs`: what the functions in the local cloud have logged."""

import subprocess
import sys

from local import aws
from local.deploy import STACK_NAME
from local.errors import LocalCloudError
from local.invoke import known
from local.paths import ROOT, SAM
from local.state import State


def main(function: str = "") -> int:
    """Print the logs of one function, or of all, with `sam logs`."""
    try:
        stack = State().read_stack()
        chosen = ["--name", f"{known(function).capitalize()}Function"] if function else []
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    command = [str(SAM), "logs", "--stack-name", STACK_NAME, *chosen]
    return subprocess.run(command, env=aws.environment(stack.endpoint), cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
