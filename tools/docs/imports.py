"""The order of imports, from the import contract in pyproject.toml."""

import re
import tomllib

from tools.docs.markdown import code
from tools.local_cloud.paths import ROOT


def import_order() -> str:
    """Return the layers as a numbered list, from the top: a layer imports only from those below it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return "\n".join(f"{number}. {_modules(layer)}" for number, layer in enumerate(layers, start=1))


def _modules(layer: str) -> str:
    names = re.split(r" [|:] ", layer)
    return ", ".join(code(name.removeprefix("buildium_sync.")) for name in names)
