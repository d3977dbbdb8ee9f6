"""The only folder that imports libvirt: it opens, asks and listens, and makes snapshots of the answers."""
