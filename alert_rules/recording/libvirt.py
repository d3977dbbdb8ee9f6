"""VMs, hosts and storage pools by virtcast's libvirt exporter."""

from __future__ import annotations

from alert_rules.layer import DEVICE, HOST, MOUNT, POOL, VM
from alert_rules.promql import also, grouped, largest, rate
from alert_rules.provider import Provider, Recorded
from forecaster.view.inventory import WHOLE_DEVICES

BLOCK = "libvirt_domain_block_stats"
INTERFACE = "libvirt_domain_interface_stats"
MEMORY = "libvirt_domain_memory_stats"
CPUS = largest("libvirt_domain_info_virtual_cpus", VM)
USABLE, UNUSED = largest(f"{MEMORY}_usable_bytes", VM), largest(f"{MEMORY}_unused_bytes", VM)
AVAILABLE = largest(f"{MEMORY}_available_bytes", VM)
BALLOON = largest(f"{MEMORY}_actual_balloon_bytes", VM)


def running(expr: str) -> str:
    """The figure only where the VM runs.

    That leaves out the paused destination of a migration, figures of a VM that left within the rate window,
    and a paused VM, whose stillness is no habit to learn.
    """
    return also(expr, 'and on (instance, domain) libvirt_domain_state{state=~"running|blocked"} == 1')


def recent(expr: str, updated: str) -> str:
    """The figure only where the guest has renewed it lately."""
    return also(expr, f"and on (instance, domain) time() - {updated} < $guest_max_age_seconds")


def share(part: str, whole: str, by: tuple[str, ...]) -> str:
    """A part of a whole that is not empty."""
    return f"{largest(part, by)}\n  / ({largest(whole, by)} > 0)"


VM_ROWS = (
    Recorded(
        output="vm:cpu_utilization:ratio",
        expr=running(f"""
            {rate("libvirt_domain_info_cpu_time_seconds_total", VM)}
              / ({CPUS} > 0)
        """),
    ),
    Recorded(
        output="vm:cpu_steal:ratio",
        expr=running(f"""
            sum by {grouped(VM)} ({rate("libvirt_domain_vcpu_delay_seconds_total", (*VM, "vcpu"))})
              / ({CPUS} > 0)
        """),
    ),
    Recorded(
        output="vm:memory_utilization:ratio",
        comment="For guests that do not report usable memory, free memory and page cache count as usable, "
        "or free memory alone where they report no page cache. What the balloon took is not the guest's, "
        "even where the guest counts it as used (Windows). Without recent balloon statistics there is no "
        "value: the host only sees what was ever touched.",
        expr=running(
            recent(
                f"""
                    clamp_min(1 - (
                        {USABLE}
                        or
                        {UNUSED} + {largest(f"{MEMORY}_disk_caches_bytes", VM)}
                        or
                        {UNUSED}
                      )
                      / (
                        (
                          {AVAILABLE} < {BALLOON}
                          or
                          {BALLOON}
                          or
                          {AVAILABLE}
                        ) > 0
                      ), 0)
                """,
                updated=f"{MEMORY}_last_update_timestamp_seconds",
            )
        ),
    ),
    Recorded(
        output="vm:filesystem_utilization:ratio",
        comment="The guest agent reports it.",
        expr=running(
            recent(
                share("libvirt_domain_filesystem_used_bytes", "libvirt_domain_filesystem_size_bytes", MOUNT),
                updated="libvirt_domain_guest_agent_last_update_timestamp_seconds",
            )
        ),
    ),
    Recorded(
        output="vm:disk_allocation:ratio",
        expr=running(share(f"{BLOCK}_allocation_bytes", f"{BLOCK}_capacity_bytes", DEVICE)),
    ),
    Recorded(
        output="vm:disk_read_bytes:rate",
        expr=running(rate(f"{BLOCK}_read_bytes_total", DEVICE)),
    ),
    Recorded(
        output="vm:disk_write_bytes:rate",
        expr=running(rate(f"{BLOCK}_write_bytes_total", DEVICE)),
    ),
    Recorded(
        output="vm:disk_iops:rate",
        expr=running(f"""
            {rate(f"{BLOCK}_read_requests_total", DEVICE)}
              + {rate(f"{BLOCK}_write_requests_total", DEVICE)}
        """),
    ),
    Recorded(
        output="vm:disk_latency:seconds",
        expr=running(f"""
            (
                {rate(f"{BLOCK}_read_time_seconds_total", DEVICE)}
                  + {rate(f"{BLOCK}_write_time_seconds_total", DEVICE)}
              )
              / (
                {rate(f"{BLOCK}_read_requests_total", DEVICE)}
                  + {rate(f"{BLOCK}_write_requests_total", DEVICE)}
                > 0
              )
        """),
    ),
    Recorded(
        output="vm:network_receive_bytes:rate",
        expr=running(rate(f"{INTERFACE}_receive_bytes_total", DEVICE)),
    ),
    Recorded(
        output="vm:network_transmit_bytes:rate",
        expr=running(rate(f"{INTERFACE}_transmit_bytes_total", DEVICE)),
    ),
    Recorded(
        output="vm:network_drops:ratio",
        expr=running(f"""
            (
                {rate(f"{INTERFACE}_receive_drops_total", DEVICE)}
                  + {rate(f"{INTERFACE}_transmit_drops_total", DEVICE)}
              )
              / (
                {rate(f"{INTERFACE}_receive_packets_total", DEVICE)}
                  + {rate(f"{INTERFACE}_transmit_packets_total", DEVICE)}
                  + {rate(f"{INTERFACE}_receive_drops_total", DEVICE)}
                  + {rate(f"{INTERFACE}_transmit_drops_total", DEVICE)}
                > 0
              )
        """),
    ),
)

