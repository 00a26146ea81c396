"""The gate of names, compared with what Python and PyTorch themselves reserve."""

import keyword

import pytest
from torch import nn

from cnnstudio.graph import NamingError, checked_name
from cnnstudio.graph.names import fresh_name


@pytest.mark.parametrize("name", ["conv1", "stage1_2", "A", "x1", "head", "a" * 60])
def test_names_that_may_be(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1conv",
        "_hidden",
        "a b",
        "a-b",
        "a.b",
        "é",
        "ﬁlter",
        "conv1\n",
        "a" * 61,
        "self",
        "torch",
        "nn",
        "match",
        3,
        None,
    ],
)
def test_names_that_may_not_be(name: object) -> None:
    with pytest.raises(NamingError) as caught:
        checked_name(name)  # type: ignore[arg-type]
    assert str(caught.value).endswith(".") and len(str(caught.value)) < 200


@pytest.mark.parametrize("name", [*keyword.kwlist, *keyword.softkwlist])
def test_no_word_of_python_is_a_name(name: str) -> None:
    with pytest.raises(NamingError):
        checked_name(name)


def test_no_attribute_of_a_module_is_a_name() -> None:
    let_through = []
    for name in dir(nn.Module()):
        try:
            checked_name(name)
        except NamingError:
            continue
        let_through.append(name)
    assert let_through == []


def test_fresh_names_count_up() -> None:
    assert fresh_name("conv", {"conv1", "conv3"}) == "conv2"
