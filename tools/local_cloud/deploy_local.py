"""Builds template.yaml with the SAM CLI and deploys it to the local cloud."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.local_cloud import aws
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.paths import CLOUD_PYTHON, ROOT, SAM, TEMPLATE, UV
from tools.local_cloud.state import State

STACK_NAME = "buildium-sync"
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


def build(state: State, python: Path | None = CLOUD_PYTHON, target: str | None = None) -> None:
    """Build functions and layers. The layers are for this machine's `python`, or for a target of the layer's makefile.

    `python` compiles the layers; without it they have no bytecode.
    """
    remove_compiled_files()
    environment = dict(os.environ) | {
        "UV": str(UV),
        "LAYER_PYTHON": str(python or ""),
        "LAYER_TARGET": target or f"--python {python}",
        "AWS_DEFAULT_REGION": aws.REGION,
        "SAM_CLI_TELEMETRY": "0",
    }
    _run("build", [
        str(SAM), "build", "--template", str(TEMPLATE), "--build-dir", str(state.build), "--parallel",
    ], environment, state)  # fmt: skip


def deploy(state: State, endpoint: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Deploy the build, and return the stack's outputs."""
    values = write_parameters(state.directory, parameters)
    try:
        _run("deploy", [
            str(SAM), "deploy", "--template-file", str(state.build / "template.yaml"),
            "--stack-name", STACK_NAME, "--resolve-s3", "--capabilities", *_CAPABILITIES,
            "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
            "--parameter-overrides", f"file://{values}",
        ], aws.environment(endpoint), state)  # fmt: skip
    finally:
        values.unlink()
    return outputs(endpoint)


def outputs(endpoint: str) -> dict[str, str]:
    """Return the outputs of the deployed stack, by their names in the template."""
    stacks = aws.cloud_formation(endpoint).describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}


def resources(endpoint: str) -> dict[str, str]:
    """Return the names or addresses of the deployed resources, by their logical ids."""
    found = aws.cloud_formation(endpoint).describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def api_key(endpoint: str, key_id: str) -> str:
    """Return the value of an API key."""
    return aws.api_gateway(endpoint).get_api_key(apiKey=key_id, includeValue=True)["value"]


def write_parameters(directory: Path, parameters: Mapping[str, str]) -> Path:
    """Write a parameter file that only its owner can read. Every user can read a command line."""
    file = directory / "parameters.yaml"
    directory.mkdir(exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        json.dump(dict(parameters), output)
    return file


def remove_compiled_files() -> None:
    """Remove compiled files from the functions. Tests create them, and the build would include them."""
    for directory in (ROOT / "functions").rglob("__pycache__"):
        shutil.rmtree(directory)


def _run(name: str, command: Sequence[str], environment: Mapping[str, str], state: State) -> None:
    log = state.logs / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        text = "\n".join(log.read_text().splitlines()[-40:])
        raise LocalCloudError(
            f"`sam {name}` failed; the end of {log}:\n{text}\n\n"
            "If the stack itself is broken, run `make down` and `make up` to create a new one."
        )
