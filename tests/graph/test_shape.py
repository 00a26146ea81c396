"""Shape: a tuple that writes itself as people do."""

import copy
import pickle

from cnnstudio.graph import Shape


def test_a_shape_is_a_tuple() -> None:
    shape = Shape(3, 32, 48)
    assert shape == (3, 32, 48) and hash(shape) == hash((3, 32, 48))
    assert (shape.channels, shape.spatial, shape.numel, shape.is_map) == (3, (32, 48), 4_608, True)
    assert not Shape(10).is_map and Shape(10).numel == 10


def test_it_writes_itself() -> None:
    assert str(Shape(3, 32, 48)) == "3 × 32 × 48"
    assert eval(repr(Shape(3, 32, 48))) == Shape(3, 32, 48)


def test_it_survives_copying() -> None:
    shape = Shape(3, 32, 48)
    assert copy.deepcopy(shape) == shape
    again = pickle.loads(pickle.dumps(shape))
    assert again == shape and isinstance(again, Shape)
