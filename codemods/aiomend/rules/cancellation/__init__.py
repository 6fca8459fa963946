"""Section 2 of the guide: cancellation."""
