"""Host devices by type."""

from __future__ import annotations

from exporter.snapshot.description import Description
from exporter.snapshot.hostdev import Hostdev


def test_host_devices_by_type() -> None:
    described = Description.from_xml(
        "<domain><devices>"
        "<hostdev type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>"
        "<hostdev type='usb'><source><address bus='1' device='4'/></source></hostdev>"
        "<hostdev type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='2' unit='7'/>"
        "</source></hostdev>"
        "<hostdev type='scsi_host'><source wwpn='naa.5123'/></hostdev>"
        "<hostdev type='pci'/>"
        "<interface type='hostdev' managed='yes'><source>"
        "<address type='pci' domain='0x0' bus='0x7' slot='0x10' function='0x1'/></source></interface>"
        "</devices></domain>"
    )
    assert described is not None
    assert described.hostdevs == (
        Hostdev("hostdev0", "usb", source="1234:beef"),
        Hostdev("hostdev1", "usb", source="1:4"),
        Hostdev("hostdev2", "scsi", source="scsi_host0:0:2:7"),
        Hostdev("hostdev3", "scsi_host", source="naa.5123"),
        Hostdev("hostdev4", "pci"),
        Hostdev("hostdev5", "pci", source="0000:07:10.1", managed="yes"),
    )
