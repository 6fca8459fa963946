"""What is known of other people's code, as data: asyncio itself, and the calls that block."""

from __future__ import annotations

from pathlib import Path

#: The folder of the data. `importlib.resources` takes as long to load as a tenth of what a run over one file needs.
FOLDER = Path(__file__).parent
