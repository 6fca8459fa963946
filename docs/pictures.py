"""Draws the pictures of the README from what the commands really print: ``python docs/pictures.py``.

A test compares the words in each picture with what the command prints today.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
SAMPLE = ROOT / "examples" / "chat"
WIDTH = 108
#: Each picture, and the command that it shows; run on a copy of the sample, in a repository of its own.
PICTURES = {
    "check": "aiomend check bot.py",
    "diff": "aiomend diff --unsafe bot.py",
    "interactive": "aiomend fix --interactive --select AIO2,AIO4 bot.py",
}
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
KEYS = "y\ny\ny\n"  #: for the one that asks


def printed(command: str) -> str:
    """Return what a command prints on a terminal, colours included."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "chat")
        shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for git in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *git], cwd=folder, check=True)
        words = [sys.executable, "-m", "aiomend_cli", *command.split()[1:], "--color", "always"]
        environment = os.environ | {"COLUMNS": str(WIDTH)}
        done = subprocess.run(words, cwd=folder, env=environment, input=KEYS, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command}: {done.stderr}")
    return f"{done.stdout}{done.stderr}"


def drawn(name: str, command: str) -> str:
    """Return the picture of a command and what it prints, as SVG that asks for nothing elsewhere."""
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"), force_terminal=True)  # noqa: PTH123, SIM115
    console.print(Text.assemble(("$ ", "green"), (command, "bold")))
    console.print(Text.from_ansi(printed(command).rstrip("\n")))
    return console.export_svg(title=command, theme=MONOKAI, code_format=_FORMAT, unique_id=f"picture-{name}")


def words(picture: str) -> list[str]:
    """Return the words in a picture, in their order."""
    texts = re.findall(r"<text [^>]*>(.*?)</text>", picture, re.DOTALL)
    return html.unescape(" ".join(texts)).replace("\xa0", " ").split()


def stale() -> Iterator[str]:
    """Yield the pictures that are missing, or that show other words than their command prints."""
    for name, command in PICTURES.items():
        file = FOLDER / f"{name}.svg"
        if not file.is_file() or words(file.read_text()) != words(drawn(name, command)):
            yield name


def main() -> None:
    """Draw every picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, command in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(drawn(name, command))


if __name__ == "__main__":
    main()
