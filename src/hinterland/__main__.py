"""``python -m hinterland``: the command line."""

from hinterland.cli import main

main()
