"""Section 8 of the guide: chain coroutines correctly."""
