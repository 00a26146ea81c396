"""Python package: all that somebody needs to use the network and to train it on, with PyTorch alone, in one archive."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from cnnstudio.disk import TEMPORARY, DiskError, marked, reason, replacing, shown
from cnnstudio.exchange.exporting.export import Exported, export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.training_folder import write_training_folder
from cnnstudio.project import Project
from cnnstudio.training.data.loading import Data
from cnnstudio.training.weights import Held
from cnnstudio.worker import Report

WEIGHTS = "model.safetensors"
PREDICT = '''"""Say what is on pictures: python predict.py picture.png ...

The weights are those of --weights, else of best.safetensors, which train.py leaves, else of model.safetensors.
"""

import argparse
from pathlib import Path

import model

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Say what each picture is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="+", metavar="PICTURE")
    parser.add_argument("--weights", metavar="FILE")
    given = parser.parse_args()
    known = [HERE / name for name in ("best.safetensors", "model.safetensors")]
    weights = given.weights or next((path for path in known if path.exists()), None)
    if weights is None:
        parser.error("there are no weights yet: run train.py first, or name a file with --weights")
    model.main(str(weights), *given.pictures)


if __name__ == "__main__":
    main()
'''


def python_package(
    project: Project, path: Path, weights: Path | Held | None, *, title: str, pictures: Data | None, report: Report
) -> Exported:
    """Write the archive ``path`` for the network and the recipe of ``project``. Raises ``ExportError``."""
    try:
        with tempfile.TemporaryDirectory(prefix=marked(TEMPORARY)) as name:
            folder = Path(name) / "network"
            write_training_folder(project, folder, title, report=report)
            (folder / "predict.py").write_text(PREDICT, encoding="utf-8", newline="\n")
            has_weights = weights is not None or bool(project.recipe.weights)
            if has_weights:
                export(project.graph, "python", folder / "model.py", weights, recipe=project.recipe, report=report)
                exported = export(
                    project.graph, "weights", folder / WEIGHTS, weights, recipe=project.recipe, pictures=pictures,
                    measure=True, report=report,
                )  # fmt: skip
            readme = folder / "README.md"
            readme.write_text(readme.read_text(encoding="utf-8") + _READ, encoding="utf-8", newline="\n")
            with replacing(path) as temporary:
                temporary.write_bytes(_packed(folder))
    except (DiskError, OSError) as error:
        told = str(error) if isinstance(error, DiskError) else f"{shown(path)} was not written: {reason(error)}."
        raise ExportError(told) from error
    what = "network, train.py, predict.py and requirements.txt"
    said = f"{shown(path)} is written: {what}{', with its weights' if has_weights else ''}."
    if not has_weights:
        return Exported(path, said, 0.0)
    found = replace(exported.measured, size=path.stat().st_size) if exported.measured is not None else None
    return Exported(
        path, f"{said} {found.sentence if found else ''}".strip(), exported.difference, found, exported.normalization
    )


_READ = """
## Use it

```
pip install -r requirements.txt
python predict.py picture.png    # with best.safetensors, once train.py has left it, else with model.safetensors
```
"""


def _packed(folder: Path) -> bytes:
    """The files of a folder as an archive; their times are no part of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                entry = zipfile.ZipInfo(f"{folder.name}/{each.relative_to(folder).as_posix()}", (2020, 1, 1, 0, 0, 0))
                entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
                archive.writestr(entry, each.read_bytes())
    return buffer.getvalue()
