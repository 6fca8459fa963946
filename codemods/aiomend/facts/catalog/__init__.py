"""What is known of other people's code, as data: asyncio itself, and the calls that block."""
