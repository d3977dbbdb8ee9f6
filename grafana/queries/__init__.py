"""PromQL that more than one panel asks."""
