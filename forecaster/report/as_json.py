"""A report as JSON: the facts, the VMs, and all that the advisers said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.report.document import Document


def as_json(document: Document, more: Mapping[str, object]) -> str:
    """The text; `more` are other parts by their names."""
    told = {
        "owner": document.owner,
        "since": document.since,
        "until": document.until,
        "source": document.source,
        "facts": dict(document.facts),
        **document.items,
        **more,
        "vms": [
            {column.title: column.read(of) for column in document.usage_columns} for of in document.usages
        ],
    }
    return json.dumps(_plain(told), indent=1, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    """What JSON can say; what is not known is null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
