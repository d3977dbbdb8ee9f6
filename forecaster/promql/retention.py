"""How much history a backend keeps: Prometheus says it, most others do not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import requests

from forecaster.config.durations import seconds

if TYPE_CHECKING:
    from forecaster.promql.transport import Answer


def kept(answer: Answer) -> int | None:
    """Seconds, from the answer of /api/v1/status/runtimeinfo; None when it is of another kind.

    Prometheus writes "15d", "10GiB" or "15d or 10GiB".
    """
    if answer.response.status_code != requests.codes.ok:
        return None
    try:
        told = json.loads(answer.body)["data"]["storageRetention"]
        return seconds(re.split(r"\s+or\s+", told)[0])
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
