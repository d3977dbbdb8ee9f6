"""Samples of issues: how sure each is."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from exporter.metric import Kind, Metric, Sample
from forecaster.advice.issues import issues_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh

ISSUE = Metric(
    "virtcast_issue_confidence_ratio",
    Kind.GAUGE,
    "How sure an issue is: 1 of a limit that is reached, the probability of one that will be. `id` is that of"
    " /api/v1/issues, which has the reason and what to do."
    " Of several shards each tells its own, with its name as `shard`.",
    labels=("id", "kind", "severity"),
    unit="ratio",
)
OWN = frozenset({*ISSUE.labels, "replica", "shard"})
PLAIN = re.compile(r"[a-zA-Z_]\w*", re.ASCII)  # a label name that every scraper takes


def issue_samples(fresh: Fresh) -> Iterator[Sample]:
    """A sample for each; its id tells those apart whose labels are not told. Nothing while nothing is read.

    The series of a VM may be those of several shards: each tells what it sees of the VM, by its name.
    """
    if not fresh.rows:
        return
    shard = {} if fresh.view.shard == "1/1" else {"shard": fresh.view.shard}
    for issue in issues_of(fresh):
        if not math.isnan(issue.confidence):
            told, own = _told(issue.labels) | shard, (issue.id, issue.kind, issue.severity)
            yield Sample(_labelled(tuple(told)), (*told.values(), *own), issue.confidence)


def _told(labels: Labels) -> dict[str, str]:
    """The labels that every scraper takes; those that have another meaning here are renamed."""
    plain = ((name, value) for name, value in labels if PLAIN.fullmatch(name))
    return {f"exported_{name}" if name in OWN else name: value for name, value in plain}


@lru_cache(maxsize=256)
def _labelled(names: tuple[str, ...]) -> Metric:
    """The metric with the labels of an issue before its own."""
    return replace(ISSUE, labels=(*names, *ISSUE.labels))
