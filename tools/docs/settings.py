"""The tables of the settings, from the template's parameters and their groups."""

from collections.abc import Mapping
from typing import Any

from tools.docs.markdown import code, table
from tools.local_cloud.environment import setting_names
from tools.local_cloud.template import load_template


def settings_table() -> str:
    """Return a section per parameter group of the template, with one row per setting."""
    template = load_template()
    names = {parameter: name for name, parameter in setting_names().items()}
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    sections = []
    for group in groups:
        rows = [_row(names[parameter], template["Parameters"][parameter]) for parameter in group["Parameters"]]
        head = f"## {group['Label']['default']}"
        sections.append(f"{head}\n\n{table(['setting', 'default', 'allowed values', 'description'], rows)}")
    return "\n\n".join(sections)


def _row(name: str, parameter: Mapping[str, Any]) -> list[str]:
    description = parameter["Description"].replace("|", "\\|")
    return [code(name), code(str(parameter["Default"])), _allowed(parameter), description]


def _allowed(parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(code(str(value)) for value in parameter["AllowedValues"])
    if "MinValue" in parameter:
        return f"{parameter['MinValue']} to {parameter['MaxValue']}"
    return ""
