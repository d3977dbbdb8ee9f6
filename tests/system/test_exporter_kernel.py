"""The machine's and the processes' figures lie between what the kernel says before and after; see kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from example_host import collectors_tests
from exporter.collectors import host, host_network, host_storage, process
from exporting import exporting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporting import Exporter, Page
    from kernel import Kernel, Values
    from lab import Lab, RunningGuest

    Look = tuple[Values, Page, Values]

pytestmark = pytest.mark.lab

AGE = 2.5  # seconds: the machine is read beside the scrape
PATIENCE = 60.0  # seconds
TESTS = [module for module in collectors_tests() if hasattr(module, "KERNEL")]
KERNEL: list[Kernel] = [one for module in TESTS for one in module.KERNEL]


@pytest.fixture(scope="module")
def exporter(lab: Lab, fleet: dict[str, RunningGuest]) -> Iterator[Exporter]:
    assert fleet
    with exporting(f"--libvirt.uri={lab.hosts[0].uri}", "--collector.process") as running:
        running.until(lambda page: page.value("libvirt_up") == 1, "libvirt is up")
        yield running


def looks(exporter: Exporter, guest: RunningGuest, kernels: list[Kernel]) -> list[Look]:
    """What the kernel says before and after a page, for each."""
    before = [kernel.says(guest) for kernel in kernels]
    time.sleep(AGE)
    page = exporter.scrape()
    return [(said, page, kernel.says(guest)) for said, kernel in zip(before, kernels, strict=True)]


@pytest.fixture(scope="module")
def first_looks(exporter: Exporter, fleet: dict[str, RunningGuest]) -> dict[Kernel, Look]:
    """For all of them, at the same page."""
    return dict(zip(KERNEL, looks(exporter, fleet["filling"], KERNEL), strict=True))


def wrong(page: Page, guest: RunningGuest, before: Values, after: Values, slack: float) -> dict[str, str]:
    """What is not between the two looks, where both saw it."""
    found = {}
    for (metric, word), low in before.items():
        labels = {"domain": guest.name} if metric.startswith("libvirt_domain_") else {}
        shown = {
            value
            for (name, has), value in page.values.items()
            if name == metric and labels.items() <= has and (not word or word in dict(has).values())
        }
        bounds = sorted((low, after[metric, word]))
        if len(shown) != 1 or not bounds[0] / slack <= min(shown) <= bounds[1] * slack:
            found[f"{metric} {word}"] = f"{shown}, and the kernel {bounds}"
    return found


@pytest.mark.parametrize("kernel", KERNEL, ids=lambda kernel: kernel.says.__name__)
def test_figures_are_the_kernels(
    exporter: Exporter, fleet: dict[str, RunningGuest], first_looks: dict[Kernel, Look], kernel: Kernel
) -> None:
    guest, limit = fleet["filling"], time.monotonic() + PATIENCE
    before, page, after = first_looks[kernel]
    while (found := wrong(page, guest, before, after, kernel.slack)) and time.monotonic() < limit:
        ((before, page, after),) = looks(exporter, guest, [kernel])
    assert found == {}


def test_every_metric_is_compared(fleet: dict[str, RunningGuest]) -> None:
    compared = {metric for kernel in KERNEL for metric, _ in kernel.says(fleet["filling"])}
    rows = {row.name for table in (host, host_storage, host_network, process) for row in table.METRICS}
    assert rows - compared == {"libvirt_host_filesystem_info"}
