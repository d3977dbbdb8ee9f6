"""The values file of this fleet's operator: the shipped rules, with times of a few seconds."""

from __future__ import annotations

FAST = "4s"
VALUES = {
    "scraping": {
        "scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s",
        "critical_evaluation_interval": "2s",
    },
    "recording": {"rate_window": "10s"},
    "notifications": {
        "group_wait": "1s", "group_interval": "5s", "critical_wait": "1s", "critical_interval": "5s",
        "watchdog_interval": "1s", "watchdog_repeat": "3s",
    },
    "state": {
        "event_window": "20s", "reboot_window": "30s", "io_paused_for": FAST, "paused_for": FAST,
        "autostart_for": "12s",  # longer than a VM may not answer where a migration to there is cancelled
        "agent_for": "15s", "clock_for": "8s",
    },
    "disk": {"error_window": "20s"},
    "interface": {"link_for": FAST, "duplicate_for": "20s"},  # longer than the migration that is cancelled
    "filesystem": {"actual_for": FAST, "actual_keep_firing_for": FAST},
    "cpu_saturation": {"limit": 0.15, "actual_for": "24s", "actual_keep_firing_for": FAST},
    "pool": {"actual_for": FAST, "actual_keep_firing_for": FAST},
    "pools_and_networks": {"inactive_for": FAST, "addresses": 2, "leased_for": FAST},
    "memory_pressure": {"balloon_share": 0.9, "balloon_use": 0.2, "balloon_for": FAST},
    "protection": {
        "checkpoint_max_age_seconds": 30, "snapshot_max_age_seconds": 30, "snapshots": 2, "history_for": FAST,
    },
    "libvirt": {"migration_window": "20s", "down_for": FAST},
    "exporter": {"collector_for": FAST, "window": "20s", "stuck": 1, "stuck_for": FAST},
    "forecaster": {"max_age_steps": 120, "stale_for": FAST},  # what is killed does not answer at once
    "forecasts": {"failing_for": "15s", "back_for": "15s"},  # longer than a step: it may begin within a cycle
    "delivery": {"window": "20s", "rules_for": FAST},
}  # fmt: skip
