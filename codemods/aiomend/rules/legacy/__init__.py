"""Section 0 of the guide: what legacy asyncio needs to run today."""
