"""forecaster/METRICS.md: the forecaster's metrics as a document, from `python -m forecaster.reference`."""

from __future__ import annotations

import sys

from exporter import metric
from forecaster.publish.advice import METRICS as ADVICE_METRICS
from forecaster.publish.issues import ISSUE
from forecaster.publish.metrics import CERTIFICATE, FAST_METRICS, HEALTH_METRICS, SERIES_METRICS

INTRODUCTION = """# Metrics of virtcast-forecaster

Generated from the table in `forecaster/publish/metrics.py`; do not edit.
"""
SERIES = """
## Of each series

Each metric has the label `resource`, the name of the resource in the configuration, and all labels of the
source series, so that forecasts join with actual values. The scrape job needs `honor_labels: true`. If the
source series has a label that has another meaning here (`resource`, `bound`, `horizon`, `quantile`,
`reason`, `state`), that label is renamed to `exported_…`. Label names outside the classic alphabet, such as
`k8s.pod.name`, are written as they are for scrapers that ask for `escaping=allow-utf-8` (Prometheus 3), and
escaped for others (`k8s_pod_name`). A series that would then have the labels of another one is left out and
counted. Series that are ready have forecasts; so have those that are learning while their history is read.
A value that is not known has no sample. All values are as of the last step; values older than a few steps are
not served.

"""
ADVICE = """
## Advice

From the tables of the advisers in `forecaster/advice/`. Before the labels listed here each metric has those
of what it is about, such as `domain` and `instance`. What is not known has no sample.

"""
HEALTH = """
## Its own health

Beside these there are the `process_*` metrics of Prometheus' client libraries: memory, processor time, open
files, start time. `virtcast_cycle_*` and `process_*` are of the last cycle.

"""
FAST = """
## The fast lane

On a page of its own, `/metrics/fast`, for resources with `fast`.

"""


def reference() -> str:
    """The document."""
    tables = (
        (INTRODUCTION + SERIES, SERIES_METRICS),
        (ADVICE, (ISSUE, *ADVICE_METRICS)),
        (HEALTH, (*HEALTH_METRICS, CERTIFICATE)),
        (FAST, FAST_METRICS),
    )
    return "".join(part for title, rows in tables for part in (title, *metric.reference(rows)))


if __name__ == "__main__":
    sys.stdout.write(reference())
