"""Settings: from .env and the environment, which has priority, to the template's parameters."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.local_cloud.errors import LocalCloudError
from tools.local_cloud.page_paths import page_paths_error
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def read_settings(environment: Mapping[str, str] = os.environ, file: Path = ROOT / ".env") -> dict[str, str]:
    """Return the settings of the user by name. An empty value counts as not set.

    Raises LocalCloudError for a line that is not NAME=value or not a setting, and for a value that the template or the
    functions do not allow. CloudFormation would report it only minutes later.
    """
    names = setting_names()
    lines = _read_file(file)
    if unknown := sorted(lines.keys() - names.keys()):
        raise LocalCloudError(f"Unknown settings in {file.name}: {', '.join(unknown)}. See .env.example.")
    found = lines | {name: environment[name] for name in names if environment.get(name)}
    settings = {name: value for name, value in found.items() if value}
    errors = [
        _invalid_setting(names[name], name) for name, value in settings.items() if not is_allowed(names[name], value)
    ]
    if error := page_paths_error(settings.get("BUILDIUM_PAGE_PATHS", "")):
        errors.append(error)
    if errors:
        raise LocalCloudError("\n".join(errors))
    return settings


def is_allowed(parameter: str, value: str) -> bool:
    """Return whether the template allows a value of a parameter."""
    definition = load_template()["Parameters"][parameter]
    if definition["Type"] == "Number" and not _is_in_range(value, definition):
        return False
    if "AllowedValues" in definition and value not in map(str, definition["AllowedValues"]):
        return False
    if len(value) > definition.get("MaxLength", math.inf):
        return False
    pattern = definition.get("AllowedPattern")
    return pattern is None or re.fullmatch(pattern, value) is not None


def _is_in_range(value: str, definition: Mapping[str, Any]) -> bool:
    """Return whether a value is a number from MinValue to MaxValue. NaN is in no range."""
    try:
        number = float(value)
    except ValueError:
        return False
    return bool(definition.get("MinValue", -math.inf) <= number <= definition.get("MaxValue", math.inf))


def _invalid_setting(parameter: str, name: str) -> str:
    """Return the error for a setting, without its value, which may be a secret."""
    definition = load_template()["Parameters"][parameter]
    return f"{name} {definition.get('ConstraintDescription', 'has an invalid value; see docs/settings.md')}"


def setting_names() -> dict[str, str]:
    """Return the names of the settings with their template parameters."""
    return {_environment_name(name): name for name in load_template()["Parameters"]}


def parameters(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every parameter, so that a removed setting gets its default again."""
    definitions = load_template()["Parameters"]
    return {
        parameter: settings.get(name, str(definitions[parameter]["Default"]))
        for name, parameter in setting_names().items()
    }


def _environment_name(parameter: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).upper()


def _read_file(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    found = {}
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if not match:
            raise LocalCloudError(f"{file.name}, line {number}: expected NAME=value.")
        found[match[1]] = _unquoted(match[2].strip())
    return found


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
