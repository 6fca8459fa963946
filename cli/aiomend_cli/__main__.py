"""``python -m aiomend_cli``."""

from aiomend_cli.app import main

main()
