"""forecaster/virtcast.yml: every key with its default, from `python -m forecaster.config.example`."""

from __future__ import annotations

import json
import math
import sys

from jinja2 import Environment, PackageLoader, StrictUndefined

from forecaster.config.resource import Resource
from forecaster.config.resources import RESOURCES

# Resources that are not built in, as comments: name, query, min_deviation.
FURTHER = (
    ("vm_disk_latency", "vm:disk_latency:seconds", "0.01"),
    ("vm_cpu_steal", "vm:cpu_steal:ratio", "0.05"),
)


def example() -> str:
    """The example configuration, as YAML; the table of resources fills it in."""
    environment = Environment(  # noqa: S701 (YAML, not HTML)
        loader=PackageLoader("forecaster", "config"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = lambda value: json.dumps(value, ensure_ascii=False)
    template = environment.get_template("virtcast.yml.j2")
    known = {resource.name for resource in RESOURCES}
    further = [row for row in FURTHER if row[0] not in known]
    usual = Resource("any", "any")
    return template.render(resources=RESOURCES, usual=usual, limit=_limit, further=further)


def _limit(limit: float) -> str:
    return "none" if math.isinf(limit) else f"{limit:g}"


if __name__ == "__main__":
    sys.stdout.write(example())
