"""Checks of the address, the API key and its permissions."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from buildium_sync.account.account_reads import AccountReads, Reading
from buildium_sync.account.check import Check, failed, passed, warning
from buildium_sync.buildium.circuit_breaker import OpenCircuit
from buildium_sync.buildium_hosts import LIVE_HOST, SANDBOX_HOST
from buildium_sync.credentials import Credentials
from buildium_sync.errors import BuildiumError, CredentialsRejected, ErrorCode

_ACCOUNTS = {LIVE_HOST: "The live account", SANDBOX_HOST: "The sandbox"}
_VERSION = "/v1"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_PERMISSIONS = "docs/operations/going-live.md, Permissions in Buildium"
_REMEDIES = {
    ErrorCode.CREDENTIALS: "Check BUILDIUM_CLIENT_ID and BUILDIUM_API_KEY: they belong to one key, and that key to the "
    "account at BUILDIUM_BASE_URL. A key of the sandbox is not valid for the live account. Then deploy.",
    ErrorCode.WRONG_BASE_URL: "Set BUILDIUM_BASE_URL to https://api.buildium.com/v1, or for the sandbox to "
    "https://apisandbox.buildium.com/v1. Then deploy.",
    ErrorCode.AWS: "Check that the secret in Secrets Manager exists and is JSON. `make deploy` stores it again.",
    ErrorCode.RATE_LIMITED: "Find the other integration that uses up the account's 10 calls per second, or wait.",
}
_NO_RESPONSE = (
    "Check the host in BUILDIUM_BASE_URL and BUILDIUM_TIMEOUT. If both are right, wait until Buildium works again."
)


def account_check(base_url: str) -> Check:
    """Return which account the address belongs to: the live one or the sandbox."""
    name, url = "account", urlsplit(base_url)
    host = url.hostname or ""
    if host in _LOOPBACK:
        return passed(name, f"A simulator at {host}.")
    if host not in _ACCOUNTS:
        remedy = _REMEDIES[ErrorCode.WRONG_BASE_URL]
        return warning(name, f"{host} is neither Buildium's live address nor its sandbox.", remedy)
    if url.path != _VERSION:
        remedy = f"Set BUILDIUM_BASE_URL to https://{host}{_VERSION}."
        return failed(name, f"The path of BUILDIUM_BASE_URL is {url.path or 'empty'}, not {_VERSION}.", remedy)
    return passed(name, f"{_ACCOUNTS[host]} at {host}.")


def credentials_check(credentials: Credentials) -> Check | None:
    """Return what is wrong with the stored API key, None if nothing is. No call is needed."""
    values = {"BUILDIUM_CLIENT_ID": credentials.client_id, "BUILDIUM_API_KEY": credentials.api_key}
    for setting, value in values.items():
        if not value:
            return failed(
                "key", f"{setting} is empty.", f"Set {setting} to the value of the key in Buildium, and deploy."
            )
        if not value.isascii() or any(each.isspace() or each in "\"'" for each in value):
            remedy = f"Set {setting} to the value of the key in Buildium, without quotes and spaces, and deploy."
            return failed("key", f"{setting} contains a quote, a space or a character that no key has.", remedy)
    return None


def key_check(reads: AccountReads) -> Check:
    """Return whether Buildium accepts the key, or why it could not be asked."""
    errors = [reading.error for reading in reads.readings.values()]
    if reads.stopped_by is not None:
        return _stopped(reads.stopped_by)
    if not errors:
        return warning("key", "No list could be read within the time of one check.", "Repeat the check.")
    if all(isinstance(error, CredentialsRejected) for error in errors):
        remedy = f"In Buildium, enable the Open API for the account, and give the key its permissions ({_PERMISSIONS})."
        return failed("key", "The key is valid, but has no permission to read anything.", remedy)
    return passed("key", "Buildium accepts the key.")


def _stopped(error: BuildiumError) -> Check:
    if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.OK):
        detail = f"BUILDIUM_BASE_URL is not the address of Buildium's API: {error}."
        return failed("address", detail, _REMEDIES[ErrorCode.WRONG_BASE_URL])
    name = {ErrorCode.CREDENTIALS: "key", ErrorCode.AWS: "secret", ErrorCode.RATE_LIMITED: "rate_limit"}
    return failed(name.get(error.code, "address"), f"{error}.", _REMEDIES.get(error.code, _NO_RESPONSE))


def permission_checks(reads: AccountReads, circuits: Mapping[str, OpenCircuit]) -> Iterator[Check]:
    """Yield a check of reading each list, and of writing by what is known from the open circuits."""
    readings = reads.readings.values()
    yield from (_read_check(each) for each in readings if each.error is None or each.error is not reads.stopped_by)
    rejected = {name.removeprefix("WRITE "): each for name, each in circuits.items() if name.startswith("WRITE ")}
    yield from (
        failed(
            f"write:{path}",
            f"Buildium rejected writes to {path}: {circuit.reason}.",
            f"In Buildium, give the key the permission to edit ({_PERMISSIONS}). Syncs then resume automatically.",
        )
        for path, circuit in sorted(rejected.items())
    )
    if not rejected and readings and reads.stopped_by is None:
        yield warning(
            "write",
            "Whether the key may write is not known. Buildium shows it only when a write is sent, and this check sends "
            "none.",
            f"Compare the key's permissions in Buildium with {_PERMISSIONS}: most need Edit.",
        )


def _read_check(reading: Reading) -> Check:
    name = f"read:{', '.join(reading.names) or reading.path}"
    if reading.error is None:
        return passed(name, f"The key may read {reading.path}.")
    if reading.error.status == HTTPStatus.FORBIDDEN:
        remedy = f"In Buildium, give the key the permission to view it ({_PERMISSIONS})."
        return failed(name, f"The key may not read {reading.path}: {reading.error}.", remedy)
    remedy = "Repeat the check. If it fails again, ask Buildium's support about this list."
    return warning(name, f"{reading.path} could not be read: {reading.error}.", remedy)
