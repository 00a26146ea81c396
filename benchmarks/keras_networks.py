"""Eight networks of Keras 3 with what Keras computes of them, as files by which the import is tested.

    KERAS_BACKEND=jax python benchmarks/keras_networks.py OUT

Keras and JAX are no dependencies of the program: this runs where they are installed. JAX pads as TensorFlow does; the
backend of PyTorch pads average pooling by repeating the edge, and is no referee. The files are kept in
tests/exchange/importing/translating/keras, so that the tests need neither.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers


def networks() -> Iterator[tuple[str, Any]]:
    """Each with a name."""
    image = keras.Input((12, 10, 3))
    yield "plain", keras.Sequential([
        image, layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(5, (3, 2), padding="same"),
        layers.LeakyReLU(), layers.Flatten(), layers.Dropout(0.3), layers.Dense(6, activation="tanh"),
        layers.Dense(4, activation="softmax"),
    ])  # fmt: skip

    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(x)
    x = y = layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.9, epsilon=0.002)(x))
    y = layers.BatchNormalization(scale=False)(layers.Conv2D(6, 3, padding="same", dilation_rate=2)(y))
    y = layers.Activation("relu")(layers.BatchNormalization(center=False)(layers.Conv2D(6, 1)(y)))
    x = layers.GlobalAveragePooling2D()(layers.Add()([x, y]))
    yield "residual", keras.Model(image, layers.Dense(3)(x))

    x = layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", activation="silu")(image)
    x = layers.SeparableConv2D(6, 5, padding="same", depth_multiplier=2, activation="hard_silu")(x)
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(6, 1, activation="hard_sigmoid")(layers.Conv2D(2, 1, activation="gelu")(s))
    x = layers.Multiply()([x, s])
    s = layers.Dense(6, activation="sigmoid")(layers.Reshape((1, 1, 6))(layers.GlobalMaxPooling2D()(x)))
    yield "mobile", keras.Model(image, layers.Conv2D(4, 3, groups=2)(layers.multiply([x, s])))

    x = d = layers.Conv2D(4, 3, strides=2, padding="same", activation="elu")(image)
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same")(x)
    z = layers.Conv2DTranspose(3, 2, strides=(2, 2))(d)
    w = layers.Conv2DTranspose(2, 4, strides=2, padding="same", use_bias=False)(d)
    u = layers.UpSampling2D(2, interpolation="bilinear")(d)
    v = layers.Cropping2D(((1, 0), (0, 2)))(layers.Conv2DTranspose(2, (2, 5), strides=(3, 2), padding="valid")(d))
    x = layers.Concatenate()([x, z, w, u, layers.UpSampling2D()(d)])
    yield "up", keras.Model(image, [layers.Conv2D(2, 1)(x), v])

    image = keras.Input((11, 12, 2))
    x = [
        layers.AveragePooling2D(3, 2, padding="same")(image), layers.MaxPooling2D(3, 2, padding="same")(image),
        layers.AveragePooling2D(2, 2, padding="same")(image), layers.MaxPooling2D(5, 2, padding="same")(image),
        layers.AveragePooling2D((5, 4), 2, padding="same")(image),
    ]  # fmt: skip
    m = layers.Maximum()([layers.AveragePooling2D(2, 1, padding="same")(image), layers.Average()([image, image])])
    x.append(layers.MaxPooling2D(2, 2, padding="same")(layers.subtract([m, image])))
    yield "pools", keras.Model(image, layers.concatenate(x))

    x = layers.GroupNormalization(2)(layers.Conv2D(8, 3)(image))
    x = layers.PReLU(shared_axes=[1, 2])(layers.LayerNormalization()(x))
    x = layers.Dense(6, activation="softplus")(x)
    x = layers.Permute((2, 1, 3))(layers.Softmax()(x))
    x = layers.GaussianNoise(0.1)(layers.SpatialDropout2D(0.2)(x))
    yield "norms", keras.Model(image, layers.Dense(3)(layers.Reshape((-1,))(x)))

    inner = keras.Sequential([layers.Input((11, 12, 2)), layers.Conv2D(4, 3), layers.BatchNormalization()], name="body")
    body_in = keras.Input((9, 10, 4))
    conv = layers.Conv2D(4, 3, padding="same", name="conv")
    body = keras.Model(body_in, layers.add([conv(conv(body_in)), body_in]), name="middle")
    body.trainable = False
    x = layers.Conv2D(4, 1, name="other")(body(inner(image)))
    yield "nested", keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))

    row = keras.Input((7,))
    x = layers.BatchNormalization()(layers.Dense(12, activation="swish")(row))
    x = layers.Conv2D(3, 2, padding="same")(layers.Reshape((2, 3, 2))(x))
    x = layers.Concatenate()([layers.Flatten()(x), layers.PReLU()(layers.Dense(5)(row))])
    yield "row", keras.Model(row, layers.Dense(3, activation="log_softmax")(x))


def main() -> None:
    """Write each network as .keras, and images and answers as .npz."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(0)
    for name, model in networks():
        for each in model.weights:
            if each.dtype == "float32":
                spread = numbers.normal(0, 0.4, each.shape)
                each.assign(abs(spread) + 0.5 if "variance" in each.path else spread)
        model.save(out / "whole.keras")
        with (
            zipfile.ZipFile(out / "whole.keras") as whole,
            zipfile.ZipFile(out / f"{name}.keras", "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for member in whole.namelist():
                packed.writestr(member, whole.read(member))
        (out / "whole.keras").unlink()
        images = numbers.normal(size=(2, *model.inputs[0].shape[1:])).astype(np.float32)
        answers = model(images, training=False)
        answer = np.asarray(answers[0] if isinstance(answers, list) else answers)
        np.savez_compressed(out / f"{name}.npz", x=images, y=answer)
        print(f"{name}: {model.count_params():,} weights, {(out / f'{name}.keras').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
