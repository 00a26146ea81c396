"""``python -m cnnstudio``: what the command ``cnnstudio`` does. What may go wrong is looked after first."""

import sys

from cnnstudio.crash_log import install
from cnnstudio.folders import log_file


def main() -> int:
    """Do what the command line says; the exit code."""
    install(log_file())
    from cnnstudio.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
