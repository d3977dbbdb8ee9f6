"""forecaster/METRICS.md: the forecaster's metrics as a document, from `python -m forecaster.reference`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from forecaster.publish.metrics import HEALTH_METRICS, SERIES_METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from exporter.metric import Metric

INTRODUCTION = """# Metrics of virtcast-forecaster

Made from the table in `forecaster/publish/metrics.py`; do not edit.
"""
SERIES = """
## Of each series

Each carries `resource`, the name of the resource in the configuration, and all labels of the series it speaks
of, so that forecasts and actual values join: the scrape job needs `honor_labels: true`. A label of the
series that has a meaning of its own here (`resource`, `bound`, `horizon`, `quantile`, `state`) is called
`exported_…`. Only series that are ready have forecasts; what is not known has no sample. All are as of the
last step: gauges that are older than a few steps are not served.

"""
HEALTH = "\n## Its own health\n\n"


def reference() -> str:
    """The document."""
    return "".join((INTRODUCTION, SERIES, *_table(SERIES_METRICS), HEALTH, *_table(HEALTH_METRICS)))


def _table(metrics: Iterable[Metric]) -> Iterator[str]:
    yield "| metric | kind | labels | unit | |\n|---|---|---|---|---|\n"
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.kind} | {labels} | {metric.unit} | {metric.help} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
