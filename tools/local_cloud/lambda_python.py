"""Finds an interpreter of Lambda's version, which compiles the layers."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.local_cloud.paths import UV

VERSION = "3.13"
_CHECK = f"import sys; assert '%d.%d' % sys.version_info[:2] == '{VERSION}'"


def find_interpreter() -> Path | None:
    """Return one from the PATH, uv or pyenv; None if there is none."""
    found = (candidate for candidate in _candidates() if _has_version(candidate))
    return next(found, None)


def _candidates() -> list[Path]:
    on_path = shutil.which(f"python{VERSION}")
    command = [str(UV), "python", "find", "--no-python-downloads", "--no-project", VERSION]
    from_uv = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    named = [Path(name) for name in (on_path, from_uv) if name]
    return named + sorted(pyenv.glob(f"{VERSION}.*/bin/python"), reverse=True)


def _has_version(candidate: Path) -> bool:
    """Run it to check its version: a shim on the PATH may have no interpreter."""
    return subprocess.run([str(candidate), "-c", _CHECK], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    print(find_interpreter() or "")
