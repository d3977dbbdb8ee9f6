"""The success object of the API, in the form of Prometheus' HTTP API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from exporter.web.message import Response

if TYPE_CHECKING:
    from collections.abc import Sequence


def success(data: Any, warnings: Sequence[str] = ()) -> Response:
    """{"status": "success", "data": data}, and "warnings" where there are any.

    A warning says in what way the answer is incomplete. Raises ValueError for NaN and infinity, which JSON
    does not have: use None, or leave the key out.
    """
    answer = {"status": "success", "data": data}
    if warnings:
        answer["warnings"] = list(warnings)
    text = json.dumps(answer, separators=(",", ":"), allow_nan=False)
    return Response(text.encode(), "application/json")
