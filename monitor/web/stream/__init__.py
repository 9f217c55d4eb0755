"""The event stream: what changes, told once, to whoever follows (Server-Sent Events)."""
