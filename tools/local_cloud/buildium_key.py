"""Tests Buildium's API key with one read, before a deployment that would only fail later."""

from collections.abc import Mapping

import requests

from tools.local_cloud.aws_account import Target
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.http import session
from tools.local_cloud.live_account import base_url

_PATH = "/rentals?limit=1"
_TIMEOUT_SECONDS = 20


def check_key(settings: Mapping[str, str], target: Target) -> None:
    """Read one rental. Raises LocalCloudError if Buildium cannot be reached or rejects the key.

    Without a key in the settings nothing is read: that of the last deployment is not known here.
    """
    client_id, key = settings.get("BUILDIUM_CLIENT_ID"), settings.get("BUILDIUM_API_KEY")
    if not (client_id and key):
        return
    url = base_url(settings, target)
    headers = {"x-buildium-client-id": client_id, "x-buildium-client-secret": key}
    try:
        status = (
            session()
            .get(f"{url.rstrip('/')}{_PATH}", headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
            .status_code
        )
    except requests.RequestException as error:
        raise LocalCloudError(f"Buildium cannot be reached at BUILDIUM_BASE_URL: {type(error).__name__}.") from None
    if problem := _PROBLEMS.get(status):
        raise LocalCloudError(f"Buildium returned {status}: {problem}")
    print(f"Buildium accepted the API key ({status}).")


_PROBLEMS = {
    301: "BUILDIUM_BASE_URL is a wrong address.",
    308: "BUILDIUM_BASE_URL is a wrong address.",
    401: "the API key is wrong, or belongs to another environment (sandbox or live).",
    403: "the API key may not view rental properties. docs/operations/going-live.md lists its permissions.",
    404: "BUILDIUM_BASE_URL is a wrong address. It ends with /v1.",
}
