"""Build the program to double-click, from a checkout: ``make bundle``, or ``python packaging/bundle.py``.

1. A plain environment in build/: the program as a wheel, the pinned packages, PyInstaller. In one that a checkout is
   worked on in, libtorch would go in twice.
2. The icon, and the folder dist/cnnstudio by packaging/cnnstudio.spec; packaging/left_out.py says what stays out.
3. It is tried: ``--self-check``, then the main job in a window that nobody sees.
4. What people install: a tarball and a .deb on Linux, Inno Setup's program on Windows where iscc is found, a zip of
   the .app on macOS. Sizes are told beside what is promised.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILD, DIST = ROOT / "build", ROOT / "dist"
PLAIN = BUILD / "plain"
FOLDER = DIST / "cnnstudio"
PYINSTALLER = "pyinstaller==6.22.3"
MOST_UNPACKED, MOST_PACKED = 750, 240  # MiB on Linux, which most tools that tell sizes call MB
MAINTAINER = "CNN Studio <cnnstudio@users.noreply.github.com>"
IS_WINDOWS, IS_MACOS = sys.platform == "win32", sys.platform == "darwin"


def version() -> str:
    """The version of this checkout."""
    lines = (ROOT / "cnnstudio" / "__init__.py").read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("__version__ ="))


def run(*command: str | Path, **options: object) -> None:
    """Run a command, shown; ends the build where it fails."""
    print("$", *command, flush=True)
    subprocess.run([str(each) for each in command], check=True, cwd=ROOT, **options)  # type: ignore[call-overload]


def environment() -> Path:
    """Python in the plain environment, made where there is none of these versions yet."""
    python = PLAIN / ("Scripts/python.exe" if IS_WINDOWS else "bin/python")
    said = PLAIN / "made-of.txt"
    wanted = (HERE / "constraints.txt").read_text() + (ROOT / "pyproject.toml").read_text() + PYINSTALLER
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if not said.exists() or said.read_text() != wanted:
        shutil.rmtree(PLAIN, ignore_errors=True)
        run(sys.executable, "-m", "venv", PLAIN)
        run(*pip, "--constraint", HERE / "constraints.txt", ROOT, PYINSTALLER)
        said.write_text(wanted)
    run(*pip, "--no-deps", "--force-reinstall", ROOT)  # the program itself is what changes
    return python


def freeze(python: Path) -> None:
    """Make dist/cnnstudio."""
    run(python, HERE / "icon.py", BUILD)
    work = ("--distpath", DIST, "--workpath", BUILD / "pyinstaller", "--noconfirm", "--log-level", "WARN")
    run(python, "-m", "PyInstaller", *work, HERE / "cnnstudio.spec")
    for link in [each for each in FOLDER.rglob("*") if each.is_symlink() and not each.exists()]:
        link.unlink()  # to what was left out
    for library in FOLDER.glob("_internal/libpython*.so*"):  # as others build Python, half of it is for who debugs it
        if shutil.which("strip"):
            run("strip", library)
    for name in ("LGPL-3.0.txt", "GPL-3.0.txt"):
        shutil.copy(HERE / "licences" / name, FOLDER)
    shutil.copy(ROOT / "resources" / "THIRD_PARTY_NOTICES.txt", FOLDER)
    shutil.copy(ROOT / "LICENSE", FOLDER)


def program() -> Path:
    """The frozen program itself."""
    if IS_MACOS:
        return DIST / "CNN Studio.app" / "Contents" / "MacOS" / "cnnstudio"
    return FOLDER / ("cnnstudio.exe" if IS_WINDOWS else "cnnstudio")


def try_out() -> None:
    """Check itself, and do the main job: open, train, export, take pictures, close; in a home of its own."""
    with tempfile.TemporaryDirectory() as name:
        apart = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        apart |= {"CNNSTUDIO_HOME": name, "QT_QPA_PLATFORM": "offscreen"}
        run(program(), "--self-check", env=apart)
        for gone in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
            apart.pop(gone, None)
        if not IS_WINDOWS and not IS_MACOS:  # where there is always a screen, it would wait for somebody
            subprocess.run([program()], check=True, cwd=name, env=apart)
            made = {path.name for path in (Path(name) / "out").iterdir()}
            if lacking := {"model.py", "model.safetensors", "model.pt", "window.png"} - made:
                raise SystemExit(f"The main job left no {', '.join(sorted(lacking))}.")
    print("The frozen program did the main job.")


def size(path: Path) -> int:
    """How many bytes a file or all files of a folder hold."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file() and not each.is_symlink()]
    return sum(each.stat().st_size for each in files)


