"""The edge: one module per library, and none knows another."""
