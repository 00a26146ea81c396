"""What a network is: values alone. Knows no torch and no Qt."""

from cnnstudio.graph.annotations import Frame, Note
from cnnstudio.graph.block import BLOCKS, Arity, Block, Remedy, Saved, Saves, ShapeError, block
from cnnstudio.graph.composite import Composite, Facts, Parts
from cnnstudio.graph.graph import Graph
from cnnstudio.graph.interruption import Interrupted, go_on, interruptible
from cnnstudio.graph.names import NamingError, checked_name
from cnnstudio.graph.node import Edge, GraphError, Node, Position
from cnnstudio.graph.parameter import Declaration, Parameter, ParameterError, declaration, parameters
from cnnstudio.graph.reach import Everything, Listed, Own, Reach, Slid, own_places, under
from cnnstudio.graph.shape import Shape
from cnnstudio.graph.sketch import Pen, Sketch
from cnnstudio.graph.sliding_window import Window, pair

__all__ = [
    "BLOCKS",
    "Arity",
    "Block",
    "Composite",
    "Declaration",
    "Edge",
    "Everything",
    "Facts",
    "Frame",
    "Graph",
    "GraphError",
    "Interrupted",
    "Listed",
    "NamingError",
    "Node",
    "Note",
    "Own",
    "Parameter",
    "ParameterError",
    "Parts",
    "Pen",
    "Position",
    "Reach",
    "Remedy",
    "Saved",
    "Saves",
    "Shape",
    "ShapeError",
    "Sketch",
    "Slid",
    "Window",
    "block",
    "checked_name",
    "declaration",
    "go_on",
    "interruptible",
    "own_places",
    "pair",
    "parameters",
    "under",
]
