"""A page of metrics that is written once for all who read it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from exporter.web.exposition import Format, negotiated, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prometheus_client.core import Metric as Family

    from exporter.web.message import Response


class SharedPage:
    """The latest families as bytes, once for each format. Readers of the same families get the same bytes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._families: Sequence[Family] = ()
        self._written: dict[Format, Response] = {}

    def of(self, families: Sequence[Family], accept: str) -> Response:
        """The page in the format that the Accept header prefers; families are the same if the object is."""
        form = negotiated(accept)
        with self._lock:
            if self._families is not families:
                self._families, self._written = families, {}
            if form not in self._written:
                self._written[form] = page(families, form)
            return self._written[form]
