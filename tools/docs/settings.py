"""The table of the settings, from the template's parameters."""

from collections.abc import Mapping
from typing import Any

from tools.docs.markdown import code, table
from tools.local_cloud.environment import setting_names
from tools.local_cloud.template import load_template


def settings_table() -> str:
    """Return one row per setting, in the template's order."""
    parameters = load_template()["Parameters"]
    return table(
        ["setting", "default", "allowed values", "description"],
        [
            [
                code(name),
                code(str(parameters[parameter]["Default"])),
                _allowed(parameters[parameter]),
                parameters[parameter]["Description"].replace("|", "\\|"),
            ]
            for name, parameter in setting_names().items()
        ],
    )


def _allowed(parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(code(str(value)) for value in parameter["AllowedValues"])
    if "MinValue" in parameter:
        return f"{parameter['MinValue']} to {parameter['MaxValue']}"
    return ""
