"""``python -m astronomical`` is the command line."""

from astronomical.cli import run

if __name__ == "__main__":
    run()
