"""Series on one even grid: what identifies one, its samples, and whether it lives."""
