"""Machine types in libvirt's capabilities."""

from __future__ import annotations

from exporter.snapshot.machine_type import machine_types

CAPABILITIES = """
<capabilities><host><cpu><arch>x86_64</arch></cpu></host>
 <guest><os_type>hvm</os_type><arch name='x86_64'><emulator>/usr/bin/qemu-system-x86_64</emulator>
  <machine maxCpus='255' deprecated='yes'>pc-i440fx-1.7</machine>
  <machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine><machine maxCpus='288'>pc-q35-7.2</machine>
  <domain type='qemu'/><domain type='kvm'><machine maxCpus='1'>microvm</machine></domain></arch></guest>
 <guest><arch name='aarch64'><machine>virt-7.2</machine></arch></guest></capabilities>"""


def test_each_type_of_each_architecture_is_deprecated_or_not() -> None:
    assert machine_types(CAPABILITIES) == {
        ("x86_64", "pc-i440fx-1.7"): True,
        ("x86_64", "q35"): False,
        ("x86_64", "pc-q35-7.2"): False,
        ("x86_64", "microvm"): False,
        ("aarch64", "virt-7.2"): False,
    }
