"""``ops-runtime`` and ``python -m ops_runtime``."""

import os
import sys

if os.name == "nt":
    sys.exit("ops-runtime does not run on Windows: what confines it to its folder is not there.")

from ops_runtime.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
