"""A new configuration while running: what has been learned stays wherever it is still good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.serve.basis import basis
from forecaster.serve.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forecaster.config.model import Config
    from forecaster.config.resource import Resource
    from forecaster.promql.client import Client


def reloaded(watches: Iterable[Watch], config: Config, client: Client) -> list[Watch]:
    """A watch for every resource of the new configuration: the one there is, with its new bounds, where it
    reads and learns the same; else a fresh one, which starts from history.
    """
    known = {watch.resource.name: watch for watch in watches}
    found = []
    for resource in config.resources:
        watch = known.get(resource.name)
        if watch is None or not _learns_the_same(watch, resource, config):
            watch = Watch(resource, config, client)
        else:
            watch.judge_by(resource, config, client)
        found.append(watch)
    return found


def _learns_the_same(watch: Watch, resource: Resource, config: Config) -> bool:
    return basis(watch.resource, watch.config) == basis(resource, config)
