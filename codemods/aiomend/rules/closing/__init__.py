"""Section 10 of the guide: Close transports and event loops."""
