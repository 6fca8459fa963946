"""What is known of other people's code, as data: asyncio itself, and the calls that block."""

from __future__ import annotations

from pathlib import Path

#: The folder of the data. `importlib.resources` loads archive formats and temporary files: a twentieth of a run over one file.
FOLDER = Path(__file__).parent
