"""Host devices of domains."""

from __future__ import annotations

DEVICES = """
<hostdev mode='subsystem' type='pci' managed='yes'><alias name='hostdev0'/>
 <source><address domain='0x0000' bus='0x06' slot='0x12' function='0x5'/></source></hostdev>
<hostdev mode='subsystem' type='mdev' model='vfio-pci'><alias name='hostdev1'/>
 <source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"""
VIRSH = """
nobody: the domain's or a snapshot's XML has it: test_exporter_domains.py
    libvirt_domain_hostdev_info libvirt_domain_hostdevs
"""
