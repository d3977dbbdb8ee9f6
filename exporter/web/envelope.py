"""The success object of the API, as Prometheus' HTTP API has it; the error object is `refusal`'s."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from exporter.web.message import Response

if TYPE_CHECKING:
    from collections.abc import Sequence


def success(data: Any, warnings: Sequence[str] = ()) -> Response:
    """{"status": "success", "data": data}, and "warnings" where there are any.

    A warning tells that the answer is less than was asked for. Raises ValueError for NaN and infinity, which
    JSON has not: a handler says null, or leaves the key out.
    """
    told = {"warnings": list(warnings)} if warnings else {}
    answer = {"status": "success", "data": data} | told
    text = json.dumps(answer, separators=(",", ":"), allow_nan=False)
    return Response(text.encode(), "application/json")
