"""What was read of a libvirt host: frozen values in base units, a module for each kind of value."""
