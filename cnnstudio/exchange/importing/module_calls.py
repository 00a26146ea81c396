"""Module calls: a module of ``torch.nn`` as the call that makes it, or as the function that it calls."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Callable, Mapping

import torch
from torch import nn

from cnnstudio.blocks import torch_expression
from cnnstudio.exchange.importing.recognition import Unknown


def module_call(module: nn.Module) -> str:
    """The call that makes such a module. Raises ``Unknown`` where it cannot be told or makes another."""
    kind = type(module)
    if getattr(nn, kind.__name__, None) is not kind:
        raise Unknown
    told = _TOLD[kind](module) if kind in _TOLD else module.extra_repr()
    try:
        text = _shortened(torch_expression.module_call(f"nn.{kind.__name__}({told})"), kind)
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = eval(text, {"nn": nn})  # of torch.nn and literals alone, or it would not have been written
    except (ValueError, TypeError, RuntimeError) as error:
        raise Unknown from error
    shapes, ours = ({k: v.shape for k, v in each.state_dict().items()} for each in (module, made))
    if shapes != ours or _plain(module) != _plain(made):
        raise Unknown
    return text


def _shortened(text: str, kind: type[nn.Module]) -> str:
    """The call without what is said anyway, some of which other versions of PyTorch do not know."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    usual = {name: each.default for name, each in inspect.signature(kind).parameters.items()}
    call.keywords = [
        each for each in call.keywords if each.arg is None or ast.literal_eval(each.value) != usual.get(each.arg, call)
    ]
    return ast.unparse(call)


def _plain(module: nn.Module) -> dict[str, object]:
    """What the module was told, as far as it is numbers and words."""
    kinds = (int, float, bool, str, tuple, list)
    return {
        f"{path}.{key}": tuple(value) if isinstance(value, list) else value
        for path, each in module.named_modules()
        for key, value in vars(each).items()
        if isinstance(value, kinds) and key != "training" and not key.startswith("_")
    }


def _attention(module: nn.Module) -> str:
    assert isinstance(module, nn.MultiheadAttention)
    told = {
        "dropout": module.dropout,
        "bias": module.in_proj_bias is not None,
        "add_bias_kv": module.bias_k is not None,
        "add_zero_attn": module.add_zero_attn,
        "kdim": module.kdim,
        "vdim": module.vdim,
        "batch_first": module.batch_first,
    }
    usual = {
        "dropout": 0.0, "bias": True, "add_bias_kv": False, "add_zero_attn": False, "kdim": module.embed_dim,
        "vdim": module.embed_dim, "batch_first": False,
    }  # fmt: skip
    words = [f"{key}={value!r}" for key, value in told.items() if value != usual[key]]
    return ", ".join([str(module.embed_dim), str(module.num_heads), *words])


def _encoder_layer(module: nn.Module) -> str:
    assert isinstance(module, nn.TransformerEncoderLayer)
    attention, activation = module.self_attn, getattr(module.activation, "__name__", "")
    return (
        f"{attention.embed_dim}, {attention.num_heads}, {module.linear1.out_features}, {module.dropout.p!r}, "
        f"{activation!r}, {module.norm1.eps!r}, {attention.batch_first}, {module.norm_first}, "
        f"bias={module.linear1.bias is not None}"
    )


def _upsample(module: nn.Module) -> str:
    assert isinstance(module, nn.Upsample)
    told = {"size": module.size, "scale_factor": module.scale_factor, "align_corners": module.align_corners}
    words = [f"{key}={value!r}" for key, value in told.items() if value is not None]
    return ", ".join([*words, f"mode={module.mode!r}"])


def _cell(module: nn.Module) -> str:
    assert isinstance(module, nn.RNNCell)
    return f"{module.input_size}, {module.hidden_size}, {module.bias}, {module.nonlinearity!r}"


def _max_pool(module: nn.Module) -> str:
    assert isinstance(module, nn.MaxPool1d | nn.MaxPool2d)
    return f"{module.extra_repr()}, return_indices={module.return_indices}"


