"""What the result of a call says about its circuits."""

from http import HTTPStatus

from buildium_sync.errors import BuildiumError, BuildiumUnavailable, CredentialsRejected, RateLimited, WrongBaseUrl

OUTAGE = "outage"
ADDRESS = "address"
KEY = "key"
WRONG_BASE_URL = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
"""Permanent redirects: the address is not that of Buildium's API."""


def circuits_for(method: str, path: str) -> tuple[str, ...]:
    """Return the names of a call's circuits, that of the permission last.

    Buildium: a key has permissions per resource, to view or to edit. The path without its ids identifies the resource.
    """
    resource = "/".join(part for part in path.split("/") if not part.isdigit())
    return OUTAGE, ADDRESS, KEY, f"{'GET' if method == 'GET' else 'WRITE'} {resource}"


def classify_call(names: tuple[str, ...], error: BuildiumError | None) -> dict[str, bool]:
    """Return the circuits that the result proves working (True) or failing (False), without the unknown ones."""
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
