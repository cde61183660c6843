"""The first deployment: asks for what it cannot do without, and keeps the answers for the next."""

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
    is_needed: bool = True
    is_secret: bool = False


_QUESTIONS = (
    _Question("BUILDIUM_CLIENT_ID", "Client ID of the Buildium API key"),
    _Question("BUILDIUM_API_KEY", "Secret of the Buildium API key (input is hidden)", is_secret=True),
    _Question(
        "BUILDIUM_BASE_URL",
        "Base URL of Buildium's API; the sandbox is https://apisandbox.buildium.com/v1",
        is_needed=False,
    ),
    _Question("ALARM_EMAIL", "E-mail address for alarms", is_needed=False),
)


def complete(
    settings: Mapping[str, str], file: Path, *, is_person: bool, ask: Ask = input, ask_secretly: Ask = getpass
) -> dict[str, str]:
    """Return the settings with what a first deployment needs; what a person answers is added to the file.

    Raises LocalCloudError, naming what is missing, where nobody can be asked. Nothing is needed while the sync is off.
    """
    missing = [question for question in _QUESTIONS if not settings.get(question.name)]
    if settings.get("BUILDIUM_SYNC_ENABLED") == "false" or not any(question.is_needed for question in missing):
        return dict(settings)
    if not is_person:
        raise LocalCloudError(_told(missing, file))
    print(f"The first deployment requires a few settings. They are stored in {file.name}, which git ignores.")
    answers = {each.name: _answer(each, ask_secretly if each.is_secret else ask) for each in missing}
    given = {name: answer for name, answer in answers.items() if answer}
    _append(file, given)
    return {**settings, **given}


def _told(missing: list[_Question], file: Path) -> str:
    lines = "\n".join(f"  - {each.name}: {each.text}" for each in missing if each.is_needed)
    return (
        f"Missing settings for the first deployment:\n{lines}\n"
        f"Add them to {file.name} (.env.example lists all settings), or disable sync: BUILDIUM_SYNC_ENABLED=false."
    )


def _answer(question: _Question, ask: Ask) -> str:
    parameter = setting_names()[question.name]
    default = load_template()["Parameters"][parameter]["Default"]
    hint = "" if question.is_needed else f" [{default or 'none'}]"
    while True:
        answer = ask(f"{question.text}{hint}: ").strip()
        if is_allowed(parameter, answer or default) and (answer or not question.is_needed):
            return answer
        print(f"Invalid value for {question.name}.")


def _append(file: Path, settings: Mapping[str, str]) -> None:
    """Add lines to a file that only its owner can read, if it is new."""
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    begun = file.exists() and not file.read_text().endswith("\n")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as output:
        output.write(("\n" if begun else "") + lines)
