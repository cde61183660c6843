"""What the end of a call says about the circuits that it went through."""

from http import HTTPStatus

from buildium_sync.errors import BuildiumError, BuildiumUnavailable, CredentialsRejected, RateLimited, WrongBaseUrl

OUTAGE = "outage"
ADDRESS = "address"
KEY = "key"
WRONG_BASE_URL = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
"""Redirects for good: what is called is not Buildium's API."""


def circuits_for(method: str, path: str) -> tuple[str, ...]:
    """Return the names of a call's circuits, the permission's last.

    Buildium gives a key its permissions by type, to view or to edit. A path without its ids tells the type.
    """
    resource = "/".join(part for part in path.split("/") if not part.isdigit())
    return OUTAGE, ADDRESS, KEY, f"{'GET' if method == 'GET' else 'WRITE'} {resource}"


def classify_call(names: tuple[str, ...], error: BuildiumError | None) -> dict[str, bool]:
    """Return which of a call's circuits its end shows to work, and which not; the others it says nothing about."""
    outage, address, key, permission = names
    match error:
        case WrongBaseUrl():
            return {outage: True, address: False}
        case CredentialsRejected(status=HTTPStatus.UNAUTHORIZED):
            return {outage: True, address: True, key: False}
        case CredentialsRejected():
            return {outage: True, address: True, key: True, permission: False}
        case BuildiumUnavailable(is_outage=True):
            return {outage: False}
        case BuildiumUnavailable() | RateLimited():
            return {outage: True, address: True} if error.status else {}
        case _:
            return dict.fromkeys(names, True)
