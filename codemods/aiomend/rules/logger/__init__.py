"""Section 5 of the guide: logging."""
