"""`make verify-layer`: proves that layers contain the locked libraries and the sources of this commit, and no more.

It builds the layers again, with the hashes of the lock file, and compares every file.
"""

import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import requests

from tools.lambda_runtime.layer_files import differences
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.lambda_python import find_interpreter
from tools.local_cloud.paths import ROOT, UV

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

LAYERS = {"DependenciesLayer": ROOT / "layers/dependencies", "BuildiumSyncLayer": ROOT / "layers/buildium_sync"}
_BUILD = ROOT / ".aws-sam/build"
_DOWNLOAD_TIMEOUT_SECONDS = 60


def main(stack: str = "") -> int:
    """Compare the layers of a stack on AWS, or of the last build for it. Return 0 if they are equal to a new build."""
    python = find_interpreter()
    with tempfile.TemporaryDirectory() as directory:
        try:
            actual = _BUILD
            if stack:
                actual = Path(directory) / "deployed"
                download(boto3.client("cloudformation"), boto3.client("lambda"), stack, actual)
            lines = verify(actual, Path(directory) / "expected", python)
        except LocalCloudError as error:
            print(error, file=sys.stderr)
            return 1
    print("\n".join(lines) or "The layers contain the locked libraries and the sources of this commit.")
    return 1 if lines else 0


def verify(actual: Path, expected: Path, python: Path | None, settings: Mapping[str, str] | None = None) -> list[str]:
    """Build every layer into `expected` and return how those in `actual` differ. Raises LocalCloudError.

    `settings` are variables of the layers' makefiles, without them the build is for Lambda.
    """
    lines = []
    for layer, source in LAYERS.items():
        if not (actual / layer).is_dir():
            raise LocalCloudError(f"{actual / layer} is missing. Build it with `make deploy`, or name a stack.")
        is_compiled = any((actual / layer).rglob("*.pyc"))
        if is_compiled and python is None:
            raise LocalCloudError("The layers are compiled, so the comparison needs Lambda's version of Python.")
        target = expected / layer
        _build(layer, source, target, {"LAYER_PYTHON": str(python) if is_compiled else "", **(settings or {})})
        lines += [f"{layer}: {line}" for line in differences(target, actual / layer, python)]
    return lines


def _build(layer: str, source: Path, target: Path, settings: Mapping[str, str]) -> None:
    """Build a layer with the command of `sam build`."""
    variables = dict(os.environ) | {"UV": str(UV), "ARTIFACTS_DIR": str(target), **settings}
    target.mkdir(parents=True)
    command = ["make", "--silent", f"build-{layer}"]
    done = subprocess.run(command, cwd=source, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalCloudError(f"{layer} could not be built:\n{done.stderr}")


def download(cloud_formation: "CloudFormationClient", lambda_: "LambdaClient", stack: str, directory: Path) -> None:
    """Download the layers of a deployed stack into a directory for each."""
    pages = cloud_formation.get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    for layer in LAYERS:
        # SAM adds a hash of the content to the logical id of a layer.
        arns = [
            each["PhysicalResourceId"]
            for each in resources
            if each["ResourceType"] == "AWS::Lambda::LayerVersion" and each["LogicalResourceId"].startswith(layer)
        ]
        if len(arns) != 1:
            raise LocalCloudError(f"The stack {stack} has {len(arns)} versions of {layer}.")
        location = lambda_.get_layer_version_by_arn(Arn=arns[0])["Content"]["Location"]
        content = requests.get(location, timeout=_DOWNLOAD_TIMEOUT_SECONDS)
        content.raise_for_status()
        zipfile.ZipFile(io.BytesIO(content.content)).extractall(directory / layer)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
