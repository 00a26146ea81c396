"""Contents: what a report says of a project before its network is asked anything. Knows no torch."""

from __future__ import annotations

from collections.abc import Iterator

from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.exchange.reporting.contents_page import Block, Drawing, Facts, Paragraph, Section, Table
from cnnstudio.exchange.reporting.verdict import Scores
from cnnstudio.figure.composition import figure
from cnnstudio.figure.options import FigureError, Options
from cnnstudio.graph import parameters
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.record import Labels, RunRecord, versions
from cnnstudio.training.runs.run_charts import curves
from cnnstudio.training.runs.run_differences import in_letters
from cnnstudio.training.schedules import epochs_of
from cnnstudio.wording import abridged, counted, duration, memory, on_a_line, plural, readable

MOST_LAYERS = 400  # rows of the table of layers
MOST_NOTES = 40
MOST_NAMES = 40  # classes that are named in a sentence


def short(project: Project, scored: Scores | None) -> str:
    """The numbers that everybody asks first, in a sentence or two."""
    acting = infer(project.graph).acting
    told = f"A network of {counted(len(acting.graph), 'block')}"
    if (totals := acting.totals) is not None:
        told += f" with {counted(totals.parameters, 'parameter')} and {counted(totals.macs, 'MAC')} an image"
    if scored is None:
        return f"{told}."
    right = f"{scored.right / scored.total:.1%} of {counted(scored.total, 'validation image')}"
    return f"{told}. It tells {right} right, of {counted(len(scored.classes), 'class')}."


def network(project: Project) -> Section:
    """The figure, the numbers of the whole, the table of layers, and what the person has noted beside them."""
    analysis = infer(project.graph)
    acting = analysis.acting
    blocks: list[Block] = []
    try:
        blocks.append(Drawing(figure(analysis, Options(signs=False))))
    except FigureError as error:
        blocks.append(Paragraph(str(error), "note"))
    if (totals := acting.totals) is not None:
        needs, batch = analysis.memory, project.recipe.batch_size
        rows = [
            ("Parameters", f"{totals.parameters:,}"),
            ("of which learn", f"{totals.parameters - totals.frozen:,}"),
            ("MACs of one image", f"{totals.macs:,}"),
            ("Memory of the activations", f"{memory(needs.peak)} for one image in prediction"),
            ("", f"{memory(needs.training * batch)} for a batch of {batch:,} in training"),
        ]
        blocks.append(Facts(tuple(row for row in rows if totals.frozen or row[0] != "of which learn")))
    blocks += [_layers(acting), *_left_out(analysis)]
    blocks += _notes(project)
    return Section("Network", tuple(blocks))


def _layers(analysis: Analysis) -> Table:
    graph, fields = analysis.graph, receptive_fields(analysis)
    rows = []
    for name in graph.order[:MOST_LAYERS]:
        block, facts, field = graph[name].block, analysis.facts.get(name), fields.get(name)
        numbers = (str(facts.shape), f"{facts.parameters:,}", f"{facts.macs:,}") if facts else ("unknown", "", "")
        rows.append((name, f"{block.title} {block.brief()}".strip(), *numbers, field.written if field else ""))
    totals = analysis.totals
    total = ("Total", "", "", f"{totals.parameters:,}", f"{totals.macs:,}", "") if totals else ()
    head = ("Block", "Kind", "Output", "Parameters", "MACs", "Receptive field")
    return Table(head, tuple(rows), frozenset({3, 4}), total)


def _left_out(analysis: Analysis) -> Iterator[Paragraph]:
    acting = analysis.acting.graph
    if len(acting) > MOST_LAYERS:
        yield Paragraph(f"These are the first {MOST_LAYERS} of {counted(len(acting), 'block')}.", "note")
    if idle := [name for name in analysis.graph.order if name not in acting]:
        yield Paragraph(f"Bypassed, and left out here: {abridged(idle, MOST_NAMES)}.", "note")


def _notes(project: Project) -> Iterator[Paragraph]:
    notes = project.graph.notes
    for note in notes[:MOST_NOTES]:
        yield Paragraph(f"Note: {note.text}", "note")
    if len(notes) > MOST_NOTES:
        yield Paragraph(f"and {len(notes) - MOST_NOTES:,} more notes", "note")


