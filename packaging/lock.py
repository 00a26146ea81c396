"""Write what a set-up installs to packaging/: exact versions, and for releases the hashes of their files.

``constraints.txt`` has the versions of what this environment holds and CNN Studio needs. It has no hashes: PyTorch for
CPUs and for CUDA are other files of one version, and everybody takes the one of their computer. ``requirements.lock``
has the SHA-256 of every file that the package index has of these versions, for all systems, so that
``pip install --require-hashes`` takes nothing else. It is uv that asks (the extra ``release``); no address is written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from cnnstudio.libraries import NAME, libraries

CONSTRAINTS, LOCK = HERE / "constraints.txt", HERE / "requirements.lock"
_COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11", "--extra", "onnx",
)  # fmt: skip


def constraints() -> str:
    """The text of ``constraints.txt``."""
    found = {re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in libraries(NAME, ("dev", "onnx"))}
    lines = [f"{name}=={version}\n" for name, version in sorted(found.items())]
    return "".join(["# Exact versions of a set-up; written by `make lock`.\n", *lines])


def lock(uv: str) -> str:
    """The text of ``requirements.lock``. Raises ``subprocess.CalledProcessError`` where the index cannot be asked."""
    asked = [uv, *_COMPILE, "--constraint", str(CONSTRAINTS), str(HERE.parent / "pyproject.toml")]
    said = subprocess.run(asked, check=True, capture_output=True, text=True, encoding="utf-8")
    return f"# Exact versions of a release with the hashes of their files; written by `make lock`.\n{said.stdout}"


def main() -> int:
    """Write both files; 1 where there is no uv, or it could not ask."""
    CONSTRAINTS.write_text(constraints(), encoding="utf-8", newline="\n")
    beside = Path(sys.executable).parent
    uv = shutil.which("uv", path=str(beside)) or shutil.which("uv")
    if uv is None:
        sys.stderr.write(f"{LOCK.name} was left as it is: there is no uv here. Try: pip install 'cnnstudio[release]'\n")
        return 1
    try:
        LOCK.write_text(lock(uv), encoding="utf-8", newline="\n")
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{LOCK.name} was left as it is: {error.stderr.strip()}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
