"""Settings and logs: what the composition roots read."""
