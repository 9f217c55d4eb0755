"""The demo: a simulated Omilia, an outage by script, the monitor beside it, told as it happens."""
