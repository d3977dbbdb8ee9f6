"""Benchmarks of the exporter on real guests, compared with virsh and with Debian's exporter."""
