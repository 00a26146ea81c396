"""Torch expression: one line of PyTorch from a file, written anew from parts that may stand in it. Knows no torch.

Nothing is ever written that could do more than compute with tensors: the functions and methods are listed here, all
else is a number, a word, an axis, or a variable that was asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

_TORCH = frozenset(
    """
    abs add addcdiv addcmul amax amin arange argmax argmin argsort atan2 baddbmm bmm broadcast_to cat ceil chunk clamp
    clone complex concat cos cummax cumprod cumsum diagonal diff div dot einsum eq erf exp expm1 eye fft.fft2 fft.ifft2
    fft.irfft2 fft.rfft2 flatten flip floor floor_divide fmod full full_like gather ge gelu gt hypot index_select
    isnan kron lerp le linspace log log10 log1p log2 logical_and logical_not logical_or logsumexp lt masked_fill matmul
    max maximum mean meshgrid min minimum mm movedim mul mv narrow ne neg norm ones ones_like outer permute pow prod
    real imag randn reciprocal relu remainder repeat_interleave reshape roll round rot90 rsqrt select sigmoid sign
    sin sinh slice_scatter softmax log_softmax sort split sqrt square squeeze stack std std_mean sub sum swapaxes
    t take_along_dim tan tanh tensor tensordot tile topk transpose tril triu true_divide unbind unflatten unsqueeze
    var var_mean view_as_complex view_as_real where zeros zeros_like
    """.split()
)
_FUNCTIONAL = frozenset(
    """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d avg_pool1d avg_pool2d batch_norm bilinear celu conv1d
    conv2d conv_transpose2d cosine_similarity elu fold gelu glu grid_sample affine_grid group_norm hardshrink
    hardsigmoid hardswish hardtanh instance_norm interpolate layer_norm leaky_relu linear local_response_norm
    log_softmax logsigmoid lp_pool2d max_pool1d max_pool2d max_pool2d_with_indices max_unpool2d mish
    multi_head_attention_forward normalize one_hot pad pixel_shuffle pixel_unshuffle
    channel_shuffle prelu relu relu6 rms_norm scaled_dot_product_attention selu sigmoid silu softmax softmin softplus
    softshrink softsign tanh tanhshrink threshold unfold
    """.split()
)
_METHODS = frozenset(word for word in _TORCH if "." not in word) - frozenset(
    "arange eye full full_like linspace meshgrid ones ones_like randn tensor zeros zeros_like".split()
) | frozenset(
    """
        bool contiguous double expand expand_as float half int long new_ones new_zeros repeat reshape_as size to type_as
        unfold view view_as
        """.split()
)
_WORDS = frozenset(
    "torch.float32 torch.float64 torch.float16 torch.bfloat16 torch.int64 torch.int32 torch.bool".split()
)
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.BitAnd, ast.BitOr)
_COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_GREATEST = 2**31  # of a whole number
_LONGEST = 400_000  # letters


def rewritten(text: str, variables: Mapping[str, str]) -> str:
    """The expression ``text`` with these words for its variables, built from its parts.

    Raises ``ValueError`` where anything stands in it that may not.
    """
    if len(text) > _LONGEST:
        raise ValueError("too long")
    try:
        return ast.unparse(_made(ast.parse(text, mode="eval").body, variables))
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("no expression") from error


def _made(node: ast.expr, variables: Mapping[str, str]) -> ast.expr:
    """This part built anew. Raises ``ValueError`` for one that may not be written."""

    def made(part: ast.expr) -> ast.expr:
        return _made(part, variables)

    match node:
        case ast.Constant(value=value) if _is_plain(value):
            return ast.Constant(value)
        case ast.UnaryOp(op=ast.USub() | ast.Invert(), operand=operand):
            return ast.UnaryOp(node.op, made(operand))
        case ast.BinOp(left=left, op=sign, right=right) if isinstance(sign, _OPERATORS):
            return ast.BinOp(made(left), sign, made(right))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if isinstance(sign, _COMPARED):
            return ast.Compare(made(left), [sign], [made(right)])
        case ast.Tuple(elts=entries) | ast.List(elts=entries):
            return type(node)(list(map(made, entries)), ast.Load())
        case ast.Slice(lower=lower, upper=upper, step=step):
            return ast.Slice(*(made(each) if each is not None else None for each in (lower, upper, step)))
        case ast.Subscript(value=value, slice=index):
            return ast.Subscript(made(value), made(index), ast.Load())
        case ast.Call(func=called, args=given, keywords=told) if all(word.arg for word in told):
            keywords = [ast.keyword(word.arg, made(word.value)) for word in told]
            return ast.Call(_called(called, variables), list(map(made, given)), keywords)
        case ast.Attribute(value=value, attr="shape"):
            return ast.Attribute(made(value), "shape", ast.Load())
        case _ if (word := _dotted(node)) in variables:
            return ast.parse(variables[word], mode="eval").body
        case _ if word in _WORDS:
            return node
    raise ValueError("no such part")


def _is_plain(value: object) -> bool:
    is_number = type(value) is int and value < _GREATEST
    return value is None or value is ... or type(value) in (bool, float, str) or is_number


def _called(node: ast.expr, variables: Mapping[str, str]) -> ast.expr:
    """What is called, if it may be."""
    word = _dotted(node)
    place, _, name = word.partition(".")
    if (place == "torch" and name in _TORCH) or (place == "F" and name in _FUNCTIONAL):
        return node
    if word == "self" and word in variables:
        return ast.parse(variables[word], mode="eval").body
    if isinstance(node, ast.Attribute) and node.attr in _METHODS:
        return ast.Attribute(_made(node.value, variables), node.attr, ast.Load())
    raise ValueError("no such function")


def _dotted(node: ast.expr) -> str:
    """``torch.fft.fft2``, as it is written; empty for what is no row of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


