"""``python -m cnnstudio``: what the command ``cnnstudio`` does."""

import sys

from cnnstudio.cli import main

if __name__ == "__main__":
    sys.exit(main())
