"""The first deployment: asks for required settings, and stores the answers for later deployments."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path

from tools.local_cloud.environment import is_allowed, setting_names
from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.template import load_template

Ask = Callable[[str], str]


@dataclass(frozen=True)
class _Question:
    name: str
    text: str
    is_required: bool = True
    is_secret: bool = False


_QUESTIONS = (
    _Question("BUILDIUM_CLIENT_ID", "Client ID of the Buildium API key"),
    _Question("BUILDIUM_API_KEY", "Secret of the Buildium API key", is_secret=True),
    _Question(
        "BUILDIUM_BASE_URL",
        "Base URL of Buildium's API; the sandbox is https://apisandbox.buildium.com/v1",
        is_required=False,
    ),
    _Question("ALARM_EMAIL", "E-mail address for alarms", is_required=False),
)


def complete(
    settings: Mapping[str, str], file: Path, *, is_interactive: bool, ask: Ask = input, ask_secretly: Ask = getpass
) -> dict[str, str]:
    """Return the settings with the missing ones for a first deployment. A user's answers are added to the file.

    Raises LocalCloudError with the missing settings if `is_interactive` is false. With the sync disabled, none are
    required.
    """
    missing = [question for question in _QUESTIONS if not settings.get(question.name)]
    if settings.get("BUILDIUM_SYNC_ENABLED") == "false" or not any(question.is_required for question in missing):
        return dict(settings)
    if not is_interactive:
        raise LocalCloudError(_missing_message(missing, file))
    print(f"The first deployment requires a few settings. They are stored in {file.name}, which git ignores.")
    answers = {each.name: _answer(each, ask_secretly if each.is_secret else ask) for each in missing}
    entered = {name: answer for name, answer in answers.items() if answer}
    _append(file, entered)
    return {**settings, **entered}


def _missing_message(missing: list[_Question], file: Path) -> str:
    lines = "\n".join(f"  - {each.name}: {each.text}" for each in missing if each.is_required)
    return (
        f"Missing settings for the first deployment:\n{lines}\n"
        f"Add them to {file.name} (.env.example lists all settings), or disable sync: BUILDIUM_SYNC_ENABLED=false."
    )


def _answer(question: _Question, ask: Ask) -> str:
    parameter = setting_names()[question.name]
    default = load_template()["Parameters"][parameter]["Default"]
    hint = "" if question.is_required else f" [{default or 'none'}]"
    hint += " (input is hidden)" if question.is_secret else ""
    while True:
        answer = ask(f"{question.text}{hint}: ").strip()
        if is_allowed(parameter, answer or default) and (answer or not question.is_required):
            return answer
        print(f"Invalid value for {question.name}.")


def _append(file: Path, settings: Mapping[str, str]) -> None:
    """Append lines to a file. A new file is readable only by its owner."""
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    has_open_line = file.exists() and not file.read_text().endswith("\n")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as output:
        output.write(("\n" if has_open_line else "") + lines)
