"""Alerts: derives what must be told from how things stand and what was told. Knows no probes."""