def is_within(path: Path, most: int) -> bool:
    """Say how large what was made is beside what is promised, and whether it is no larger."""
    found = size(path)
    print(f"{path.relative_to(ROOT)}: {found / 2**20:,.0f} MiB ({found:,} bytes), promised {most}", flush=True)
    return found <= most * 2**20


def tarball() -> Path:
    """The folder in one file."""
    out = DIST / f"cnnstudio-{version()}-linux-{platform.machine()}.tar.xz"
    run(
        "tar",
        "--create",
        "--file",
        out,
        "--directory",
        DIST,
        FOLDER.name,
        "--xz",
        env={**os.environ, "XZ_OPT": "-6 -T0"},
    )
    return out


def deb() -> Path:
    """The package for Debian, Ubuntu and what comes of them."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    root = BUILD / "deb"
    shutil.rmtree(root, ignore_errors=True)
    home, share = root / "opt" / "cnnstudio", root / "usr" / "share"
    shutil.copytree(FOLDER, home, symlinks=True)
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "cnnstudio").symlink_to("/opt/cnnstudio/cnnstudio")
    for source, place in (
        (HERE / "linux" / "cnnstudio.desktop", share / "applications"),
        (HERE / "linux" / "cnnstudio.xml", share / "mime" / "packages"),
        (HERE / "linux" / "io.github.cnnstudio.metainfo.xml", share / "metainfo"),
        (BUILD / "icon.png", share / "icons" / "hicolor" / "512x512" / "apps" / "cnnstudio.png"),
        (ROOT / "LICENSE", share / "doc" / "cnnstudio" / "copyright"),
    ):
        file = place if place.suffix == ".png" or place.name == "copyright" else place / source.name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_bytes()
        file.write_bytes(text.replace(b"@VERSION@", version().encode()) if file.suffix == ".xml" else text)
    control = root / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(
        f"Package: cnnstudio\nVersion: {version()}\nArchitecture: {machine}\nMaintainer: {MAINTAINER}\n"
        f"Installed-Size: {size(home) // 1024}\nSection: education\nPriority: optional\n"
        "Depends: libc6, libegl1, libgl1, libglib2.0-0 | libglib2.0-0t64, libfontconfig1, libdbus-1-3, libxkbcommon0, "
        "libxkbcommon-x11-0, libxcb-cursor0, libxcb-icccm4, libxcb-image0, libxcb-keysyms1, libxcb-randr0, "
        "libxcb-render-util0, libxcb-shape0, libxcb-xkb1, libx11-xcb1\n"
        "Recommends: fonts-dejavu-core\n"
        "Description: draw convolutional networks and train them without coding\n"
        " CNN Studio is a window in which a convolutional network is drawn, every shape is\n"
        " seen while drawing, and the network is trained, looked into and exported as\n"
        " PyTorch.\n"
    )
    out = DIST / f"cnnstudio_{version()}_{machine}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--threads-max=0", "--build", root, out)
    return out


def installer() -> list[Path]:
    """What people install on this system, where the tools for it are found."""
    if IS_WINDOWS:
        if (compiler := shutil.which("iscc")) is None:
            print("Inno Setup's iscc is not found, so there is the folder alone.")
            return []
        run(compiler, f"/DVersion={version()}", HERE / "windows" / "cnnstudio.iss")
        return sorted(DIST.glob("cnnstudio-*-setup.exe"))
    if IS_MACOS:
        out = DIST / f"cnnstudio-{version()}-macos-{platform.machine()}.zip"
        run("ditto", "-c", "-k", "--keepParent", DIST / "CNN Studio.app", out)
        return [out]
    return [tarball(), *([deb()] if shutil.which("dpkg-deb") else [])]


def main() -> int:
    """Build, try and pack; 1 where it has become larger than promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-installer", action="store_true", help="make and try the folder alone")
    given = parser.parse_args()
    freeze(environment())
    fits = [is_within(FOLDER, MOST_UNPACKED)]
    try_out()
    fits += [is_within(made, MOST_PACKED) for made in ([] if given.no_installer else installer())]
    return 0 if all(fits) or sys.platform != "linux" else 1


if __name__ == "__main__":
    sys.exit(main())
