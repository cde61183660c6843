"""`make logs`: shows the logs of the functions in the local cloud."""

import subprocess
import sys

from tools.local_cloud import aws
from tools.local_cloud.deploy_local import STACK_NAME
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.invoke import known
from tools.local_cloud.paths import ROOT, SAM
from tools.local_cloud.state import State
from tools.local_cloud.template import logical_name


def main(function: str = "") -> int:
    """Print the logs of one function, or of all, with `sam logs`."""
    try:
        stack = State().read_stack()
        chosen = ["--name", logical_name(known(function))] if function else []
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    command = [str(SAM), "logs", "--stack-name", STACK_NAME, *chosen]
    return subprocess.run(command, env=aws.environment(stack.endpoint), cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