SERVICE_ROWS = (
    Recorded(
        output="vm:available:ratio",
        comment="It should run if it is marked for autostart, or was stopped by a fault: a crash, an I/O "
        "error "
        "(reason 5 of paused), its watchdog (6), a panic (10), a broken post-copy migration (13). Not what a "
        "migration leaves behind: a VM of the same UUID is on at another host.",
        expr="""
            max by (instance, domain) (libvirt_domain_state{state=~"running|blocked"} == 1)
              or
            0 * max by (instance, domain) (libvirt_domain_state{state="crashed"} == 1)
              or
            0 * max by (instance, domain) (
              libvirt_domain_state{state="shutoff"} == 1
                and on (instance, domain) libvirt_domain_autostart == 1
                unless on (instance, domain) (
                  libvirt_domain_info
                    and on (uuid) (
                      libvirt_domain_info
                        and on (instance, domain) libvirt_domain_state{state=~"running|blocked|paused"} == 1
                    )
                )
            )
              or
            0 * max by (instance, domain) (
              libvirt_domain_state{state="paused"} == 1
                and on (instance, domain) (
                  libvirt_domain_state_reason == 5
                    or libvirt_domain_state_reason == 6
                    or libvirt_domain_state_reason == 10
                    or libvirt_domain_state_reason == 13
                )
            )
        """,
    ),
    Recorded(
        output="vm:disk_fast:ratio",
        expr=f"""
            {largest('vm:disk_latency:seconds{provider="libvirt"}', DEVICE)} <= bool $fast_disk_seconds
        """,
    ),
)
OWNER_ROWS = (
    Recorded(
        output="vm:owner:info",
        comment="virtcast's metadata says it, or else the project in OpenStack Nova's.",
        expr="""
            group by (instance, domain, owner) (libvirt_domain_virtcast_info{owner!=""})
              or on (instance, domain)
            group by (instance, domain, owner) (
              label_replace(
                libvirt_domain_openstack_info{project_name!=""}, "owner", "$1", "project_name", "(.*)"
              )
            )
        """,
    ),
)

IDLE = '_cpu_seconds_total{mode=~"idle|iowait"}'
MODE = (*HOST, "mode")

HOST_ROWS = (
    Recorded(
        output="host:cpu_utilization:ratio",
        comment="As the exporter sees it where it runs on the host, else as libvirt reports it.",
        expr=f"""
            (
                1 - sum by (instance) ({rate(f"libvirt_host{IDLE}", MODE)})
                  / ({largest("libvirt_host_cpus", HOST)} > 0)
                or
                1 - sum by (instance) ({rate(f"libvirt_node{IDLE}", MODE)})
                  / ({largest("libvirt_node_cpus", HOST)} > 0)
              )
        """,
    ),
    Recorded(
        output="host:memory_utilization:ratio",
        comment="libvirt does not report what is available: free memory, buffers and page cache count as "
        "available.",
        expr=f"""
            (
                1 - {largest("libvirt_host_memory_available_bytes", HOST)}
                  / ({largest("libvirt_host_memory_total_bytes", HOST)} > 0)
                or
                1 - (
                    {largest("libvirt_node_memory_free_bytes", HOST)}
                      + {largest("libvirt_node_memory_buffers_bytes", HOST)}
                      + {largest("libvirt_node_memory_cached_bytes", HOST)}
                  )
                  / ({largest("libvirt_node_memory_total_bytes", HOST)} > 0)
              )
        """,
    ),
    Recorded(
        output="host:filesystem_utilization:ratio",
        expr="""
            max by (instance, mountpoint) (
              (libvirt_host_filesystem_size_bytes - libvirt_host_filesystem_free_bytes)
                / (
                  libvirt_host_filesystem_size_bytes - libvirt_host_filesystem_free_bytes
                    + libvirt_host_filesystem_available_bytes
                  > 0
                )
            )
        """,
    ),
)

POOL_FILESYSTEM = "libvirt_pool_filesystem"
TAKEN = f"max by {grouped(POOL)} ({POOL_FILESYSTEM}_size_bytes - {POOL_FILESYSTEM}_free_bytes)"
POOL_ROWS = (
    Recorded(
        output="pool:utilization:ratio",
        comment="As df shows it where the exporter sees the file system of the pool's folder, else as of "
        "libvirt's last refresh. Pools of whole devices are always full: they have nothing to allocate and "
        "are left out.",
        expr=f"""
            {TAKEN} / (
                {TAKEN} + {largest(f"{POOL_FILESYSTEM}_available_bytes", POOL)}
                > 0
              )
              or
            1 - {largest("libvirt_pool_info_available_bytes", POOL)}
              / ({largest("libvirt_pool_info_capacity_bytes", POOL)} > 0)
              unless on (instance, pool) libvirt_pool_info{{type=~"{"|".join(WHOLE_DEVICES)}"}}
        """,
    ),
)

PROVIDER = Provider(
    name="libvirt",
    about="virtcast-exporter",
    rows=(*VM_ROWS, *SERVICE_ROWS, *OWNER_ROWS, *HOST_ROWS, *POOL_ROWS),
    yields_to=("node",),
)
