"""A shell can read the file of settings that is written for it."""

import subprocess
from pathlib import Path

from tools.local_cloud.state import Stack, State


def test_a_shell_reads_the_written_values(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.write_stack(Stack("http://127.0.0.1:1/v1", "key", "a$b'c;#&", "http://127.0.0.1:1", "http://b", None))
    script = f'. {state.environment}; printf %s "$API_URL $API_KEY $BUILDIUM_WEBHOOK_SECRET"'
    read = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert read.stdout == "http://127.0.0.1:1/v1 key a$b'c;#&"


def test_a_shells_child_processes_get_only_the_url_and_key(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.write_stack(Stack("http://a", "key", "secret", "http://cloud", "http://b", "http://simulator"))
    program = 'printf %s "$API_URL $API_KEY $BUILDIUM_WEBHOOK_SECRET"'
    script = f"unset API_URL API_KEY BUILDIUM_WEBHOOK_SECRET; . {state.environment}; /bin/sh -c '{program}'"
    read = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert read.stdout == "http://a key "


def test_state_files_are_readable_only_by_their_owner(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.write_stack(Stack("u", "k", "s", "e", "b", None))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_stored_value_does_not_change(tmp_path: Path) -> None:
    assert State(tmp_path).value("secret", "first") == "first"
    assert State(tmp_path).value("secret", "second") == "first"
