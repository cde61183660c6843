"""`make deploy`: builds and deploys to AWS with samconfig.toml."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.local_cloud import connection
from tools.local_cloud.aws_account import Target, find_target, remove_failed_stack, stack_name, with_enabled_key
from tools.local_cloud.buildium_key import check_key
from tools.local_cloud.concurrency_quota import concurrency_settings
from tools.local_cloud.custom_domain import check_domain
from tools.local_cloud.deploy_local import remove_compiled_files, write_parameters
from tools.local_cloud.environment import read_settings, setting_names
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.first_deploy import complete
from tools.local_cloud.lambda_python import VERSION, find_interpreter
from tools.local_cloud.live_account import confirm_live, with_sandbox
from tools.local_cloud.paths import ROOT, SAM
from tools.local_cloud.stack_summary import summary

_DIRECTORY = ROOT / ".aws-sam"
DEFAULT = "default"
_DEFAULTS = {DEFAULT: {"APPLICATION_KEY_CAN_OPERATE": "true"}, "prod": {"DELETION_PROTECTION": "true"}}
"""Settings of an environment that differ from the template's defaults."""


def main(environment: str = DEFAULT) -> int:
    """Build for Lambda and deploy. A setting without a value keeps that of the last deployment.

    Without a terminal, or with `CI=1`, it asks nothing.
    """
    is_interactive = sys.stdin.isatty() and not os.environ.get("CI")
    try:
        target = find_target(stack_name(environment))
        print(f"Stack {target.stack_name}, {_describe(target)}, in account {target.account}, region {target.region}")
        settings = _settings(environment, target, is_interactive=is_interactive)
        if target.has_failed:
            remove_failed_stack(target)
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was deployed.", file=sys.stderr)
        return 130
    exit_code = _deploy(environment, settings, is_interactive=is_interactive)
    if not exit_code:
        _finish(target, settings)
    return exit_code


def _settings(environment: str, target: Target, *, is_interactive: bool) -> dict[str, str]:
    """Return the settings to deploy, once Buildium accepts them. Raises LocalCloudError."""
    file = settings_file(environment)
    settings = with_sandbox(_DEFAULTS.get(environment, {}) | read_settings(file=file), target, environment)
    check_domain(settings, target)
    if target.is_new:
        settings = complete(settings, file, is_interactive=is_interactive)
        if "API_MAX_CONCURRENCY" not in settings:
            settings |= concurrency_settings()
    check_key(settings, target)
    confirm_live(settings, target, os.environ, is_interactive=is_interactive)
    return settings


def _finish(target: Target, settings: Mapping[str, str]) -> None:
    """Print the addresses of the stack and the findings of its connection. A declined first change set has none."""
    if found := find_target(target.stack_name).outputs:
        outputs = with_enabled_key(found)
        print(*summary(outputs, settings, is_new=target.is_new), sep="\n")
        connection.show_stack(outputs)


def settings_file(environment: str) -> Path:
    """Return the file with an environment's settings."""
    return ROOT / (".env" if environment == DEFAULT else f".env.{environment}")


def _describe(target: Target) -> str:
    if target.has_failed:
        return "left from a failed first deployment"
    return "new" if target.is_new else "existing"


def _deploy(environment: str, settings: Mapping[str, str], *, is_interactive: bool) -> int:
    chosen = ["--config-env", environment]
    remove_compiled_files()
    build = [str(SAM), "build", *chosen]
    if built := subprocess.run(build, cwd=ROOT, env=_environment(), check=False).returncode:
        return built
    names = setting_names()
    values = write_parameters(_DIRECTORY, {names[name]: value for name, value in settings.items()})
    try:
        options = ["--parameter-overrides", f"file://{values}"] if settings else []
        if not is_interactive:
            options.append("--no-confirm-changeset")
        return subprocess.run([str(SAM), "deploy", *chosen, *options], cwd=ROOT, check=False).returncode
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
