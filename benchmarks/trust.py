"""What the promises of docs/promises.md are worth: a long fuzz, and the same faults for other tools.

    python benchmarks/trust.py peers [--environment DIR]
    python benchmarks/trust.py fuzz --programs 2000 --seed 1

Each writes its part of benchmarks/trust.md and leaves the others as they are.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

PAGE = Path(__file__).with_name("trust.md")


def put(part: str, lines: list[str]) -> None:
    """Put lines between the marks of a part of the page."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    text = PAGE.read_text("utf-8")
    new = "\n".join([begin, "", *lines, "", end])
    PAGE.write_text(re.sub(f"{begin}.*?{end}", lambda _: new, text, flags=re.DOTALL), "utf-8")


def peers(place: Path | None) -> int:
    """Write the table of faults; return 1 where aiomend breaks a promise."""
    import trust_peers

    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        environment = trust_peers.environment(place or Path(scratch) / "environment")
        lines = trust_peers.table(environment)
        put("peers", [f"Tried with {trust_peers.versions(environment)}.", "", *lines])
    return int(any("**" in line.split("|")[2] for line in lines[2:]))


def fuzz(programs: int, seed: int) -> int:
    """Write what became of composed programs; return 1 where a promise was broken."""
    import trust_fuzz

    start = time.monotonic()
    total = trust_fuzz.main(programs, seed)
    mended, left = total.mended.total(), total.left.total()
    put("fuzz", [
        f"{total.programs:,} composed programs from seed {seed}, half of them with a planted trap: {total.changed:,} changed, "
        f"{mended:,} traps gone, {left:,} reported and left for a person, {len(total.broken)} promises broken, "
        f"in {(time.monotonic() - start) / 60:.0f} minutes.",
    ])  # fmt: skip
    return int(bool(total.broken))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("peers")
    one.add_argument("--environment", type=Path, help="keep the peers' environment here")
    one = commands.add_parser("fuzz")
    one.add_argument("--programs", type=int, default=2000)
    one.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return peers(given.environment) if given.command == "peers" else fuzz(given.programs, given.seed)


if __name__ == "__main__":
    sys.exit(main())
