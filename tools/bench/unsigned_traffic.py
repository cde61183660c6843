"""The worst cost of traffic without an API key: every route without a key is called at its limit for a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aws_lambda_powertools

from tools.bench import bill
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template

_STATIC = ROOT / "functions/console/static"
_SWAGGER_UI = Path(aws_lambda_powertools.__file__).parent / "event_handler/openapi/swagger_ui"
_TRANSFERRED_GB = 0.09
"""Dollars of one GB that AWS sends to the internet."""
_HEADER_BYTES = 1_000
_INVOCATION_SECONDS = 0.1
"""Of 512 MB, for the largest body that Lambda accepts (6 MB)."""
_LOG_LINES = 2
_TRACED = 0.05
"""X-Ray samples one request per second, and this part of the others."""


@dataclass(frozen=True)
class KeylessRoute:
    """A route without an API key: its limit in requests per second, and the bytes of its largest file."""

    route: str
    per_second: float
    file_bytes: int

    @property
    def dollars(self) -> float:
        """The highest cost of a month."""
        requests = self.per_second * bill.MINUTES * 60
        each = bill.API_REQUEST + bill.LAMBDA_REQUEST + _INVOCATION_SECONDS * bill.MEMORY_GB * bill.LAMBDA_GB_SECOND
        logged = _LOG_LINES * bill.LOG_BYTES / 1e9 * bill.LOG_GB
        sent = (self.file_bytes + _HEADER_BYTES) / 1e9 * _TRANSFERRED_GB
        return requests * (each + logged + sent + _TRACED * bill.TRACE)


def keyless_routes() -> list[KeylessRoute]:
    """Return the routes without an API key, in the order of the template."""
    resources = load_template()["Resources"]
    limits = {
        (each["HttpMethod"], each["ResourcePath"][1:].replace("~1", "/")): each["ThrottlingRateLimit"]
        for each in resources["Api"]["Properties"]["MethodSettings"]
        if "ThrottlingRateLimit" in each
    }
    return [
        KeylessRoute(" ".join(place), limits[place], _largest(place[1]))
        for resource in resources.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if not event["Properties"].get("Auth", {}).get("ApiKeyRequired", True)
        for place in [(event["Properties"]["Method"], event["Properties"]["Path"])]
    ]


def _largest(path: str) -> int:
    return max((file.stat().st_size for file in _files(path)), default=0)


def _files(path: str) -> Iterator[Path]:
    """Yield the files that a path returns. The webhook has none."""
    name, _, pattern = path.strip("/").partition("/")
    if pattern == "{file}":
        yield from (_STATIC / name).iterdir()
        yield from _SWAGGER_UI.glob("*.min.*") if name == "docs" else ()
    else:
        yield from (_STATIC / each for each in (name, f"{name}.html") if (_STATIC / each).is_file())
