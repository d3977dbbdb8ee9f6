"""The demo's configuration is what the real programs accept."""

from __future__ import annotations

import os
import stat
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

from demo.stack import Addresses, configure, services

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HOSTS = [
    SimpleNamespace(name=name, uri=f"qemu+unix:///system?socket=/x/{name}") for name in ("host-a", "host-b")
]


def test_prometheus_and_the_forecaster_accept_it(tmp_path: Path) -> None:
    addresses = Addresses.choose(HOSTS)  # type: ignore[arg-type]
    configure(tmp_path, addresses, HOSTS)  # type: ignore[arg-type]
    subprocess.run(
        ["promtool", "check", "config", tmp_path / "prometheus.yml"], check=True, capture_output=True
    )
    subprocess.run(["amtool", "check-config", tmp_path / "alertmanager.yml"], check=True, capture_output=True)
    assert (
        f"{addresses.url['forecaster']}/runbooks/Watchdog.md" in (tmp_path / "alerts.rules.yml").read_text()
    )
    assert f"{addresses.url['receiver']}/watchdog" in (tmp_path / "alertmanager.yml").read_text()
    rows = {service.name: service for service in services(tmp_path, addresses, HOSTS)}  # type: ignore[arg-type]
    forecaster = rows["forecaster"].argv
    checked = subprocess.run(
        [forecaster[0], "check-config", forecaster[1]], check=True, capture_output=True, text=True
    )
    assert "vm_filesystem" in checked.stdout
    assert len({service.url for service in rows.values()}) == len(rows), "every program has a port of its own"


def test_grafana_is_used_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "bin/grafana"
    binary.parent.mkdir()
    binary.write_text("#!/bin/sh\n")
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{binary.parent}{os.pathsep}{os.environ['PATH']}")
    addresses = Addresses.choose(HOSTS)  # type: ignore[arg-type]
    configure(tmp_path, addresses, HOSTS)  # type: ignore[arg-type]
    rows = {service.name: service for service in services(tmp_path, addresses, HOSTS)}  # type: ignore[arg-type]
    assert rows["grafana"].argv[:2] == (str(binary), "server")
    assert addresses.url["prometheus"] in (tmp_path / "provisioning/datasources/virtcast.yml").read_text()
    assert f"{tmp_path}/dashboards" in (tmp_path / "provisioning/dashboards/virtcast.yml").read_text()
    assert "now+5m" in (tmp_path / "dashboards/virtcast-vm.json").read_text()
