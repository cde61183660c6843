"""`make verify-layer` finds every file of a layer that is missing, unexpected or different."""

import compileall
import sys
from pathlib import Path

import pytest

from tools.lambda_runtime.layer_files import differences
from tools.lambda_runtime.verify_layer import verify
from tools.local_cloud.errors import LocalCloudError

PYTHON = Path(sys.executable)


def layer(directory: Path, source: str = "LIMIT = 1\n") -> Path:
    directory.mkdir()
    (directory / "module.py").write_text(source)
    (directory / "data.json").write_text("{}")
    compileall.compile_dir(directory, quiet=1, legacy=True)
    return directory


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    return layer(tmp_path / "expected")


@pytest.fixture
def actual(tmp_path: Path) -> Path:
    return layer(tmp_path / "actual")


def test_equal_files_have_no_difference(expected: Path, actual: Path) -> None:
    (actual / "module.pyc").write_bytes((expected / "module.pyc").read_bytes())
    assert differences(expected, actual, PYTHON) == []


def test_a_missing_file_is_found(expected: Path, actual: Path) -> None:
    (actual / "data.json").unlink()
    assert "missing: data.json" in differences(expected, actual, PYTHON)


def test_an_added_file_is_found(expected: Path, actual: Path) -> None:
    (actual / "added.pth").write_text("import os")
    assert "unexpected: added.pth" in differences(expected, actual, PYTHON)


@pytest.mark.parametrize("python", [PYTHON, None])
def test_changed_compiled_code_is_found(expected: Path, tmp_path: Path, python: Path | None) -> None:
    changed = layer(tmp_path / "changed", "LIMIT = 2\n")
    (changed / "module.py").write_text((expected / "module.py").read_text())
    assert differences(expected, changed, python) == ["different: module.pyc"]


def test_a_missing_build_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="Build it with `make deploy`, or name a stack"):
        verify(tmp_path, tmp_path / "expected", PYTHON)