def data(project: Project, counts: tuple[int, int], classes: tuple[str, ...], notes: tuple[str, ...]) -> list[Block]:
    """Which images, how many, of what, on whose terms, and what was done to them.

    ``counts`` are those to train and to validate with, 0 where nobody knows, and ``classes`` their names.
    """
    recipe = project.recipe
    dataset = DATASETS[recipe.data]
    classes = classes or dataset.names or ()
    inputs = project.graph.acting.inputs
    rows = [("Images", f"{dataset.title}. {dataset.sentence}")]
    if dataset.is_own and recipe.folder:
        rows.append(("Folder", on_a_line(recipe.folder, 400)))
    if inputs:
        rows.append(("Size in the network", str(getattr(inputs[0].block, "shape", lambda: "")())))
    if any(counts):
        train, validation = counts
        rows.append(("How many", f"{train:,} to learn from, {validation:,} to validate with, none to test with"))
    if classes:
        rows.append((f"{len(classes):,} {plural(len(classes), 'class')}", abridged(classes, MOST_NAMES)))
    rows.append(("Licence", dataset.licence))
    return [Facts(tuple(rows)), *(Paragraph(note, "note") for note in dict.fromkeys(notes[:MOST_NOTES]))]


def recipe(project: Project, images: int) -> Section:
    """How it is trained, in a sentence and setting by setting; ``images`` are those to learn from, 0 if unknown."""
    settings = project.recipe
    steps = -(-images // (settings.batch_size * settings.accumulation)) if images else 0
    epochs = settings.epochs or (epochs_of(settings, steps) if steps else None)
    words = (
        f"{settings.optimizer} with a learning rate of {settings.learning_rate:g} ({settings.schedule} schedule) makes "
        f"the {settings.loss} loss smaller, in batches of {counted(settings.batch_size, 'image')}"
    )
    if settings.accumulation > 1:
        words += f", {settings.accumulation:,} of which make a step"
    words += f", for {counted(epochs, 'epoch')}." if epochs else ", for as many epochs as the images ask for."
    if settings.weights:
        words += f" It begins with learned weights: {on_a_line(settings.weights, 400)}."
    if settings.teacher:
        words += f" It learns from a teacher as well: {on_a_line(settings.teacher, 400)}."
    help_ = {each.name: each.help for each in parameters(Recipe)}
    rows = []
    for section, fields in Recipe.sections().items():
        for each in fields:
            if settings.matters(each.name):
                value = getattr(settings, each.name)
                said = "automatic" if value is None else "none" if value == "" else in_letters(value)
                rows.append((str(section), each.name.replace("_", " "), said, help_[each.name]))
    shown = [("" if at and rows[at - 1][0] == row[0] else row[0], *row[1:]) for at, row in enumerate(rows)]
    return Section("Recipe", (Paragraph(words), Table(("", "Setting", "Value", "What it means"), tuple(shown))))


def course(history: History, name: str, labels: Labels | None) -> Section:
    """How the training went: which weights these are, its curves, and what was said and noted of it."""
    blocks: list[Block] = [Paragraph(name)]
    try:
        drawn = curves(history)
        blocks.append(Drawing(drawn, drawn.caption))
    except FigureError as error:
        blocks.append(Paragraph(str(error), "note"))
    if history.finished is not None:
        blocks.append(Paragraph(history.finished.sentence))
    blocks += [Paragraph(note, "note") for note in dict.fromkeys(history.notes[-MOST_NOTES:])]
    if labels is not None and labels.tags:
        blocks.append(Paragraph(f"Tags: {', '.join(labels.tags)}", "note"))
    if labels is not None and labels.note:
        blocks.append(Paragraph(f"Note: {labels.note}", "note"))
    return Section("Training", tuple(blocks))


def environment(project: Project, record: RunRecord | None, history: History | None) -> Section:
    """What computed: versions, device, seed, and when; of a run what it said of itself, else what is here now."""
    found = record.versions if record is not None and record.versions else versions()
    rows = [(_NAMES.get(name, name), number) for name, number in found.items()]
    if history is not None and history.started is not None and history.started.device:
        rows.append(("Device", history.started.device))
    rows.append(("Seed", str(record.seed if record is not None else project.recipe.seed)))
    if record is not None:
        rows.append(("Began", f"{record.began.astimezone():%Y-%m-%d %H:%M}"))
        if record.seconds:
            epochs = counted(record.epochs_done, "epoch")
            rows.append(("Took", f"{duration(record.seconds)} for {epochs}, {readable(record.steps_done)} steps"))
        if record.id:
            rows.append(("Run", record.id))
        if record.structure:
            rows.append(("Structure of the network", record.structure))
    told = "The same seed gives the same run again on a CPU, with the same versions and the same number of threads."
    return Section("Environment", (Facts(tuple(rows)), Paragraph(told, "note")))


_NAMES = {"cnnstudio": "CNN Studio", "python": "Python", "torch": "PyTorch"}
