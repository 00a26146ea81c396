"""What draws has a generator of its own, draws from it what torch would draw, and leaves torch's own alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everybody calls it

from cnnstudio import zoo
from cnnstudio.blocks import Conv2d, Dropout, Flatten, FractionalMaxPool2d, Input, Linear, RReLU, StochasticDepth
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.training.build import build, parts_that_draw
from cnnstudio.training.drawing import Drawing, Seeded, drawing, where_it_draws
from cnnstudio.training.random_streams import RandomStreams

X = torch.linspace(-1, 1, 2 * 4 * 6 * 6).view(2, 4, 6, 6)
DRAWS: dict[str, Callable[[], Tensor]] = {
    "rand": lambda: torch.rand(3),
    "randn": lambda: torch.randn(3, 20),
    "randint": lambda: torch.randint(2, 9, (5,)),
    "randperm": lambda: torch.randperm(9),
    "rand_like": lambda: torch.rand_like(X),
    "randint_like": lambda: torch.randint_like(X, 5),
    "normal": lambda: torch.normal(X, 1.0),
    "bernoulli": lambda: torch.bernoulli(X.abs()),
    "multinomial": lambda: torch.multinomial(torch.ones(10), 4),
    "dropout": lambda: F.dropout(X, 0.5),
    "dropout2d": lambda: F.dropout2d(X, 0.5),
    "alpha_dropout": lambda: F.alpha_dropout(X, 0.5, True),
    "native_dropout": lambda: torch.native_dropout(X, 0.5, True)[0],
    "rrelu": lambda: F.rrelu(X, training=True),
    "fractional_max_pool2d": lambda: F.fractional_max_pool2d(X, 2, output_size=(3, 4)),
    "attention": lambda: F.scaled_dot_product_attention(X, X, X, dropout_p=0.5),
    "Linear": lambda: nn.Linear(5, 5).weight.data,
    "trunc_normal_": lambda: nn.init.trunc_normal_(torch.empty(30)),
}


@pytest.fixture(autouse=True)
def torchs_own_is_as_before() -> Iterator[None]:
    before = torch.get_rng_state()
    yield
    torch.set_rng_state(before)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_numbers_are_torchs_and_its_own_generator_is_left_alone(draw: Callable[[], Tensor]) -> None:
    torch.manual_seed(5)
    wanted, after = draw(), torch.get_rng_state()
    torch.manual_seed(77)
    before, own = torch.get_rng_state(), torch.Generator().manual_seed(5)
    with drawing(own):
        assert torch.equal(draw(), wanted)
    assert torch.equal(torch.get_rng_state(), before) and torch.equal(own.get_state(), after)


def test_who_has_a_generator_draws_from_that() -> None:
    wanted = torch.rand(3, generator=torch.Generator().manual_seed(1))
    with drawing(0):
        assert torch.equal(torch.rand(3, generator=torch.Generator().manual_seed(1)), wanted)


def test_other_threads_draw_elsewhere() -> None:
    wanted = torch.rand(8, generator=torch.Generator().manual_seed(3))
    with drawing(3):
        first = torch.rand(4)
        thread = threading.Thread(target=lambda: (torch.manual_seed(9), torch.rand(100)))
        thread.start()
        thread.join()
        assert torch.equal(torch.cat((first, torch.rand(4))), wanted)


def network() -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input((1, 12, 12))), Conv2d(4, padding=1), RReLU(), FractionalMaxPool2d((7, 7)))
    draw.chain(x, StochasticDepth(0.3), Flatten(), Dropout(0.4), Linear(3))
    return draw.graph()


def test_the_parts_that_draw_are_known_without_computing() -> None:
    text = source(network())
    assert parts_that_draw(text, Shape(1, 12, 12)) == {"relu1", "pool1", "drop1", "dropout1"}
    assert parts_that_draw(source(zoo.lenet5()), Shape(1, 28, 28)) == frozenset()
    assert parts_that_draw(None, Shape(1, 28, 28)) is None
    assert parts_that_draw(text, Shape(3, 12, 12)) is None, "it cannot be asked with such images"


def test_a_network_that_draws_in_its_own_forward_is_found_too() -> None:
    class Noisy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.dropout(x, 0.5, self.training)

    assert where_it_draws(Noisy(), X) == {""}
    assert where_it_draws(nn.Sequential(nn.ReLU(), Noisy(), nn.Dropout(0.0)), X) == {"1"}


@pytest.mark.parametrize("is_heeded", [False, True])
def test_layers_draw_the_same_whether_the_parts_are_known_or_not(is_heeded: bool) -> None:
    text, images = source(network()), torch.ones(5, 1, 12, 12)
    module, streams = build(text.text, text.class_name).train(), RandomStreams(3, torch.device("cpu"))
    if is_heeded:
        streams.heed(module, parts_that_draw(text, Shape(1, 12, 12)))
    before = torch.get_rng_state()
    with streams.layers():
        found = [module(images) for _ in range(2)]
    with streams.apart(7, others=False):
        looked = module(images)
    torch.manual_seed(3)
    wanted = [module(images) for _ in range(2)]
    torch.manual_seed(10)
    assert torch.equal(torch.stack(found), torch.stack(wanted)) and torch.equal(looked, module(images))
    torch.set_rng_state(before)
    streams.close()
    assert not any(part._forward_pre_hooks or part._forward_hooks for part in module.modules())


def test_an_error_within_a_part_leaves_nothing_behind() -> None:
    class Failing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError("It fails.")

    module, streams = nn.Sequential(Failing()), RandomStreams(3, torch.device("cpu"))
    streams.heed(module, ["0"])
    with pytest.raises(ValueError, match="It fails"), streams.layers():
        module(X)
    wanted = torch.rand(3, generator=torch.Generator().manual_seed(4))
    torch.manual_seed(4)
    assert torch.equal(torch.rand(3), wanted), "torch draws as ever"


def test_fresh_weights_are_those_of_the_seed_whoever_drew() -> None:
    text = source(zoo.lenet5())
    torch.manual_seed(4)
    wanted = build(text.text, text.class_name, 4).state_dict()
    torch.rand(9)
    again = build(text.text, text.class_name, 4).state_dict()
    assert all(torch.equal(wanted[name], again[name]) for name in wanted)
    with Drawing(torch.Generator().manual_seed(4)):
        theirs = nn.Conv2d(1, 6, 5, padding=2).weight
    assert torch.equal(theirs, next(iter(wanted.values())))


@pytest.mark.parametrize(
    "layer", [nn.FractionalMaxPool2d(2, output_size=4), nn.MaxPool2d(2)], ids=["draws", "does not"]
)
def test_a_call_draws_what_its_seed_gives_and_is_heard_only_while_something_draws(layer: nn.Module) -> None:
    calls, modes = 0, list[bool]()

    def network(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        modes.append(torch.utils._python_dispatch._get_current_dispatch_mode() is not None)
        return layer(x)  # type: ignore[no-any-return]

    before, seeded = torch.get_rng_state(), Seeded(network)
    images = torch.rand(2, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    found = [seeded(images, seed) for seed in (4, 5, 4)]
    assert torch.equal(found[0], found[2]) and calls == 3
    draws = isinstance(layer, nn.FractionalMaxPool2d)
    assert modes == [True, draws, draws]
    if draws:
        assert not torch.equal(found[0], found[1])
        with drawing(4):
            assert torch.equal(found[0], layer(images))
    assert torch.equal(before, torch.get_rng_state())


def test_what_hears_a_network_does_not_load_the_compiler() -> None:
    """It takes as long as all else of PyTorch together."""
    script = (
        "import sys, torch; from cnnstudio.compiler.source import source; from cnnstudio.training.build import build\n"
        "from cnnstudio.training.drawing import Seeded; from cnnstudio.project import from_template\n"
        "network = Seeded(build(source(from_template('lenet5').graph).text, seed=0))\n"
        "assert network(torch.zeros(1, 1, 28, 28), 0).shape == (1, 10)\n"
        "print([name for name in sys.modules if name.startswith('torch._dynamo')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
