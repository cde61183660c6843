"""Compares two directories with the files of a layer."""

import json
import subprocess
from pathlib import Path

# Two builds may write equal code as different bytes. The bytes after the header are the code.
_UNEQUAL_CODE = """
import json, marshal, sys
def code(path):
    with open(path, "rb") as file:
        return file.read(16), marshal.load(file)
print(json.dumps([pair for pair in json.load(sys.stdin) if code(pair[0]) != code(pair[1])]))
"""


def differences(expected: Path, actual: Path, python: Path | None) -> list[str]:
    """Return a line for each file that is missing, unexpected or different.

    `python` compares the code of compiled files and must have the version that compiled them. Without it their bytes
    are compared.
    """
    wanted, found = _files(expected), _files(actual)
    lines = [f"missing: {name}" for name in sorted(wanted - found)]
    lines += [f"unexpected: {name}" for name in sorted(found - wanted)]
    unequal = [name for name in wanted & found if (expected / name).read_bytes() != (actual / name).read_bytes()]
    compiled = [name for name in unequal if python and name.endswith(".pyc")]
    others = set(unequal) - set(compiled)
    if python and compiled:
        others |= _unequal_code(expected, actual, compiled, python)
    return lines + [f"different: {name}" for name in sorted(others)]


def _files(directory: Path) -> set[str]:
    return {str(file.relative_to(directory)) for file in directory.rglob("*") if file.is_file()}


def _unequal_code(expected: Path, actual: Path, names: list[str], python: Path) -> set[str]:
    pairs = [[str(expected / name), str(actual / name)] for name in names]
    command = [str(python), "-c", _UNEQUAL_CODE]
    done = subprocess.run(command, input=json.dumps(pairs), capture_output=True, text=True, check=True)
    return {str(Path(pair[0]).relative_to(expected)) for pair in json.loads(done.stdout)}
