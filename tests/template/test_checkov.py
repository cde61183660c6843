"""checkov runs in `make lint`. Each of its checks that is skipped has a reason."""

import re

import yaml

from tools.local_cloud.paths import ROOT

_CONFIGURATION = ROOT / ".checkov.yaml"
_REASON = re.compile(r"^  - (CKV2?_\w+)  # [A-Z].{20,}\.$", re.MULTILINE)


def test_every_skipped_check_has_a_reason() -> None:
    skipped = yaml.safe_load(_CONFIGURATION.read_text())["skip-check"]
    assert _REASON.findall(_CONFIGURATION.read_text()) == skipped


def test_no_template_skips_a_check() -> None:
    templates = [ROOT / "template.yaml", ROOT / "monitoring.yaml", *ROOT.glob("examples/*/template.yaml")]
    assert [file for file in templates if "checkov:skip" in file.read_text()] == []


def test_checkov_runs_without_a_network() -> None:
    assert yaml.safe_load(_CONFIGURATION.read_text())["skip-download"] is True
    assert "checkov --config-file .checkov.yaml" in (ROOT / "Makefile").read_text()