_MODULES = frozenset(
    """
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d AvgPool2d BatchNorm1d BatchNorm2d
    BatchNorm3d Bilinear CircularPad2d ConstantPad1d ConstantPad2d Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d
    ConvTranspose3d CosineSimilarity Dropout1d Dropout2d Dropout3d Flatten Fold GLU GroupNorm GRU Hardtanh
    InstanceNorm1d InstanceNorm2d LayerNorm Linear LPPool1d LSTM LocalResponseNorm MaxPool1d MaxPool2d MaxUnpool2d
    MultiheadAttention PReLU PixelShuffle PixelUnshuffle RMSNorm ReflectionPad1d ReflectionPad2d ReplicationPad1d
    ReplicationPad2d RNN Softmax Softmax2d Softplus TransformerEncoderLayer Unflatten Unfold Upsample
    UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d ZeroPad2d
    """.split()
)


def module_call(text: str) -> str:
    """The call that makes a module of ``torch.nn``, of literals alone, built anew.

    Raises ``ValueError`` where it is no such call.
    """
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("no call") from error
    place, _, name = _dotted(call.func).partition(".") if isinstance(call, ast.Call) else ("", "", "")
    if not isinstance(call, ast.Call) or place != "nn" or name not in _MODULES:
        raise ValueError("no module of torch.nn")
    words = [repr(_literal(entry)) for entry in call.args]
    words += [f"{word.arg}={_literal(word.value)!r}" for word in call.keywords if word.arg]
    if len(words) < len(call.args) + len(call.keywords):
        raise ValueError("no literals")
    return f"nn.{name}({', '.join(words)})"


def _literal(node: ast.expr) -> object:
    value = ast.literal_eval(node)
    value = tuple(value) if isinstance(value, list) else value
    for entry in value if isinstance(value, tuple) else (value,):
        if entry is not None and type(entry) not in (int, float, bool, str):
            raise ValueError("no literal")
    return value
