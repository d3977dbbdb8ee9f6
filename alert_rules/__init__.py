"""Recording rules, alerts and their runbooks, and the renderer that makes files of them for Prometheus.

`recording/` holds one file per provider of the normalised layer, `alerts/` one file per area; each is a table
of rows. The registry finds them, the renderer writes them with the values of a profile.
"""
