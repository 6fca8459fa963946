"""Section 4 of the guide: handle blocking functions correctly."""
