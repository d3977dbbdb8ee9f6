"""Filters: whether a configuration of Prometheus names a file, or has a job."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable


def prometheus_loads(text: str, config: str, key: str, path: str) -> bool:
    """Whether the list `key` (rule_files, scrape_config_files) of `config`, with that text, names `path`.

    Patterns are those of Go's filepath.Glob, none of which goes beyond a slash; relative ones begin in
    the folder of `config`.
    """
    patterns = (yaml.safe_load(text) or {}).get(key) or []
    whole = (posixpath.normpath(posixpath.join(posixpath.dirname(config), each)) for each in patterns)
    return any(_matches(each.split("/"), posixpath.normpath(path).split("/")) for each in whole)


def prometheus_scrapes(text: str, job: str) -> bool:
    """Whether the `scrape_configs` of that text have the job."""
    return any(
        each.get("job_name") == job for each in (yaml.safe_load(text) or {}).get("scrape_configs") or []
    )


def _matches(patterns: list[str], names: list[str]) -> bool:
    return len(patterns) == len(names) and all(map(fnmatchcase, names, patterns))


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., bool]]:
        return {"prometheus_loads": prometheus_loads, "prometheus_scrapes": prometheus_scrapes}
