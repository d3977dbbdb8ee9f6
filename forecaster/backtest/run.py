"""The backtest of several resources against one backend."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from forecaster.backtest.dataset import Span, read, sample_rows
from forecaster.backtest.reference_comparison import reference
from forecaster.backtest.report import Report, judge
from forecaster.promql.client import Client
from forecaster.promql.results import DOWN, PromqlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.config.model import Config
    from forecaster.config.resource import Resource

REPORT_SECONDS = 10.0
MINIMUM_STEPS = 48  # judged on less, a figure says nothing


def chosen(config: Config, names: Sequence[str] | None) -> list[Resource]:
    """The resources of these names, all when none is named; ValueError for an unknown one."""
    known = {each.name: each for each in config.resources}
    for name in names or ():
        if name not in known:
            raise ValueError(f"there is no resource {name!r}: choose among {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names or known)]


def backtest(
    config: Config, resources: Sequence[Resource], span: Span, progress: TextIO, reference_series: int = 0
) -> tuple[list[Report], dict[str, str]]:
    """The reports, and why a resource has none; the reference models are asked about `reference_series` of
    each resource. ValueError, one line, when the backend cannot be asked or nothing can be judged.
    """
    client = Client(config.backend)
    reports: list[Report] = []
    skipped: dict[str, str] = {}
    try:
        for resource in resources:
            try:
                report = _one(client, config, resource, span, progress)
            except PromqlError as error:
                if error.result in DOWN:
                    raise ValueError(str(error)) from None
                skipped[resource.name] = str(error)
                continue
            if isinstance(report, str):
                skipped[resource.name] = report
            else:
                reports.append(_with_reference(report, reference_series, progress))
    finally:
        client.close()
    if not reports:
        once = set(skipped.values()) if len(set(skipped.values())) == 1 < len(skipped) else None
        reasons = "; ".join(once or (f"{name}: {reason}" for name, reason in skipped.items()))
        raise ValueError(f"nothing to judge at {config.backend.url}: {reasons}")
    return reports, skipped


def _one(client: Client, config: Config, resource: Resource, span: Span, out: TextIO) -> Report | str:
    """A resource's report, or why there is none."""
    dataset = read(client, resource, config, span, _progress(out, f"{resource.name}: reading"))
    series, steps = dataset.values.shape
    if not series:
        return f"no series for {resource.query}"
    if steps < MINIMUM_STEPS:
        return f"only {steps} steps of history, {MINIMUM_STEPS} are needed"
    return judge(resource, dataset, config, _progress(out, f"{resource.name}: judging {series} series"))


def _with_reference(report: Report, at_most: int, out: TextIO) -> Report:
    """The report with the reference models asked about some of its series."""
    if not at_most:
        return report
    rows = sample_rows(report.dataset.labels, at_most)
    told = _progress(out, f"{report.resource.name}: reference models on {len(rows)} series")
    return replace(report, reference=reference(report.question, report.ours, report.cuts, rows, told))


def _progress(out: TextIO, what: str) -> Callable[[float], None]:
    """Tells the share done now and then, and the time left once that can be guessed."""
    began = said = time.monotonic()

    def tell(share: float) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < REPORT_SECONDS or share >= 1:
            return
        said = now
        left = math.ceil((now - began) * (1 - share) / share) if share > 0 else None
        out.write(f"{what}: {share:.0%}{f', about {left} s left' if left is not None else ''}\n")
        out.flush()

    return tell
