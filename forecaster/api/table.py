"""Rows as CSV (RFC 4180), for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from exporter.web.server import Response
from forecaster.series.spreadsheet import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]


def table(rows: Sequence[Row]) -> Response:
    """The rows with a head; what is not known is empty.

    Objects within a row become columns with a dot: `labels.domain`. Lists are left out.
    """
    flat = [dict(_cells("", row)) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(flat)
    body = text.getvalue().encode(errors="replace")
    return Response(body, "text/csv; charset=utf-8")


def _cells(prefix: str, row: Row) -> Iterable[tuple[str, object]]:
    for name, value in row.items():
        yield from _cell(f"{prefix}{name}", value)


def _cell(name: str, value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from _cells(f"{name}.", value)
    elif isinstance(value, bool):
        yield harmless(name), str(value).lower()
    elif isinstance(value, str):
        yield harmless(name), harmless(value)
    elif not isinstance(value, list):
        yield harmless(name), value
