"""From an incident to whom it is told: the one door to alerts, and what stands around it."""
