"""Sizes of checkpoints."""

from __future__ import annotations

from exporter.snapshot.state_capture import checkpoint_size


def test_a_checkpoint_without_sizes_has_none() -> None:
    assert checkpoint_size("<disk name='vda' size='3'/><disk name='vdb' size='4'/>") == 7
    assert checkpoint_size("<disk name='vda' checkpoint='bitmap'/>") is None
