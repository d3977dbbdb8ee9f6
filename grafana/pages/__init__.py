"""The dashboards: one file each, and a registry."""