_TOLD: dict[type[nn.Module], Callable[[nn.Module], str]] = {
    nn.MultiheadAttention: _attention,
    nn.TransformerEncoderLayer: _encoder_layer,
    nn.Upsample: _upsample,
    nn.RNNCell: _cell,
    nn.MaxPool1d: _max_pool,
    nn.MaxPool2d: _max_pool,
}  # modules that do not say themselves what they were told


def functional(module: nn.Module, words: list[str], own: Mapping[str, str]) -> str:
    """The function that a module calls, with its tensors under these names. Raises ``Unknown``."""
    if isinstance(module, nn.MultiheadAttention):
        return _attended(module, words, own)
    if isinstance(module, nn.RNNCellBase):
        return _stepped(module, words, own)
    (x,) = words
    if (made := _FUNCTIONS.get(type(module))) is not None:
        return f"{made}({x})"
    weight, bias = own.get("weight", "None"), own.get("bias", "None")
    match module:
        case nn.Linear():
            return f"F.linear({x}, {weight}, {bias})"
        case nn.LayerNorm():
            return f"F.layer_norm({x}, {tuple(module.normalized_shape)!r}, {weight}, {bias}, {module.eps!r})"
        case nn.Conv1d(padding_mode="zeros") | nn.Conv2d(padding_mode="zeros"):
            axes = len(module.kernel_size)
            window = f"{module.stride!r}, {module.padding!r}, {module.dilation!r}, {module.groups}"
            return f"F.conv{axes}d({x}, {weight}, {bias}, {window})"
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            statistics = f"{own['running_mean']}, {own['running_var']}"
            return f"F.batch_norm({x}, {statistics}, {weight}, {bias}, training, {module.momentum!r}, {module.eps!r})"
        case nn.Embedding(max_norm=None):
            return f"F.embedding({x}, {weight}, {module.padding_idx!r})"
        case nn.GroupNorm():
            return f"F.group_norm({x}, {module.num_groups}, {weight}, {bias}, {module.eps!r})"
        case nn.PReLU():
            return f"F.prelu({x}, {weight})"
        case nn.GELU():
            return f"F.gelu({x}, approximate={module.approximate!r})"
        case nn.Softmax():
            return f"F.softmax({x}, {module.dim})"
    raise Unknown


def _stepped(module: nn.RNNCellBase, words: list[str], own: Mapping[str, str]) -> str:
    """One step of a recurrent layer as a function. Raises ``Unknown`` where it is not told where to begin."""
    if len(words) != 2:
        raise Unknown
    tensors = ", ".join(own.get(key, "None") for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    match module:
        case nn.LSTMCell():
            return f"torch.lstm_cell({words[0]}, {words[1]}, {tensors})"
        case nn.GRUCell():
            return f"torch.gru_cell({words[0]}, {words[1]}, {tensors})"
        case nn.RNNCell():
            return f"torch.rnn_{module.nonlinearity}_cell({words[0]}, {words[1]}, {tensors})"
    raise Unknown


_FUNCTIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "F.relu",
    nn.Sigmoid: "torch.sigmoid",
    nn.SiLU: "F.silu",
    nn.Tanh: "torch.tanh",
}  # modules that are told nothing


def _attended(module: nn.MultiheadAttention, words: list[str], own: Mapping[str, str]) -> str:
    """Attention as a function, which takes the places in front and the samples behind them. Raises ``Unknown``."""
    told = {word.partition("=")[0]: word.partition("=")[2] for word in words[3:]}
    if len(words) < 3 or not all(key.isidentifier() for key in told) or "key_padding_mask" in told:
        raise Unknown
    if module.batch_first and told.get("need_weights") != "False":
        raise Unknown  # its weights would be turned, too
    turned = ".transpose(0, 1)" if module.batch_first else ""
    query, key, value = (f"{word}{turned}" for word in words[:3])
    weights = f"{own['in_proj_weight']}, {own.get('in_proj_bias')}"
    out = f"{own['out_proj.weight']}, {own.get('out_proj.bias')}"
    more = "".join(f", {key}={each}" for key, each in told.items() if key in ("need_weights", "attn_mask"))
    return (
        f"{ATTENTION}({query}, {key}, {value}, {module.embed_dim}, {module.num_heads}, {weights}, None, None, False, "
        f"{module.dropout!r}, {out}, training{more})"
    )


ATTENTION = "F.multi_head_attention_forward"
