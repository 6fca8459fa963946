"""Section 1 of the guide: debug mode of asyncio."""
