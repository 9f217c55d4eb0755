"""Replay: what was recorded, played through settings, and what comes of it side by side."""
