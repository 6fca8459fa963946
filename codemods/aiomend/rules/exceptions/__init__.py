"""Section 7 of the guide: detect exceptions never consumed."""
