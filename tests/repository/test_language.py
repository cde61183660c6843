"""The project is written in the field's terms: the words of its former dialect do not come back.

docs/glossary.md has the terms to use. An exception names the file and the word, with the reason.
"""

import re
import subprocess
from pathlib import Path

import pytest

from tools.local_cloud.paths import ROOT

_REJECTED_WORDS = (
    *("told", "tell", "tells", "anew", "meanwhile", "nobody", "somebody", "whoever", "of ours"),
    *("bury", "buried", "spare", "spares", "aside", "goes on", "put off", "all the same", "for want of"),
)
_REJECTED = re.compile(rf"(?<![a-z])({'|'.join(_REJECTED_WORDS)})(?![a-z])", re.IGNORECASE)
_EXCEPTIONS = {
    "tests/repository/test_language.py": set(_REJECTED_WORDS),  # it lists them
}
_GENERATED = {"functions/console/static/openapi.json", ".secrets.baseline"}
_SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".js", ".html", ".css", ".json", ".in", ".example", ""}


def tracked() -> list[str]:
    """The tracked text files that people write."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603
    return [name for name in files if Path(name).suffix in _SUFFIXES and name not in _GENERATED]


def rejected_words(name: str) -> set[str]:
    """The dialect words of a file that are no exception; an underscore separates words too."""
    text = re.sub(r"[_\s]+", " ", (ROOT / name).read_text()) if (ROOT / name).is_file() else ""
    return {word.lower() for word in _REJECTED.findall(text)} - _EXCEPTIONS.get(name, set())


@pytest.mark.parametrize("name", tracked())
def test_a_file_has_no_dialect_words(name: str) -> None:
    assert rejected_words(name) == set()


def test_every_exception_is_needed() -> None:
    for name, words in _EXCEPTIONS.items():
        text = (ROOT / name).read_text().lower()
        assert all(word in text for word in words), name
