"""Paths of the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
PYTHON = ROOT / ".venv/bin/python"
SAM = ROOT / ".venv/bin/sam"
UV = ROOT / ".venv/bin/uv"
CLOUD_PYTHON = ROOT / ".venv-cloud/bin/python"
CLOUD_STAMP = ROOT / ".venv-cloud/.stamp"
RUNTIME_PYTHON = ROOT / ".venv-runtime/bin/python"
