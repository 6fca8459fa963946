"""Section 3 of the guide: concurrency and multithreading."""
