"""Protects a live Buildium account: a development stack uses the sandbox, and the live API needs two confirmations."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from tools.local_cloud.aws_account import Target
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.template import load_template

SANDBOX_URL = "https://apisandbox.buildium.com/v1"
LIVE_HOST = "api.buildium.com"
CONFIRMATION = "DEPLOY_LIVE"
"""The environment variable that confirms a live account without a terminal. Its value is the name of the stack."""


def with_sandbox(settings: Mapping[str, str], target: Target, environment: str) -> dict[str, str]:
    """Return the settings, with Buildium's sandbox for a new stack of the default environment without an address."""
    is_default = target.is_new and environment == "default" and "BUILDIUM_BASE_URL" not in settings
    return {**settings, **({"BUILDIUM_BASE_URL": SANDBOX_URL} if is_default else {})}


def base_url(settings: Mapping[str, str], target: Target) -> str:
    """Return the address of Buildium's API that a deployment gives the stack."""
    default: str = load_template()["Parameters"]["BuildiumBaseUrl"]["Default"]
    previous = None if target.is_new else target.base_url
    return settings.get("BUILDIUM_BASE_URL") or previous or default


def confirm_live(
    settings: Mapping[str, str],
    target: Target,
    environment: Mapping[str, str],
    *,
    is_interactive: bool,
    ask: Callable[[str], str] = input,
) -> None:
    """Ask twice before a stack writes to a live account for the first time. Raises LocalCloudError without consent."""
    if not _becomes_live(settings, target):
        return
    name = target.stack_name
    if is_interactive:
        print(f"{name} will read and write a live Buildium account.")
        is_confirmed = ask("Type live to continue: ") == "live" and ask(f"Type {name} to deploy it: ") == name
    else:
        is_confirmed = environment.get(CONFIRMATION) == name
    if not is_confirmed:
        raise LocalCloudError(
            f"Nothing was deployed: {name} would use a live Buildium account. Use the sandbox, "
            f"BUILDIUM_BASE_URL={SANDBOX_URL}, or confirm with {CONFIRMATION}={name}."
        )


def _becomes_live(settings: Mapping[str, str], target: Target) -> bool:
    setting = settings.get("BUILDIUM_SYNC_ENABLED")
    is_enabled = setting == "true" if setting else target.is_new or target.is_sync_enabled
    return is_enabled and _is_live(base_url(settings, target)) and not _was_live(target)


def _was_live(target: Target) -> bool:
    return not target.is_new and target.is_sync_enabled and _is_live(target.base_url or "")


def _is_live(url: str) -> bool:
    return urlsplit(url).hostname == LIVE_HOST
