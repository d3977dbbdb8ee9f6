"""The configuration: what may stand in it, what is built in, and what is in force."""
