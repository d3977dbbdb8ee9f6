"""Memory bandwidth."""

from __future__ import annotations

from exporter.snapshot.memory_bandwidth import MemoryBandwidth


def test_memory_bandwidth_is_by_monitor_and_node() -> None:
    prefix = "memory.bandwidth.monitor.0"
    raw = {
        "memory.bandwidth.monitor.count": 1, f"{prefix}.name": "m", f"{prefix}.vcpus": "1",
        f"{prefix}.node.count": 1, f"{prefix}.node.0.id": 4, f"{prefix}.node.0.bytes.total": 9,
    }  # fmt: skip
    assert MemoryBandwidth.read(raw) == (MemoryBandwidth("m", "1", "4", total=9),)
