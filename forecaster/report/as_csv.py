"""The VMs of a report as CSV (RFC 4180), for spreadsheets: a row a VM; heads have the units."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from forecaster.series.spreadsheet import harmless

if TYPE_CHECKING:
    from forecaster.report.document import Document


def as_csv(document: Document) -> str:
    """The table; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([each.title for each in document.usage_columns])
    for of in document.usages:
        writer.writerow([_cell(each.read(of)) for each in document.usage_columns])
    return text.getvalue()


def _cell(value: str | float | None) -> str | float:
    """A number with the digits that are known of it."""
    if isinstance(value, str):
        return harmless(value)
    if value is None or not math.isfinite(value):
        return ""
    return float(f"{value:.6g}")
