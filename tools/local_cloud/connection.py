"""Prints what the connection check of a deployed stack found."""

from collections.abc import Mapping
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_cloud.aws_account import application_key
from tools.local_cloud.http import session

_PATH = "/api/buildium/connection"
_TIMEOUT_SECONDS = 35


def show_stack(outputs: Mapping[str, str]) -> None:
    """Print the findings of a stack in AWS with these outputs. An error is printed and not raised."""
    try:
        print(*report(_read(requests.Session(), outputs["ApiUrl"], application_key(outputs))), sep="\n")
    except (BotoCoreError, ClientError, requests.RequestException) as error:
        print(f"The connection to Buildium could not be checked: {_reason(error)}. See the console, Connection.")


def show_problems(api_url: str, api_key: str) -> None:
    """Print the findings of a local stack that is not ready. An error is printed and not raised."""
    try:
        found = _read(session(), api_url, api_key)
    except requests.RequestException as error:
        print(f"The connection to Buildium could not be checked: {_reason(error)}.")
        return
    if not found["ready"]:
        print(*report(found), sep="\n")


def report(found: Mapping[str, Any]) -> list[str]:
    """Return the lines that describe the findings: a summary, and each problem with its remedy."""
    problems = [check for check in found["checks"] if check["status"] != "ok"]
    state = "ready" if found["ready"] else "NOT ready"
    lines = [f"The connection to Buildium is {state}: {len(found['checks'])} checks, {len(problems)} with findings."]
    for check in problems:
        lines += [f"  {check['status']}  {check['name']}: {check['detail']}", f"          → {check['remedy']}"]
    return lines


def _reason(error: Exception) -> str:
    """Return an error without its text, which may contain the API key. 403 is a disabled or deleted key."""
    response = getattr(error, "response", None)
    return f"status {response.status_code}" if isinstance(response, requests.Response) else type(error).__name__


def _read(client: requests.Session, api_url: str, api_key: str) -> dict[str, Any]:
    response = client.get(f"{api_url}{_PATH}", headers={"x-api-key": api_key}, timeout=_TIMEOUT_SECONDS)
    response.raise_for_status()
    content: dict[str, Any] = response.json()
    return content
