"""Which network of another host each interface of a VM should use, and what speaks against it."""
