"""`make deploy`: builds and deploys to AWS with samconfig.toml."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.local_cloud.aws_account import Target, find_target, stack_name
from tools.local_cloud.concurrency_quota import concurrency_settings
from tools.local_cloud.deploy_local import remove_compiled_files, write_parameters
from tools.local_cloud.environment import read_settings, setting_names
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.first_deploy import complete
from tools.local_cloud.lambda_python import VERSION, find_interpreter
from tools.local_cloud.paths import ROOT, SAM

_DIRECTORY = ROOT / ".aws-sam"
DEFAULT = "default"
_DEFAULTS = {"prod": {"DELETION_PROTECTION": "true"}}
"""Settings of an environment that differ from the template's defaults."""


def main(environment: str = DEFAULT) -> int:
    """Build for Lambda and deploy. A setting without a value keeps that of the last deployment."""
    file = settings_file(environment)
    try:
        target = find_target(stack_name(environment))
        settings = _DEFAULTS.get(environment, {}) | read_settings(file=file)
        if target.is_new:
            settings = complete(settings, file, is_interactive=sys.stdin.isatty())
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was deployed.", file=sys.stderr)
        return 130
    if "API_MAX_CONCURRENCY" not in settings and target.is_new:
        settings |= concurrency_settings()
    print(f"Stack {target.stack_name}, {_describe(target)}, in account {target.account}, region {target.region}")
    exit_code = _deploy(environment, settings)
    # A declined change set also counts as a success.
    is_first = target.is_new and not exit_code and not find_target(target.stack_name).is_new
    if is_first and not settings.get("BUILDIUM_WEBHOOK_SECRET"):
        print("Webhooks are rejected until BUILDIUM_WEBHOOK_SECRET is set: docs/deploy.md#register-the-webhook")
    return exit_code


def settings_file(environment: str) -> Path:
    """Return the file with an environment's settings."""
    return ROOT / (".env" if environment == DEFAULT else f".env.{environment}")


def _describe(target: Target) -> str:
    return "new" if target.is_new else "existing"


def _deploy(environment: str, settings: Mapping[str, str]) -> int:
    chosen = ["--config-env", environment]
    remove_compiled_files()
    build = [str(SAM), "build", *chosen]
    if built := subprocess.run(build, cwd=ROOT, env=_environment(), check=False).returncode:
        return built
    names = setting_names()
    values = write_parameters(_DIRECTORY, {names[name]: value for name, value in settings.items()})
    try:
        overrides = ["--parameter-overrides", f"file://{values}"] if settings else []
        return subprocess.run([str(SAM), "deploy", *chosen, *overrides], cwd=ROOT, check=False).returncode
    finally:
        values.unlink()


def _environment() -> dict[str, str]:
    """Return the environment of a build, with an interpreter that compiles the layers. Warns if there is none."""
    python = find_interpreter()
    if python is None:
        print(f"Python {VERSION} not found: layers are built without bytecode; a cold start takes about twice as long.")
        return dict(os.environ)
    return dict(os.environ) | {"LAYER_PYTHON": str(python)}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
