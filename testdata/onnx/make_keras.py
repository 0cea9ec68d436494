"""Makes the ONNX files of this folder that Keras and tf2onnx export, channels last, and TensorFlow's logits, loss and gradients.

    python make_keras.py        (tensorflow, tf2onnx)

The network is as Keras trains it further: batch norms keep their statistics.
"""

import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import onnx
import tensorflow as tf

HERE = pathlib.Path(__file__).parent
CLASSES = 5


def uniform(seed, n):
    """n values in [-1, 1) from an integer hash: the same in every language."""
    j = np.arange(n, dtype=np.int64)
    h = (j * 2654435761 + seed * 40503 + 1) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    h = (h * 2246822519) & 0xFFFFFFFF
    h = h ^ (h >> 13)
    return h / 2**31 - 1


def network():
    layers = keras.layers
    x = image = keras.Input((None, None, 3), name="image")
    x = layers.Rescaling(1 / 127.5, -1)(x)
    x = layers.Conv2D(8, 3, 2, padding="same", use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(max_value=6)(x)
    x = layers.DepthwiseConv2D(3, 2, padding="same", name="depth")(x)
    x = layers.Activation("tanh")(x)
    x = layers.Conv2D(16, 1, name="point")(x)
    x = layers.Activation("swish")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(CLASSES, activation="softmax", name="scores")(x))
    for i, v in enumerate(model.weights):
        u = uniform(i, int(np.prod(v.shape))).reshape(v.shape)
        if "variance" in v.path:
            v.assign(1 + 0.5 * u)
        elif len(v.shape) > 1:
            v.assign(u * (6 / np.prod(v.shape[:-1])) ** 0.5)
        else:
            v.assign(1 + 0.1 * u if "gamma" in v.path else 0.1 * u)
    return model


if __name__ == "__main__":
    model = network()
    model(np.zeros((1, 32, 32, 3), np.float32))
    model.export(HERE / "keras.onnx", format="onnx", verbose=False)
    exported = onnx.load(HERE / "keras.onnx")
    exported.doc_string = ""
    del exported.graph.value_info[:]
    onnx.save(exported, HERE / "keras.onnx")

    n, size = 2, 32
    # Bytes, channels first as onecycle has them.
    x = np.round(127.5 + 127.5 * uniform(7, n * 3 * size * size)).reshape(n, 3, size, size).astype(np.float32)
    headless = keras.Model(model.input, model.layers[-2].output)
    kernel, bias = model.layers[-1].weights
    with tf.GradientTape() as tape:
        logits = headless(tf.transpose(x, (0, 2, 3, 1)), training=False) @ kernel + bias
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(np.arange(n) % CLASSES, logits))
    variables = list(model.trainable_variables)
    found = dict(zip([v.path for v in variables], tape.gradient(loss, [v.value for v in variables])))
    found = {path: g.numpy() for path, g in found.items()}
    # tf2onnx has multiplied the batch norm into the kernel: gradients of the product.
    norm = model.get_layer("norm")
    scale = (norm.gamma / tf.sqrt(norm.moving_variance + norm.epsilon)).numpy()
    found["stem/kernel"] = found["stem/kernel"] / scale
    found["stem/bias"] = found["norm/beta"]
    nodes = {op: [n for n in exported.graph.node if n.op_type == op] for op in ("Conv", "MatMul", "Add")}
    grads = {}

    def note(name, g):
        grads[name] = {"l2": float(np.linalg.norm(g)), "head": [float(f) for f in g.flatten()[:4]]}

    for layer, node in zip(("stem", "depth", "point"), nodes["Conv"]):
        # Kernels are [h, w, in, out] in Keras, depthwise ones [h, w, channels, 1].
        axes = (2, 3, 0, 1) if layer == "depth" else (3, 2, 0, 1)
        note(f"{node.input[1]}.weight", found[f"{layer}/kernel"].transpose(axes))
        note(f"{node.input[1]}.bias", found[f"{layer}/bias"])
    note(nodes["MatMul"][-1].input[1], found["scores/kernel"])
    note(nodes["Add"][-1].input[1], found["scores/bias"])
    data = {"size": size, "logits": logits.numpy().tolist(), "loss": float(loss), "grads": grads}
    (HERE / "keras.json").write_text(json.dumps(data, indent=1) + "\n")
