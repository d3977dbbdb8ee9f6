"""The source of snapshots: the only folder that imports libvirt."""
