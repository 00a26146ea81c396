"""Torch expression: one line of PyTorch from a file, written anew from parts that may stand in it. Knows no torch.

Nothing is ever written that could do more than compute with tensors: the functions and methods are listed here, all
else is a number, a word, an axis, or a variable that was asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

_TORCH = frozenset(
    """
    abs acos acosh add addbmm addcdiv addcmul addmm addmv amax amin angle arange argmax argmin argsort asin asinh atan
    atan2 atanh baddbmm bmm broadcast_to bucketize cat cdist ceil chunk clamp clamp_max clamp_min clip clone complex
    concat copysign corrcoef cos cosh count_nonzero cov cross cummax cummin cumprod cumsum deg2rad diagonal diff dist
    div dot dstack einsum eq erf erfc erfinv exp exp2 expm1 eye fft.fft fft.fft2 fft.fftn fft.fftshift fft.ifft
    fft.ifft2 fft.ifftn fft.ifftshift fft.irfft fft.irfft2 fft.rfft fft.rfft2 flatten flip fliplr flipud floor
    floor_divide fmod frac full full_like gather ge gelu gru_cell gt heaviside hstack hypot imag index_add index_fill
    index_select inner inverse isfinite isinf isnan kron kthvalue le lerp lgamma linalg.inv linalg.norm linalg.solve
    linalg.vector_norm linspace log log10 log1p log2 log_softmax logaddexp logcumsumexp logical_and logical_not
    logical_or logical_xor logit logsumexp lstm_cell lt masked_fill masked_scatter matmul max maximum mean median
    meshgrid min minimum mm moveaxis movedim mul mv nan_to_num nanmean nansum narrow ne neg norm ones ones_like outer
    permute polar positive pow prod quantile rad2deg randn ravel real reciprocal relu remainder renorm
    repeat_interleave reshape rnn_relu_cell rnn_tanh_cell roll rot90 round rsqrt rsub scatter scatter_add
    scatter_reduce searchsorted select select_scatter sgn sigmoid sign sin sinc sinh slice_scatter softmax sort split
    sqrt square squeeze stack std std_mean sub sum swapaxes swapdims t take_along_dim tan tanh tensor tensor_split
    tensordot tile topk transpose tril triu true_divide trunc unbind unflatten unsqueeze var var_mean vdot
    view_as_complex view_as_real vstack where xlogy zeros zeros_like
    """.split()
)
_FUNCTIONAL = frozenset(
    """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d affine_grid
    avg_pool1d avg_pool2d avg_pool3d batch_norm bilinear celu channel_shuffle conv1d conv2d conv3d conv_transpose1d
    conv_transpose2d conv_transpose3d cosine_similarity elu embedding fold gelu glu grid_sample group_norm hardshrink
    hardsigmoid hardswish hardtanh instance_norm interpolate layer_norm leaky_relu linear local_response_norm
    log_softmax logsigmoid lp_pool1d lp_pool2d max_pool1d max_pool2d max_pool2d_with_indices max_pool3d max_unpool2d
    mish multi_head_attention_forward normalize one_hot pad pairwise_distance pdist pixel_shuffle pixel_unshuffle
    prelu relu relu6 rms_norm scaled_dot_product_attention selu sigmoid silu softmax softmin softplus softshrink
    softsign tanh tanhshrink threshold unfold
    """.split()
)
_METHODS = frozenset(word for word in _TORCH if "." not in word) - frozenset(
    """
    arange eye full full_like gru_cell linspace lstm_cell meshgrid ones ones_like randn rnn_relu_cell rnn_tanh_cell
    tensor zeros zeros_like
    """.split()
) | frozenset(
    """
        bool contiguous double expand expand_as float half int long new_ones new_zeros repeat reshape_as size to type_as
        unfold view view_as
        """.split()
)
_WORDS = frozenset(
    "torch.float32 torch.float64 torch.float16 torch.bfloat16 torch.int64 torch.int32 torch.bool torch.inf".split()
)
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult, ast.BitAnd, ast.BitOr)
_COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_GREATEST = 2**31  # of a whole number
LONGEST = 400_000  # letters


def rewritten(text: str, variables: Mapping[str, str]) -> str:
    """The expression ``text`` with these words for its variables, built from its parts.

    Raises ``ValueError`` where anything stands in it that may not.
    """
    if len(text) > LONGEST:
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
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d AvgPool2d BatchNorm1d
    BatchNorm2d BatchNorm3d Bilinear CircularPad2d ConstantPad1d ConstantPad2d Conv1d Conv2d Conv3d ConvTranspose1d
    ConvTranspose2d ConvTranspose3d CosineSimilarity Dropout1d Dropout2d Dropout3d Embedding Flatten Fold GLU
    GroupNorm GRU GRUCell Hardtanh InstanceNorm1d InstanceNorm2d LayerNorm Linear LocalResponseNorm LPPool1d LSTM
    LSTMCell MaxPool1d MaxPool2d MaxUnpool2d MultiheadAttention PixelShuffle PixelUnshuffle PReLU ReflectionPad1d
    ReflectionPad2d ReplicationPad1d ReplicationPad2d RMSNorm RNN RNNCell Softmax Softmax2d Softplus
    TransformerEncoderLayer Unflatten Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d ZeroPad2d
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
