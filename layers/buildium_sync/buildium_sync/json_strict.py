"""Decodes JSON without Python's extensions of it."""

import json
from collections.abc import Callable
from typing import Any


def strict_decoder(
    *, parse_float: Callable[[str], Any], parse_int: Callable[[str], Any] | None = None
) -> json.JSONDecoder:
    """Return a decoder that raises ValueError for NaN and Infinity. The options are those of JSONDecoder.

    A module makes it once, since `json.loads` makes a decoder for each call that has options.
    """
    return json.JSONDecoder(parse_constant=_reject_constant, parse_float=parse_float, parse_int=parse_int)


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
