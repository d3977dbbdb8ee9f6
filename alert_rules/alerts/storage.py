"""Storage pools, LVM thin pools and virtual networks of hosts."""

from __future__ import annotations

from alert_rules.alert import FLEET_HOST, HOST_PAGE, POOL_PAGE, Alert, Area
from alert_rules.annotations import RATIO
from alert_rules.layer import POOL
from alert_rules.promql import largest, stated
from alert_rules.values import Section, Value

THIN = Section(
    "thin_pool",
    "LVM thin pools",
    (
        Value("data", 0.9, "The data of a thin pool are full from this use on."),
        Value(
            "metadata", 0.8, "Its metadata are full from this use on: a pool whose metadata are full fails."
        ),
        Value("filling", 0.7, "From this use on it matters that more is promised than there is."),
        Value("thin_for", "2m", "A pool is full or unhealthy this long before it is reported."),
        Value("promised_for", "1h", "More is promised this long before it is reported."),
    ),
)
OTHER = Section(
    "pools_and_networks",
    "Storage pools and virtual networks",
    (
        Value("inactive_for", "10m", "A pool or network is inactive this long before it is reported."),
        Value(
            "addresses",
            253,
            "Addresses of a DHCP range, where libvirt does not know it; its default network has 253.",
        ),
        Value("leased", 0.9, "A range is nearly used up from this share on."),
        Value("leased_for", "15m", "It is nearly used up this long before it is reported."),
        Value("leases_window", "6h", "A line through the leases of this time says how they go on."),
        Value(
            "leases_ahead_seconds", 86_400, "A range runs out soon if the line reaches its end within this."
        ),
        Value("leases_filling", 0.7, "From this share on it matters that the leases grow."),
        Value("leases_soon_for", "1h", "It runs out soon this long before it is reported."),
    ),
)
THIN_POOL = ("instance", "volume_group", "thin_pool")
NAME = "{{ $labels.volume_group }}/{{ $labels.thin_pool }}"
NETWORK = ("instance", "network")
LEASES = largest("libvirt_network_dhcp_leases", NETWORK)
UNKNOWN_RANGE = f"clamp({LEASES}, $addresses, $addresses)"
THE_POOL = f"The thin pool {NAME} on {{{{ $labels.instance }}}}"

THIN_ALERTS = (
    Alert(
        name="HostThinPoolFull",
        expr=f"{largest('libvirt_host_thin_pool_used_ratio', THIN_POOL)} >= $data",
        for_="$thin_for",
        severity="critical",
        kind="actual",
        explains=("VmDiskNoSpace",),
        summary=f"The thin pool {NAME} is full: {RATIO} used",
        description=f"{THE_POOL} is {RATIO} used. At 100 % writes of all its volumes wait or fail.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostThinPoolMetadataFull",
        expr=f"{largest('libvirt_host_thin_pool_metadata_used_ratio', THIN_POOL)} >= $metadata",
        for_="$thin_for",
        severity="critical",
        kind="actual",
        summary=f"The metadata of the thin pool {NAME} are full: {RATIO} used",
        description=f"The metadata of the thin pool {NAME} on {{{{ $labels.instance }}}} are {RATIO} used. "
        "At 100 % the pool fails and needs repair, whatever room its data have.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostThinPoolUnhealthy",
        expr=largest('libvirt_host_thin_pool_info{health!=""}', (*THIN_POOL, "health")) + " == 1",
        for_="$thin_for",
        severity="critical",
        kind="actual",
        summary=f"LVM calls the thin pool {NAME} {{{{ $labels.health }}}}",
        description=f"{THE_POOL} has the health {{{{ $labels.health }}}}. Its volumes may be read-only or "
        "fail.",
        dashboard=HOST_PAGE,
    ),
    Alert(
        name="HostThinPoolOvercommitted",
        expr=f"""
            {largest("libvirt_host_thin_pool_virtual_size_bytes", THIN_POOL)}
              / ({largest("libvirt_host_thin_pool_size_bytes", THIN_POOL)} > 0)
              > 1
              and on (instance, volume_group, thin_pool) libvirt_host_thin_pool_used_ratio >= $filling
        """,
        for_="$promised_for",
        severity="info",
        kind="actual",
        summary=f'The thin pool {NAME} promises {{{{ $value | printf "%.1f" }}}} times its size and fills up',
        description=f'{THE_POOL} promises its volumes {{{{ $value | printf "%.1f" }}}} times its size '
        "and is well used already.",
        dashboard=HOST_PAGE,
    ),
)
RANGE = stated(f"{largest('libvirt_network_dhcp_addresses', NETWORK)} > 0", UNKNOWN_RANGE)
LEASED = f"{LEASES}\n  / {RANGE}"
SOON_LEASED = largest(
    "predict_linear(libvirt_network_dhcp_leases[$leases_window], $leases_ahead_seconds)", NETWORK
)
OTHER_ALERTS = (
    Alert(
        name="PoolInactive",
        expr=f"""
            {largest("libvirt_pool_autostart", POOL)} == 1
              and on (instance, pool) libvirt_pool_state{{state="running"}} == 0
        """,
        for_="$inactive_for",
        severity="warning",
        kind="actual",
        summary="The storage pool {{ $labels.pool }} of {{ $labels.instance }} is not active",
        description="The storage pool {{ $labels.pool }} of the host {{ $labels.instance }} should start "
        "with "
        "libvirt and is not active. VMs with disks in it do not start.",
        dashboard=POOL_PAGE,
    ),
    Alert(
        name="NetworkInactive",
        expr="""
            max by (instance, network) (libvirt_network_autostart) == 1
              and on (instance, network) libvirt_network_active == 0
        """,
        for_="$inactive_for",
        severity="warning",
        kind="actual",
        summary="The network {{ $labels.network }} of {{ $labels.instance }} is not active",
        description="The virtual network {{ $labels.network }} of the host {{ $labels.instance }} should "
        "start "
        "with libvirt and is not active. VMs on it do not start.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="NetworkLeasesUsedUp",
        comment="The size of a range that libvirt does not know is the value `addresses`.",
        expr=f"{LEASED}\n  >= $leased",
        for_="$leased_for",
        severity="warning",
        kind="actual",
        summary=f"The network {{{{ $labels.network }}}} has leased {RATIO} of its addresses",
        description="The virtual network {{ $labels.network }} of the host {{ $labels.instance }} has leased "
        f"{RATIO} of the addresses in its DHCP range. Soon new VMs get none.",
        dashboard=FLEET_HOST,
    ),
    Alert(
        name="NetworkLeasesRunOutSoon",
        comment="Steps back when the range is nearly used up: NetworkLeasesUsedUp says so.",
        expr=f"""\
{LEASED}
  >= $leases_filling
  < $leased
  and on (instance, network)
{SOON_LEASED}
  >= {RANGE}""",
        for_="$leases_soon_for",
        severity="warning",
        kind="actual",
        summary="The network {{ $labels.network }} of {{ $labels.instance }} will run out of addresses",
        description="The virtual network {{ $labels.network }} of the host {{ $labels.instance }} has leased "
        f"{RATIO} of the addresses in its DHCP range. If leases go on growing as in the last $leases_window, "
        "there will be none within a day.",
        dashboard=FLEET_HOST,
    ),
)

AREAS = (Area(THIN, THIN_ALERTS), Area(OTHER, OTHER_ALERTS))
