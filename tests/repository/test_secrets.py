"""The repository contains no secret: known false positives are listed by digest in .secrets.baseline."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

from tools.local_cloud.paths import ROOT

BASELINE = ROOT / ".secrets.baseline"
KNOWN = baseline.load_from_file(str(BASELINE))
# Split, so that this file contains nothing that resembles a secret.
_RANDOM = "q7Rk2ZpX9vLm4TsW" + "8cNjYb3Hd6Fg1Ka5" + "EuQxVwJt+/=="
PLANTED = {
    "planted.py": [
        "key = 'AKIA" + "Q3EGX7TRV5KZ2MNB'",
        f"token = '{_RANDOM}'",
        "headers = {'x-buildium-client-" + f"secret': '{_RANDOM[:20]}'" + "}",
        "-----BEGIN RSA PRIVATE " + "KEY-----",
    ],
    ".env": [
        "BUILDIUM_API_" + f"KEY={_RANDOM[:20]}",
        "BUILDIUM_WEBHOOK_" + f"SECRET={_RANDOM[:20]}",
        "AWS_ACCESS_KEY_ID=AKIA" + "Q3EGX7TRV5KZ2MNB",
        "AWS_SECRET_ACCESS_" + f"KEY={_RANDOM[:40]}",
    ],
    "planted.yaml": ["  BuildiumApi" + f"Key: {_RANDOM[:20]}", "  Default: AKIA" + "Q3EGX7TRV5KZ2MNB"],
    "planted.json": ['{"x-api-' + f'key": "{_RANDOM[:44]}"' + "}"],
}


@pytest.fixture(scope="module", autouse=True)
def _same_rules_as_the_baseline() -> Iterator[None]:
    with transient_settings({name: KNOWN[name] for name in ("plugins_used", "filters_used")}):
        yield


def findings(*files: str) -> set[tuple[str, str, str]]:
    """Findings as file, kind and digest. The line number is omitted, because it may change."""
    found = SecretsCollection(root=str(ROOT))
    for file in files:
        found.scan_file(file)
    return {(file, secret.type, secret.secret_hash) for file, secret in found}


def repository() -> list[str]:
    """Every tracked or new file, except the baseline."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")  # noqa: S603 -- nothing of it comes from outside
    return [name for name in listed if name and name != BASELINE.name and (ROOT / name).is_file()]


def test_the_repository_contains_no_finding_outside_the_secrets_baseline() -> None:
    files = repository()
    known = {
        (file, entry["type"], entry["hashed_secret"]) for file, found in KNOWN["results"].items() for entry in found
    }

    assert len(files) > 100
    assert findings(*files) == known, "look at each, and only then `make secrets`"


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in PLANTED.items() for line in lines])
def test_a_planted_secret_is_detected(tmp_path: Path, name: str, line: str) -> None:
    file = tmp_path / name
    file.write_text(f"{line}\n")

    assert findings(str(file))


def test_the_settings_file_is_never_tracked() -> None:
    assert ".env" not in repository()
