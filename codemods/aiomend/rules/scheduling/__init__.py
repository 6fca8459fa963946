"""Section 6 of the guide: coroutines never scheduled."""
