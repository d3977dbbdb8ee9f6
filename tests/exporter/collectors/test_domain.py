"""State and identity of domains."""

from __future__ import annotations

DOMAIN = {"state": 1, "reason": 5, "autostart": True, "persistent": False}
XML = """<name>web</name><title>Web &quot;one&quot;</title>
<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"""
STATISTICS = {
    "state.state": 1,
    "state.reason": 5,
}
VIRSH = """
[suspended] domstats {domain} --raw
1        state.reason                 libvirt_domain_state_reason

[suspended] dominfo {domain}
=uuid    UUID                         libvirt_domain_info
=os_type OS Type                      libvirt_domain_info
yes      Persistent                   libvirt_domain_persistent
yes      Autostart                    libvirt_domain_autostart

nobody: states as words; libvirt's numbers for them are above
    libvirt_domain_state libvirt_domains
"""
