"""Checks the paths of Buildium's pages as the functions do at their start."""

import importlib
import sys

from tools.local_cloud.paths import ROOT

_LAYER = str(ROOT / "layers/buildium_sync")


def page_paths_error(text: str) -> str | None:
    """Return what is wrong with a value of BUILDIUM_PAGE_PATHS, with the entry; None if it is valid."""
    if not text:
        return None
    # Most tools run without the layer. It is imported only for the value of a user.
    if _LAYER not in sys.path:
        sys.path.append(_LAYER)
    pages = importlib.import_module("buildium_sync.domain.buildium_pages")
    types = importlib.import_module("buildium_sync.entity_types.registry").all_types()
    try:
        pages.buildium_pages(text, types)
    except ValueError as error:
        return str(error)
    return None
