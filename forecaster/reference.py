"""forecaster/METRICS.md: the forecaster's metrics as a document, from `python -m forecaster.reference`."""

from __future__ import annotations

import sys

from exporter import metric
from forecaster.publish.gauges import HEALTH_METRICS, SERIES_METRICS

INTRODUCTION = """# Metrics of virtcast-forecaster

Made from the table in `forecaster/publish/gauges.py`; do not edit.
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
    tables = ((INTRODUCTION + SERIES, SERIES_METRICS), (HEALTH, HEALTH_METRICS))
    return "".join(part for title, rows in tables for part in (title, *metric.reference(rows)))


if __name__ == "__main__":
    sys.stdout.write(reference())
