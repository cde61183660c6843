"""The example workflow runs existing commands, and its first lines list what it needs."""

import json
import re

from tools.local_cloud.environment import setting_names
from tools.local_cloud.paths import ROOT

_COMMENT, _, _WORKFLOW = (ROOT / "examples/github-actions/deploy.yml").read_text().partition("name: Deploy")
_CONFIRMATION = {"CI", "DEPLOY_LIVE"}


def test_the_first_lines_name_each_variable_and_secret() -> None:
    named = set(re.findall(r"(?:vars|secrets)\.(\w+)", _WORKFLOW))
    assert named
    assert named <= set(re.findall(r"\w+", _COMMENT))


def test_the_trust_policy_allows_one_environment_of_one_repository() -> None:
    text = re.sub(r"^# *", "", _COMMENT, flags=re.MULTILINE)
    policy = json.loads(text[text.index("{") : text.rindex("}") + 1])
    [statement] = policy["Statement"]
    claims = {name.partition(":")[2]: value for name, value in statement["Condition"]["StringEquals"].items()}
    assert claims["aud"] == "sts.amazonaws.com"
    # GitHub's claim for a job with an environment, as this one, names no branch.
    assert re.fullmatch(r"repo:<owner>/<repository>:environment:<environment>", claims["sub"])
    assert "    environment: ${{ inputs.environment }}\n" in _WORKFLOW


def test_the_environment_has_existing_settings() -> None:
    names = set(re.findall(r"^ +([A-Z_]+): ", _WORKFLOW, flags=re.MULTILINE))
    assert names > _CONFIRMATION
    assert names - _CONFIRMATION <= setting_names().keys()


def test_each_command_is_a_target_of_the_makefile() -> None:
    targets = re.findall(r"run: make ([\w-]+)", _WORKFLOW)
    assert targets == ["deploy", "smoke"]
    assert set(targets) <= set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
