"""The table of the alarms, from their descriptions: a sentence, then a link to a section of the runbook."""

import re
from collections import defaultdict

from tools.docs.markdown import code, heading_anchor, table
from tools.local_cloud.paths import ROOT
from tools.local_cloud.template import load_template

RUNBOOK = ROOT / "docs/runbook.md"
DESCRIPTION = re.compile(r"(?P<sentence>[A-Z][^.]+)\. \$\{RunbookUrl\}#(?P<anchor>[a-z0-9-]+)")


def alarm_table() -> str:
    """Return one row per description, in the template's order. Raises ValueError for a description of another form."""
    headings = re.findall(r"^## (.+)$", RUNBOOK.read_text(), flags=re.MULTILINE)
    sections = {heading_anchor(heading): heading for heading in headings}
    names = defaultdict(list)
    for name, description in alarm_descriptions().items():
        names[description].append(name)
    rows = []
    for description, alike in names.items():
        found = DESCRIPTION.fullmatch(description)
        if not found or found["anchor"] not in sections:
            raise ValueError(f"{alike[0]}: expected a sentence and a link to a section of the runbook: {description}")
        rows.append(
            [", ".join(map(code, alike)), found["sentence"], f"[{sections[found['anchor']]}](#{found['anchor']})"]
        )
    return table(["alarm", "condition", "section"], rows)


def alarm_descriptions() -> dict[str, str]:
    """Return the description of each alarm by its logical id."""
    return {
        name: resource["Properties"]["AlarmDescription"]["Fn::Sub"]
        for name, resource in load_template()["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
