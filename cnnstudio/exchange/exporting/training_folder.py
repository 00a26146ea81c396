"""Training folder: all that a bigger machine needs to train a network with PyTorch alone; brought back it is a run.

It holds the project, the network and the recipe as Python, the images where they are small, and how to start it all.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save as save_tensors
from torch import nn

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, SourceError, source
from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.disk import NEW, DiskError, marked, reason
from cnnstudio.exchange.exporting.export import export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.exporting.training_script import Plan, left_out, training_script, weights_by_hand
from cnnstudio.exchange.exporting.transform_lines import looks_at_both_sides, takes_torchvision
from cnnstudio.graph import Shape
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.project.corrections import of_data
from cnnstudio.project.datasets import DATASETS, Torchvision
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data, load, rules_of
from cnnstudio.training.device import TrainingError, can_lie_last
from cnnstudio.training.loop import fresh
from cnnstudio.training.pretrained import pretrained
from cnnstudio.wording import listed
from cnnstudio.worker import Report, unheard

UNKNOWN = (0.5,), (0.25,)  # a mean and a deviation that no images have


@dataclass(frozen=True)
class TrainingFolder:
    """A folder that was written, and what to say of it."""

    path: Path
    sentence: str


@dataclass(frozen=True)
class _Contents:
    """What the folder is made of."""

    project: Project
    source: Source
    module: nn.Module
    plan: Plan
    data: Data | None  # where the images travel with it


def write_training_folder(project: Project, path: Path, title: str = "", *, report: Report = unheard) -> TrainingFolder:
    """Write the folder ``path``, which must be new or empty, for the network and the recipe of ``project``.

    Raises ``ExportError`` with a sentence; then there is no such folder, or it is empty as it was.
    """
    try:
        report("Reading the images…", None)
        contents = _contents(project, title or path.name, report)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ExportError(f"{path} is there already and not empty; give the folder another name.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=marked(NEW), dir=path.parent) as beside:
            made = Path(beside) / path.name
            made.mkdir()
            _fill(made, contents, report)
            if path.exists():
                path.rmdir()
            shutil.move(made, path)
    except SourceError as error:
        raise ExportError(f"The network cannot be exported yet. {error}") from error
    except OSError as error:
        raise ExportError(f"The folder {path} was not written: {reason(error)}.") from error
    except (DataError, DiskError, ProjectError, TrainingError) as error:
        raise ExportError(str(error)) from error
    missing = left_out(contents.plan)
    remark = f" The script leaves out {listed(missing)}." if missing else ""
    return TrainingFolder(path, f"{path.name} is written: its README.md says how to start.{remark}")


def _contents(project: Project, title: str, report: Report) -> _Contents:
    recipe, graph = project.recipe, project.graph.acting
    text, analysis = source(graph), infer(graph)
    size = analysis.facts[graph.inputs[0].name].shape
    result = analysis.facts[graph.outputs[0].name].shape
    is_told = len(result) == 1 and result[0] > 1
    if len(graph.inputs) > 1 or len(size) != 3 or size.channels not in (1, 3) or not is_told:
        raise ExportError(
            "The script trains networks that read one image, grey or in colour, and end in a number a class."
        )
    dataset = DATASETS[recipe.data]
    data = load(recipe, size, report, corrections=project.corrections) if dataset.is_taken_along else None
    module = fresh(text, recipe)
    first = pretrained.begin(module, text, recipe, data or _unseen(recipe.data, size), report)
    mean_std = (first.mean, first.std)
    if data is None and not recipe.weights and recipe.normalization(size.channels) is None:
        mean_std = (dataset.mean_std if size == dataset.shape else None) or ((), ())
    names = data.classes if data is not None else dataset.names or ()
    if names and len(names) != result[0]:
        raise ExportError(f"The network tells {result[0]:,} classes apart and {dataset.title} has {len(names)}.")
    _check_weights_by_hand(project, result[0])
    frozen = [
        path for path in text.backbones if not any(p.requires_grad for p in module.get_submodule(path).parameters())
    ]
    plan = Plan(
        recipe,
        text.class_name,
        size,
        result[0],
        title,
        names,
        _normalization(recipe, mean_std, names) if mean_std[0] else None,
        structure_hash(project.graph),
        tuple(frozen),
        has_first=bool(recipe.weights),
        takes_channels_last=can_lie_last(module),
        is_corrected=data is None and bool(of_data(project.corrections, recipe.data)),
    )
    return _Contents(project, text, module, plan, data)


def _normalization(recipe: Recipe, mean_std: tuple[tuple[float, ...], ...], names: tuple[str, ...]) -> Normalization:
    """What the weights will say that the script leaves."""
    mean, std = (tuple(map(float, each)) for each in mean_std)
    both = looks_at_both_sides(recipe)
    return Normalization(mean, std, names, loss=recipe.loss, both_sides=both, rules=rules_of(recipe))


def _unseen(key: str, size: Shape) -> Data:
    """What stands for images that are not here."""
    dataset, none = DATASETS[key], torch.empty((0, *size), dtype=torch.uint8)
    labels = torch.empty(0, dtype=torch.int64)
    mean, std = (numbers * size.channels for numbers in UNKNOWN)
    return Data(dataset.title, none, labels, none, labels, dataset.names or (), mean, std)


def _check_weights_by_hand(project: Project, classes: int) -> None:
    if project.recipe.class_weights != "by hand":
        return
    try:
        fits = len(weights_by_hand(project.recipe)) == classes
    except ValueError:
        fits = False
    if not fits:
        raise ExportError(f"The class weights by hand must be {classes:,} numbers, one for each class.")


def _fill(folder: Path, contents: _Contents, report: Report) -> None:
    """Write every file."""
    plan = contents.plan
    write(folder / "project.cnn", contents.project)
    export(contents.project.graph, "python", folder / "model.py", normalization=plan.normalization, report=report)
    texts: dict[str, Callable[[Plan], str]] = {
        "train.py": training_script,
        "requirements.txt": requirements,
        "job.slurm": job,
        "README.md": readme,
    }
    for name, written in texts.items():
        (folder / name).write_text(written(plan), encoding="utf-8", newline="\n")
    if plan.has_first:
        tensors = {name: tensor.contiguous() for name, tensor in contents.module.state_dict().items()}
        (folder / "first.safetensors").write_bytes(save_tensors(tensors, {"format": "pt"}))
    data = contents.data
    if data is not None:
        (folder / "data").mkdir()
        names = ("train_images", "train_labels", "validation_images", "validation_labels")
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{name: getattr(data, name).numpy() for name in names})
        (folder / "data" / "images.npz").write_bytes(buffer.getvalue())


def requirements(plan: Plan) -> str:
    """The text of requirements.txt."""
    packages = ["torch>=2.4", "numpy>=1.26", "safetensors>=0.4", "pillow>=11.3"]
    is_fetched = isinstance(DATASETS[plan.recipe.data].origin, Torchvision) and not plan.is_archive
    needs_torchvision = is_fetched or takes_torchvision(plan.recipe)
    return "\n".join(packages + (["torchvision>=0.20"] if needs_torchvision else [])) + "\n"


def job(plan: Plan) -> str:
    """The text of job.slurm."""
    return """#!/bin/bash
