"""`make sam-local`: runs a function in a container with `sam local invoke`, against the running local cloud.

It requires Linux and Docker or Podman. The container reaches the servers on loopback as `localhost`: a forwarder on the
bridge passes its connections on.
"""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import docker
from docker.errors import DockerException

from tools.lambda_runtime.forwarder import forwarding
from tools.local_cloud import aws, deploy_local
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.invoke import known
from tools.local_cloud.lambda_python import VERSION, find_interpreter
from tools.local_cloud.paths import ROOT, SAM
from tools.local_cloud.state import State
from tools.local_cloud.template import logical_name

_BRIDGES = ("bridge", "podman")
"""The names of the default network of Docker and of Podman."""
_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


def main(function: str = "", event: str = "") -> int:
    """Build, and run a function with an event file. `sam` prints the response to standard output."""
    state = State()
    try:
        gateway = bridge_address()
        name = known(function)
        template = build(state, State(state.directory / "container"))
        done = invoke(state, template, gateway, name, Path(event))
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(done.stdout)
    return done.returncode


def bridge_address() -> str:
    """Return this machine's address in the network of containers. Raises LocalCloudError without containers."""
    if platform.system() != "Linux":
        raise LocalCloudError("`make sam-local` requires Linux.")
    try:
        networks = {network.name: network for network in docker.from_env().networks.list()}
    except DockerException as error:
        raise LocalCloudError("Neither Docker nor Podman is available; Podman needs DOCKER_HOST.") from error
    for name in _BRIDGES:
        if name in networks:
            return str(networks[name].attrs["IPAM"]["Config"][0]["Gateway"])
    raise LocalCloudError("The containers have no default bridge network.")


def build(state: State, container: State) -> Path:
    """Build for Lambda's version of Python on this machine's architecture. Return the template for `sam local`.

    `sam local` passes only variables that the template declares, so the address of the local cloud becomes one.
    """
    state.read_stack()
    machine = platform.machine()
    target = f"--python-platform {machine}-manylinux_2_34 --python-version {VERSION}"
    deploy_local.build(container, find_interpreter(), target)
    file = container.build / "template.yaml"
    text = re.sub(r"\barm64\b", _ARCHITECTURES[machine], file.read_text())
    text, count = re.subn(
        r"^( +)(POWERTOOLS_METRICS_NAMESPACE:)", r"\1AWS_ENDPOINT_URL: ''\n\1\2", text, flags=re.MULTILINE
    )
    if count != 1:
        raise LocalCloudError("The built template does not declare POWERTOOLS_METRICS_NAMESPACE once.")
    file.write_text(text)
    return file


def invoke(
    state: State, template: Path, gateway: str, function: str, event: Path
) -> "subprocess.CompletedProcess[str]":
    """Run a function. Its standard output is the response."""
    stack = state.read_stack()
    urls = [url for url in (stack.endpoint, stack.simulator_url) if url]
    command = [
        str(SAM), "local", "invoke", logical_name(function), "--template", str(template), "--event", str(event),
        "--env-vars", str(state.container_variables), "--add-host", f"localhost:{gateway}",
        *os.environ.get("SAM_LOCAL_OPTIONS", "").split(),
    ]  # fmt: skip
    environment = aws.environment(stack.endpoint)
    # The SDK of the SAM CLI would send its own requests to the local cloud.
    del environment["AWS_ENDPOINT_URL"]
    with forwarding(gateway, [urlsplit(url).port or 0 for url in urls]):
        return subprocess.run(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, check=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
