"""`make audit`: checks the pinned versions for known vulnerabilities in the OSV database. Needs the network."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.local_cloud.paths import ROOT, UV

LOCKS = (
    ROOT / "layers/dependencies/requirements.txt",
    *(ROOT / f"requirements/{name}.txt" for name in ("dev", "local-cloud", "bootstrap", "bench", "runtime", "checkov")),
)
_PIN = re.compile(r"^([A-Za-z0-9][^\s;\\]*==[^\s;\\]+)(?: ?; ?([^\\\n]+?))?\s*\\?$", re.MULTILINE)


def pins(lock: Path) -> list[str]:
    """Return the requirements of a lock file without their hashes."""
    return [f"{pin} ; {marker}" if marker else pin for pin, marker in _PIN.findall(lock.read_text())]


def as_script(requirements: list[str]) -> str:
    """Return a script with these requirements (PEP 723). uv can audit scripts and projects only."""
    lines = ["/// script", 'requires-python = ">=3.11"', "dependencies = ["]
    lines += [f"    {json.dumps(requirement)}," for requirement in requirements]
    return "".join(f"# {line}\n" for line in [*lines, "]", "///"])


def main() -> int:
    """Audit every lock file. Return 0 if every audit succeeded without a known vulnerability."""
    return max(_audit(lock) for lock in LOCKS)


def _audit(lock: Path) -> int:
    print(f"{lock.relative_to(ROOT)}:", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "audited.py"
        script.write_text(as_script(pins(lock)))
        command = [str(UV), "audit", "--preview-features", "audit-command", "--script", str(script)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
