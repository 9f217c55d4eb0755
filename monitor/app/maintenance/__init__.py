"""Maintenance windows: from the configuration, calendars and operators to the board's plan."""
