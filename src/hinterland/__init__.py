"""hinterland."""
