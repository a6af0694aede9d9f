"""Each kind of probe, against the real thing."""
