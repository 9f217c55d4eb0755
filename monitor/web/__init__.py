"""The HTTP interface: how things stand and what happened, for people and programs."""
