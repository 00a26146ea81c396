"""Double-click this, or: python main.py. It does what the command ``cnnstudio`` does."""

import multiprocessing
import sys

from cnnstudio.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # in the frozen program, the process that runs a stranger's file begins here
    sys.exit(main())
