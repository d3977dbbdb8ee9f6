"""The HTTP API: one file a resource, a row each in the registry."""
