"""``python -m hinterland.benchmark``."""

from hinterland.cli.benchmark import app

if __name__ == "__main__":
    app(prog_name="python -m hinterland.benchmark")
