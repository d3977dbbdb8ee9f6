"""What both programs show to readers: HTTP server, flags, log, and Prometheus' web configuration file."""
