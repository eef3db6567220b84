"""``python -m astronomical`` is the command line."""

from astronomical.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
