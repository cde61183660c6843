"""CI runs every test: it skips none for a missing document or browser."""

from pathlib import Path

import pytest

from tests.contract.location import DOCUMENT_VARIABLE, REQUIRED_VARIABLE, find_document
from tests.e2e import browser
from tools.local_cloud.paths import ROOT


def test_ci_requires_all_tests() -> None:
    assert f"export {REQUIRED_VARIABLE}=1" in (ROOT / ".ci/run").read_text().splitlines()


@pytest.mark.parametrize("required", [True, False])
def test_a_missing_contract_document_fails_only_where_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, required: bool
) -> None:
    monkeypatch.setenv(DOCUMENT_VARIABLE, str(tmp_path / "missing.json"))
    monkeypatch.setenv(REQUIRED_VARIABLE, "1" if required else "")
    if not required:
        assert find_document() is None
        return
    with pytest.raises(FileNotFoundError, match=DOCUMENT_VARIABLE):
        find_document()


@pytest.mark.parametrize(("required", "outcome"), [(True, pytest.fail.Exception), (False, pytest.skip.Exception)])
def test_a_missing_browser_fails_only_where_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, required: bool, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(browser, "CHROMIUM", tmp_path / "chromium")
    monkeypatch.setenv(REQUIRED_VARIABLE, "1" if required else "")
    with pytest.raises(outcome, match="make browser"), browser.chromium():
        pass
