"""Section 9 of the guide: pending task destroyed."""
