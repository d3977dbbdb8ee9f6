"""What readers get: gauges and pages, pure functions of what the loop last published."""