# sbatch job.slurm: one task for each GPU. What a cluster calls its partitions and accounts, its own pages say.
#SBATCH --job-name=train
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=2
#SBATCH --gpus-per-node=2
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --output=job-%j.txt

export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
# when one task ends before its time, the others end as well
srun --kill-on-bad-exit=1 python train.py
"""


def readme(plan: Plan) -> str:
    """The text of README.md."""
    dataset = DATASETS[plan.recipe.data]
    images = {
        True: f"The images ({dataset.title}) are in `data/images.npz`, in the size that the network reads.",
        False: f"The images ({dataset.title}) are downloaded to `data/` at the first start. Where the machines that "
        "compute have no network, start it once where there is one, with `--epochs 1 --out trial`.",
    }[plan.is_archive]
    if dataset.is_folder:
        images = (
            "Put the images into `data/`, one folder a class, or the folders `train` and `val` with one folder a class "
            "in each; or name another place with `--data DIR`."
        )
    missing = left_out(plan)
    without = f"\nThe script leaves out {listed(missing)}.\n" if missing else ""
    return f"""# Train elsewhere

The network is in `model.py`, its training in `train.py`: PyTorch, and nothing of CNN Studio. {images}
{without}
```
python -m pip install -r requirements.txt

python train.py                                      # one process
torchrun --standalone --nproc-per-node 2 train.py    # one process for each of two GPUs of one computer
sbatch job.slurm                                     # a cluster with SLURM
```

On several computers without SLURM, start this on each of them, with the name of the first one:

```
torchrun --nnodes 2 --nproc-per-node 2 --rdzv-backend c10d --rdzv-endpoint FIRST:29500 train.py
```

On Windows torchrun does not start with the official wheels of PyTorch. There, set the variables in one window for each
process, with RANK and LOCAL_RANK from 0 on:

```
set MASTER_ADDR=127.0.0.1
set MASTER_PORT=29500
set USE_LIBUV=0
set WORLD_SIZE=2
set RANK=0
set LOCAL_RANK=0
python train.py
```

Every step takes `BATCH_SIZE` images, and the processes share them: the same recipe gives the same steps, however many
there are. With BatchNorm on CPUs the losses differ a little, since each process takes the means of its own share.

`best.safetensors`, `last.safetensors`, `metrics.csv` and `run.json` appear beside `project.cnn`. Bring the folder back
and open it among the runs in CNN Studio. A second run wants a folder of its own: `--out DIR`.
"""
