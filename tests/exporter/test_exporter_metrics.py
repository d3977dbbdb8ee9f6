"""Metrics about the exporter itself."""

from __future__ import annotations

from exporter import exporter_metrics
from exporter.exporter_metrics import METRICS
from exporter.web.message import Request

VIRSH = """
nobody: it is the exporter's own
    libvirt_exporter_build_info libvirt_exporter_targets libvirt_exporter_targets_open
    libvirt_exporter_probes_total libvirt_exporter_config_last_reload_successful
    libvirt_exporter_config_last_reload_success_timestamp_seconds
    libvirt_exporter_certificate_expiry_timestamp_seconds
"""


class Probed:
    """Two targets, one of them open."""

    open_targets = 1

    def counts(self) -> dict[str, int]:
        return {"one": 3, "two": 0}


class Reloaded:
    """A configuration that could not be read again."""

    successful = False
    at = 1234.5


def page(expires: float | None) -> str:
    made = exporter_metrics.page(Probed(), "1.2", lambda: exporter_metrics.of_itself(Reloaded(), expires))
    return made(Request("/metrics")).body.decode()


def test_targets_and_probes_are_counted() -> None:
    text = page(2e9)
    assert 'libvirt_exporter_build_info{version="1.2"} 1.0\n' in text
    assert "libvirt_exporter_targets 2.0\n" in text
    assert "libvirt_exporter_targets_open 1.0\n" in text
    assert 'libvirt_exporter_probes_total{target="one"} 3.0\n' in text
    assert "libvirt_exporter_config_last_reload_successful 0.0\n" in text
    assert "libvirt_exporter_config_last_reload_success_timestamp_seconds 1234.5\n" in text
    assert "libvirt_exporter_certificate_expiry_timestamp_seconds 2000000000.0\n" in text
    assert {row.name for row in METRICS} <= {line.split()[2] for line in text.splitlines() if line[0] == "#"}


def test_a_server_without_tls_has_no_certificate_that_expires() -> None:
    assert "certificate" not in page(None)
