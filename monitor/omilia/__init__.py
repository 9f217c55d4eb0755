"""What is particular to Omilia."""
