"""The provisioning files: what Grafana reads at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PROVISIONING = Path(__file__).resolve().parents[2] / "grafana" / "provisioning"


def provisioned(kind: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((PROVISIONING / kind / "virtcast.yml").read_text())
    assert read["apiVersion"] == 1
    return read


def test_the_data_source_is_prometheus() -> None:
    (source,) = provisioned("datasources")["datasources"]
    assert source["type"] == "prometheus"
    assert source["url"] == "http://localhost:9090"
    assert source["jsonData"]["timeInterval"] == scrape_interval()


def test_the_dashboards_come_from_a_folder() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"] == "/etc/grafana/dashboards"


def scrape_interval() -> str:
    """What the pages must know of Prometheus' configuration."""
    configuration = PROVISIONING.parents[1] / "deploy/config/prometheus/prometheus.yml"
    read: dict[str, Any] = yaml.safe_load(configuration.read_text())
    interval: str = read["global"]["scrape_interval"]
    return interval
