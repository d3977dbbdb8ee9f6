"""The alerts, one file per area: a module here has `AREAS`, its rows and their values."""
