"""What the end of a call says about the circuits that it went through."""

from http import HTTPStatus

from buildium_sync.errors import BuildiumError, BuildiumUnavailable, CredentialsRefused, RateLimited

OUTAGE = "outage"
KEY = "key"


def circuits_of(method: str, path: str) -> tuple[str, ...]:
    """Return the names of a call's circuits, the permission's last.

    Buildium gives a key its permissions by type, to view or to edit. A path without its ids tells the type.
    """
    resource = "/".join(part for part in path.split("/") if not part.isdigit())
    return OUTAGE, KEY, f"{'GET' if method == 'GET' else 'WRITE'} {resource}"


def verdicts(names: tuple[str, ...], error: BuildiumError | None) -> dict[str, bool]:
    """Return which of a call's circuits its end shows to work, and which not; the others it says nothing about."""
    outage, key, permission = names
    match error:
        case CredentialsRefused(status=HTTPStatus.UNAUTHORIZED):
            return {outage: True, key: False}
        case CredentialsRefused():
            return {outage: True, key: True, permission: False}
        case BuildiumUnavailable(outage=True):
            return {outage: False}
        case BuildiumUnavailable() | RateLimited():
            return {outage: True} if error.status else {}
        case _:
            return dict.fromkeys(names, True)
