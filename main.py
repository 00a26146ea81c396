"""Double-click this, or: python main.py. It does what the command ``cnnstudio`` does."""

import sys

from cnnstudio.cli import main

if __name__ == "__main__":
    sys.exit(main())
