"""The providers of the normalised layer, one file each: a module here has a `PROVIDER`."""
