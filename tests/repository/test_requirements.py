"""Requirements are pinned with hashes, equal for tests and deployment, and have permitted licenses."""

import re
import tomllib
from collections import Counter
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tools.local_cloud.audit import LOCKS, as_script, pins
from tools.local_cloud.paths import ROOT

LAYER, DEVELOPMENT, *_ = LOCKS
BLOCK = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?P<marker>[^\n]*)(?P<hashes>(?:\n    --hash=\S+(?: \\)?)+)\n"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
SHIPPABLE = ("MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "MPL-2.0", "Mozilla")
# Licenses with obligations for those who ship or run the project. Tools may not have them either.
BINDING = ("GPL", "General Public", "Proprietary", "Commercial", "SSPL", "BUSL")
# It is also available under the Artistic License.
CHOICES = {"text-unidecode"}


def blocks(lock: Path) -> list[re.Match[str]]:
    """Every requirement of a lock file. Raises for an unknown line."""
    text, found = lock.read_text(), []
    while text:
        block = BLOCK.match(text)
        assert block is not None, f"{lock.name} holds something else than a pin with hashes: {text[:80]!r}"
        found.append(block)
        text = text[block.end() :]
    return found


def versions(lock: Path) -> dict[str, str]:
    return {block["name"]: block["version"] for block in blocks(lock)}


def licence(package: Distribution) -> str:
    """The license of a package, from the first metadata field that has one."""
    fields = package.metadata.json
    classifiers = [text for text in fields.get("classifier", []) if text.startswith("License ::")]
    named = fields.get("license_expression") or " ".join(classifiers) or fields.get("license")
    if named and named != "UNKNOWN":
        return str(named)
    files = [file for file in package.files or [] if "LICENSE" in file.name.upper()]
    return files[0].read_text()[:400] if files else ""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_requirement_is_pinned_once_with_hashes(lock: Path) -> None:
    found = blocks(lock)
    assert [
        name for name, times in Counter((block["name"], block["marker"]) for block in found).items() if times > 1
    ] == []
    for block in found:
        hashes = block["hashes"].split()
        assert all(HASH.fullmatch(text) for text in hashes if text != "\\"), block["name"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_every_direct_requirement_is_pinned(lock: Path) -> None:
    lines = lock.with_suffix(".in").read_text().splitlines()
    names = [re.split(r"[\[<>=!~;\s]", line)[0].lower() for line in lines if re.match(r"[A-Za-z0-9]", line)]
    assert names
    assert {name.replace("_", "-") for name in names} <= versions(lock).keys()


def test_the_layer_pins_the_tested_versions() -> None:
    tested = versions(DEVELOPMENT)
    assert {name: tested.get(name) for name in versions(LAYER)} == versions(LAYER)


def test_installed_versions_match_the_layer() -> None:
    assert {name: distribution(name).version for name in versions(LAYER)} == versions(LAYER)


@pytest.mark.parametrize("name", sorted(versions(LAYER)))
def test_licences_of_shipped_packages_allow_redistribution(name: str) -> None:
    assert any(allowed in licence(distribution(name)) for allowed in SHIPPABLE), licence(distribution(name))


@pytest.mark.parametrize("name", sorted(versions(DEVELOPMENT).keys() - CHOICES))
def test_no_development_tool_has_a_copyleft_licence(name: str) -> None:
    try:
        package = distribution(name)
    except ModuleNotFoundError:
        pytest.skip("not for this platform")
    assert licence(package)
    assert not [binding for binding in BINDING if binding in licence(package)]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_the_audit_covers_every_requirement(lock: Path) -> None:
    lines = as_script(pins(lock)).splitlines()[1:-1]
    asked = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines))["dependencies"]
    assert [text.split(" ")[0] for text in asked] == [f"{block['name']}=={block['version']}" for block in blocks(lock)]
