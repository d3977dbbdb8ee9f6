"""Subjects that are pure functions: metadata, answers of guest agents, configuration files."""

from __future__ import annotations

import json
from pathlib import Path

from exporter.config import Config
from exporter.snapshot.description import Description
from exporter.snapshot.guest import filesystems
from exporter.snapshot.guest_details import Details
from exporter.snapshot.metadata import NOVA, VIRTCAST
from exporter.web.config import WebConfig
from exporter.web.strict_yaml import ConfigError, loads
from forecaster.config.file import ConfigFile
from fuzz.subject import CANARY, Subject, simply

OWN = f"""<virtcast:domain xmlns:virtcast="{VIRTCAST}">
<virtcast:owner>team</virtcast:owner><virtcast:sensitivity>low</virtcast:sensitivity>
<virtcast:limit resource="vm_cpu">80%</virtcast:limit>
<virtcast:maintenance-window>Sun,Mon-Fri 22:00-04:00 UTC; 01:00-02:00</virtcast:maintenance-window>
</virtcast:domain>"""
DOMAIN = f"""<domain type="kvm"><name>web</name><uuid>6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b</uuid>
<metadata><nova:instance xmlns:nova="{NOVA[0]}"><nova:name>web-1</nova:name><nova:flavor name="m1"/>
<nova:owner><nova:user uuid="u">me</nova:user></nova:owner></nova:instance>{OWN}</metadata>
<os><type>hvm</type></os><devices><disk type="file" device="disk"><source file="/web.img"/>
<target dev="vda" bus="virtio"/></disk><interface type="bridge"><mac address="52:54:00:6b:3c:58"/>
<source bridge="br0"/><target dev="vnet0"/></interface></devices></domain>"""
AGENT = {
    "fs.count": 2, "fs.0.mountpoint": "/", "fs.0.fstype": "ext4", "fs.0.total-bytes": 100,
    "fs.0.used-bytes": 50, "fs.0.name": "vda1", "fs.0.disk.0.device": "/dev/vda1", "fs.1.mountpoint": "/data",
    "fs.1.fstype": "xfs", "fs.1.total-bytes": 1000, "fs.1.used-bytes": 1, "hostname": "web",
    "os.id": "debian", "timezone.name": "UTC", "timezone.offset": 0, "user.count": 1,
    "user.0.name": "root", "user.0.login-time": 1700000000000,
    "if.count": 1, "if.0.name": "eth0", "if.0.hwaddr": "52:54:00:6b:3c:58", "if.0.addr.count": 1,
    "if.0.addr.0.type": "ipv4", "if.0.addr.0.addr": "192.0.2.1", "if.0.addr.0.prefix": 24,
}  # fmt: skip
HASH = "$2y$10$" + "a" * 53
WEB = f"""tls_server_config: {{cert_file: a.crt, key_file: {CANARY}, min_version: TLS12}}
basic_auth_users:
  alice: {HASH}
http_server_config: {{headers: {{X-Frame-Options: deny}}}}
rate_limit: {{interval: 1s, burst: 5}}
"""
TARGETS = f"""targets:
  kvm1: {{uri: "qemu+ssh://me:{CANARY}@h/system?keyfile=/{CANARY}", connections: 2}}
"""
FORECASTER = f"""prometheus:
  url: http://prometheus:9090
  headers: {{X-Scope-OrgID: team-a, X-Secret: {CANARY}}}
  authorization: {{credentials_file: token}}
step: 5m
resources:
  vm_cpu: {{limit: 90%, horizons: [1h, 1d], overrides: [{{matchers: ['domain=~"w.*"'], limit: 0.8}}]}}
"""


def _describe(data: bytes) -> str:
    return str(Description.from_xml(data.decode("utf-8", "replace")))  # what is no UTF-8 stays with libvirt


def _ask(data: bytes) -> str:
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(raw, dict):
        return ""
    return f"{filesystems(raw)} {Details.read(raw)}"


def _configure(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    for kind in (WebConfig, Config, ConfigFile):
        try:
            loads(text, kind, Path("/etc/virtcast/a.yml"))
        except ConfigError as error:
            if CANARY in str(error):
                return str(error)
    return ""


SUBJECTS = (
    Subject("metadata", (DOMAIN.encode(), OWN.encode()), simply(_describe)),
    # What else an odd answer raises costs that guest alone: tests of `exporter/source` hold that.
    Subject(
        "agent answers", (json.dumps(AGENT).encode(),), simply(_ask), (TypeError, ValueError, OverflowError)
    ),
    Subject("configuration", tuple(each.encode() for each in (WEB, TARGETS, FORECASTER)), simply(_configure)),
)
