"""Panels: which there are, where each stands at first, and how it is made, of code that is loaded only then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt

from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run

Area = Qt.DockWidgetArea
LEFT, BELOW, RIGHT = AREAS = (Area.LeftDockWidgetArea, Area.BottomDockWidgetArea, Area.RightDockWidgetArea)


@dataclass(frozen=True)
class PanelPlace:
    """A panel of the window: its id, title, place at first, shortcut, class and icon, and whether it is open then.

    ``words`` are other names that a person may search it by.
    """

    id: str
    title: str
    area: Area
    shortcut: str
    make: Callable[[Document, Run], Panel]
    icon: str = "layout"
    is_open: bool = True
    words: tuple[str, ...] = ()


def _palette(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.palette import PalettePanel

    return PalettePanel(document, run)


def _history(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.history import HistoryPanel

    return HistoryPanel(document, run)


def _outline(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.outline import OutlinePanel

    return OutlinePanel(document, run)


def _inspector(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.inspector import InspectorPanel

    return InspectorPanel(document, run)


def _training(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.training import TrainingPanel

    return TrainingPanel(document, run)


def _sweep(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.sweep_form import SweepPanel

    return SweepPanel(document, run)


def _augmentation(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.augmentation_panel import AugmentationPanel

    return AugmentationPanel(document, run)


def _summary(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.summary_view import SummaryPanel

    return SummaryPanel(document, run)


def _source(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.source import SourcePanel

    return SourcePanel(document, run)


def _quiz(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.lessons.quiz import QuizPanel

    return QuizPanel(document, run)


def _pages(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.lessons.pages_panel import PagesPanel

    return PagesPanel(document, run)


def _microscope(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.looker import Looker
    from cnnstudio.ui.lessons.microscope import MicroscopePanel

    return MicroscopePanel(document, run, lambda panel: Looker(document, run, panel, "microscope"))


def _lesson(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.lessons.lesson_panel import LessonPanel

    return LessonPanel(document, run)


def _lesson_editor(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.lessons.lesson_editor import LessonEditorPanel

    return LessonEditorPanel(document, run, {place.id: place.title for place in PANELS})


def _experiments(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.lessons.experiments import ExperimentsPanel

    return ExperimentsPanel(document, run)


def _curves(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.curves import CurvesPanel

    return CurvesPanel(document, run)


def _runs(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.run_list import RunsPanel

    return RunsPanel(document, run)


def _data(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.data.data_panel import DataPanel

    return DataPanel(document, run)


def _queue(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.training.queue_panel import QueuePanel

    return QueuePanel(document, run)


def _feature_maps(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.feature_maps import FeatureMapsPanel

    return FeatureMapsPanel(document, run)


def _arithmetic(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.arithmetic import ArithmeticPanel

    return ArithmeticPanel(document, run)


def _try(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.try_panel import TryPanel

    return TryPanel(document, run)


def _evaluation(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.evaluation.evaluation_panel import EvaluationPanel

    return EvaluationPanel(document, run)


def _why(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.why import WhyPanel

    return WhyPanel(document, run)


def _ablation(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.ablation import AblationPanel

    return AblationPanel(document, run)


def _weights(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.insight.weights_panel import WeightsPanel

    return WeightsPanel(document, run)


def _problems(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.problems import ProblemsPanel

    return ProblemsPanel(document, run)


def _comparison(document: Document, run: Run) -> Panel:
    from cnnstudio.ui.network.comparison import ComparisonPanel

    return ComparisonPanel(document, run)


PANELS = (
    PanelPlace("palette", "Blocks", LEFT, "Ctrl+1", _palette, "squares-four"),
    PanelPlace("history", "History", LEFT, "Ctrl+Shift+H", _history, "clock-counter-clockwise", is_open=False),
    PanelPlace("outline", "Outline", LEFT, "Ctrl+Shift+O", _outline, "list-bullets", is_open=False),
    PanelPlace("inspector", "Inspector", RIGHT, "Ctrl+2", _inspector, "sliders-horizontal"),
    PanelPlace("training", "Training", RIGHT, "Ctrl+3", _training, "play"),
    PanelPlace(
        "sweep",
        "Sweep",
        RIGHT,
        "Ctrl+Shift+W",
        _sweep,
        "grid-four",
        is_open=False,
        words=("hyperparameters", "grid", "random", "tune"),
    ),
    PanelPlace("summary", "Summary", RIGHT, "Ctrl+4", _summary, "table"),
    PanelPlace("source", "Source", RIGHT, "Ctrl+5", _source, "code"),
    PanelPlace("quiz", "Quiz", RIGHT, "Ctrl+0", _quiz, "student", is_open=False),
    PanelPlace(
        "lesson",
        "Lesson",
        RIGHT,
        "Ctrl+Shift+Q",
        _lesson,
        "graduation-cap",
        is_open=False,
        words=("tasks", "exercise", "hand in", "teacher", "homework"),
    ),
    PanelPlace(
        "lesson-editor",
        "Lesson editor",
        RIGHT,
        "Ctrl+Shift+F8",
        _lesson_editor,
        "chalkboard-teacher",
        is_open=False,
        words=("teacher", "write a lesson", "author", "tasks", "release", "course", "exercise"),
    ),
    PanelPlace(
        "pages",
        "Pages",
        RIGHT,
        "Shift+F1",
        _pages,
        "book-bookmark",
        is_open=False,
        words=("help", "theory", "glossary", "history", "architectures", "encyclopedia", "manual", "read", "learn"),
    ),
    PanelPlace("curves", "Curves", BELOW, "Ctrl+6", _curves, "chart-line"),
    PanelPlace("runs", "Runs", BELOW, "Ctrl+Shift+R", _runs, "list-numbers", is_open=False),
    PanelPlace("queue", "Queue", BELOW, "Ctrl+Shift+F5", _queue, "queue", is_open=False),
    PanelPlace(
        "data",
        "Data",
        BELOW,
        "Ctrl+Shift+I",
        _data,
        "image-square",
        is_open=False,
        words=(
            *("images", "classes", "duplicates", "labels", "imbalance", "leave out", "thumbnails"),
            *("collect", "camera", "photograph", "draw"),
        ),
    ),
    PanelPlace("feature-maps", "Feature maps", BELOW, "Ctrl+7", _feature_maps, "eye"),
    PanelPlace(
        "arithmetic",
        "Arithmetic",
        BELOW,
        "Ctrl+Shift+A",
        _arithmetic,
        "math-operations",
        is_open=False,
        words=("window", "kernel", "products", "receptive field", "pixel", "microscope", "gradient", "backpropagation"),
    ),
    PanelPlace(
        "microscope",
        "Microscope",
        BELOW,
        "Ctrl+Shift+L",
        _microscope,
        "magnifying-glass-plus",
        is_open=False,
        words=(
            "kernel",
            "stride",
            "padding",
            "dilation",
            "convolution",
            "pooling",
            "cross-correlation",
            "transposed",
            "filter",
            "Sobel",
            "receptive field",
            "groups",
            "learn",
        ),
    ),
    PanelPlace(
        "experiments",
        "Experiments",
        BELOW,
        "Ctrl+Shift+F7",
        _experiments,
        "flask",
        is_open=False,
        words=("depthwise separable", "receptive field", "1x1", "scaling", "patches", "equivariance", "learn"),
    ),
    PanelPlace(
        "try",
        "Try",
        BELOW,
        "Ctrl+Shift+T",
        _try,
        "scribble-loop",
        is_open=False,
        words=("draw", "predict", "test", "camera", "own picture"),
    ),
    PanelPlace(
        "why",
        "Why",
        BELOW,
        "Ctrl+Shift+Y",
        _why,
        "question",
        is_open=False,
        words=("Grad-CAM", "attribution", "saliency", "heat map", "explain", "occlusion", "integrated gradients"),
    ),
    PanelPlace(
        "ablation",
        "Switch off",
        BELOW,
        "Ctrl+Shift+X",
        _ablation,
        "power",
        is_open=False,
        words=("ablation", "prune", "lesion", "channel", "filter", "importance"),
    ),
    PanelPlace(
        "weights",
        "Weights",
        BELOW,
        "Ctrl+Shift+U",
        _weights,
        "dots-nine",
        is_open=False,
        words=("filters", "kernels", "histogram", "gradients", "dead", "duplicate", "saturated"),
    ),
    PanelPlace(
        "evaluation",
        "Evaluation",
        BELOW,
        "Ctrl+Shift+K",
        _evaluation,
        "target",
        is_open=False,
        words=("confusion matrix", "accuracy", "precision", "recall", "calibration", "t-sne", "pca", "mistakes"),
    ),
    PanelPlace(
        "augmentation",
        "Augmentation",
        BELOW,
        "Ctrl+Shift+B",
        _augmentation,
        "shuffle",
        is_open=False,
        words=("transforms", "flip", "crop", "rotate", "MixUp", "CutMix", "RandAugment", "first batch"),
    ),
    PanelPlace("problems", "Problems", BELOW, "Ctrl+8", _problems, "warning"),
    PanelPlace("comparison", "Comparison", BELOW, "Ctrl+9", _comparison, "arrows-left-right", is_open=False),
)
