"""An example host: a snapshot in which every value is different, so that swapped fields show, and its page.

The values are those of the collectors' tests. `tests/exporter/collectors/test_NAME.py` may have, in
addition to its tests:

    STATISTICS  raw bulk statistics of the domain `web`
    XML         elements of its XML, and DEVICES those within <devices>
    AGENT       arguments of its Agent
    DOMAIN      other arguments of its Domain
    READINGS    values of readings
    SNAPSHOT    other arguments of the Snapshot
    VIRSH       what virsh says about the metrics, or why it does not; see virsh_table
    KERNEL      what the kernel says about the metrics; see kernel

`python tests/support/example_host.py` prints the page; `make generate` writes it to
tests/exporter/metrics.txt.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exporter.collectors.registry import COLLECTORS
from exporter.scrape import Scrape
from exporter.snapshot.description import Description
from exporter.snapshot.domain import Domain, of_statistics
from exporter.snapshot.guest import Agent
from exporter.snapshot.snapshot import Snapshot
from exporter.web.exposition import exposition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from exporter.collectors.row import Collector

TESTS = Path(__file__).parent.parent / "exporter"
RUN_TIME = ("libvirt_scrape_duration_seconds ", "libvirt_scrape_collector_duration_seconds{")


@cache
def collectors_tests() -> tuple[ModuleType, ...]:
    """The tests of collectors, as modules."""
    return tuple(module_of(path) for path in sorted((TESTS / "collectors").glob("test_*.py")))


@cache
def module_of(path: Path) -> ModuleType:
    """A file of tests, as a module."""
    spec = util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    return module


def _all(name: str) -> list[Any]:
    return [getattr(module, name) for module in collectors_tests() if hasattr(module, name)]


def _merged(name: str) -> dict[Any, Any]:
    """The dictionaries of this name as one; two values for one key are a mistake."""
    merged: dict[Any, Any] = {}
    for part in _all(name):
        assert not merged.keys() & part.keys(), f"two tests have {merged.keys() & part.keys()} in {name}"
        merged |= part
    return merged


@cache
def example_host() -> Snapshot:
    """A host with one domain that has everything, and one that is off."""
    xml = f"<domain type='kvm'>{''.join(_all('XML'))}<devices>{''.join(_all('DEVICES'))}</devices></domain>"
    web = Domain(
        "uuid-web",
        "web",
        active=True,
        description=Description.from_xml(xml),
        agent=Agent(**_merged("AGENT")),
        **of_statistics(_merged("STATISTICS")),
        **_merged("DOMAIN"),
    )
    idle = Domain("uuid-idle", "idle", active=False, fresh=False, state=5, reason=2, persistent=True)
    return Snapshot(domains=(web, idle), readings=_merged("READINGS"), **_merged("SNAPSHOT"))


def with_statistics(snapshot: Snapshot, raw: Mapping[str, Any]) -> Snapshot:
    """The snapshot with its first domain only, which has these raw bulk statistics."""
    return replace(snapshot, domains=(replace(snapshot.domains[0], **of_statistics(raw)),))


class Fixed:
    """A source that has one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def collect(self, until: float) -> Snapshot:  # noqa: ARG002 (a source's signature)
        return self.snapshot


def page(snapshot: Snapshot, collectors: Sequence[Collector] = COLLECTORS) -> str:
    """The page of a snapshot in text format, without the times it took to make it."""
    families = Scrape(Fixed(snapshot), collectors).page(1.0)
    lines = exposition(families, "").body.decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(RUN_TIME))


if __name__ == "__main__":
    sys.stdout.write(page(example_host()))
