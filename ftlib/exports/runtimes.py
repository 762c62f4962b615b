"""Converts a .keras file, and runs exported models each in the runtime it is meant for.

`ftlib.exports.export` starts this file as a script, in processes of their own: what is imported here is all that a
model needs elsewhere, so `ftlib` is not among it. Each function `load_...` is how one would open such a file in a
program of one's own.
"""

import importlib
import json
import sys
import time

import numpy as np

LEAST_CALLS = 30  # timed; fewer would let one pause of the machine decide


def load_keras(path):
    """Returns a function from pixels `(1, height, width, channels)` to probabilities, and the runtime's name."""
    import keras

    model = keras.models.load_model(path, compile=False)
    return model.predict_on_batch, f"Keras {keras.__version__}, {keras.backend.backend()}"


def load_savedmodel(path):
    """As `load_keras`, for a folder that TensorFlow reads."""
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    return lambda pixels: loaded.serve(tf.constant(pixels)).numpy(), f"TensorFlow {tf.__version__}"


def load_onnx(path):
    """As `load_keras`, for an ONNX file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pixels: session.run(None, {name: pixels})[0], f"ONNX Runtime {onnxruntime.__version__}"


def load_litert(path):
    """As `load_keras`, for a .tflite file: in LiteRT, or where it is not installed in TensorFlow's copy of it."""
    try:
        from importlib.metadata import version

        from ai_edge_litert.interpreter import Interpreter

        runtime = f"LiteRT {version('ai-edge-litert')}"
    except ImportError:
        import tensorflow as tf

        Interpreter, runtime = tf.lite.Interpreter, f"TensorFlow Lite {tf.__version__}"
    interpreter = Interpreter(model_path=path)
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]["index"]

    def run(pixels):
        if tuple(interpreter.get_input_details()[0]["shape"]) != pixels.shape:
            interpreter.resize_tensor_input(taken["index"], pixels.shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(taken["index"], pixels)
        interpreter.invoke()
        return interpreter.get_tensor(given)

    interpreter.allocate_tensors()
    return run, runtime


LOADERS = {"keras": load_keras, "savedmodel": load_savedmodel, "onnx": load_onnx, "litert": load_litert}


def run(form, path, images):
    """Loads a model and gives it images one at a time, as a program that answers requests would.

    Returns:
        `(probabilities (n, classes), facts)`: the runtime, the seconds to load and to the first answer, and the
        milliseconds of each later call.
    """
    began = time.perf_counter()
    answer, runtime = LOADERS[form](path)
    loaded = time.perf_counter()
    answers, calls = [np.asarray(answer(images[:1]))], []
    first = time.perf_counter()
    for i in range(1, max(len(images), LEAST_CALLS + 1)):
        at = i % len(images)
        start = time.perf_counter()
        row = np.asarray(answer(images[at : at + 1]))
        calls.append(1000 * (time.perf_counter() - start))
        answers.append(row)
    facts = {"runtime": runtime, "load_s": loaded - began, "first_s": first - loaded, "calls_ms": calls}
    return np.concatenate(answers[: len(images)]), facts


def convert(source, wanted):
    """Writes a `.keras` file in other formats, as `{format: path}`; always in 32-bit floats, which all of them take."""
    import keras

    kinds = {"savedmodel": "tf_saved_model", "litert": "litert"}
    model = in_float32(keras.models.load_model(source, compile=False))
    for form, path in wanted.items():
        if form == "onnx":
            to_onnx(model, path)
        else:
            model.export(path, format=kinds[form], verbose=False)


def to_onnx(model, path):
    """Writes a model as ONNX.

    Keras's own export takes the constants of a Normalization layer for inputs (EfficientNet has one), and leaves
    grouped convolutions and GELU (ConvNeXt) as operations that no ONNX runtime knows.
    """
    from unittest import mock

    import tensorflow as tf
    import tf2onnx
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    plain, image = tf.function, tf.TensorSpec(model.input_shape, "float32", name="image")
    # Keras compiles grouped convolutions with XLA, as calls that cannot be opened.
    with mock.patch.object(tf, "function", lambda *args, **options: plain(*args, **{**options, "jit_compile": None})):
        traced = plain(lambda image: model(image, training=False), [image], autograph=False).get_concrete_function()
    frozen = convert_variables_to_constants_v2(traced)  # every constant too

    def erfc(graph, node, *_):
        one = graph.make_const(tf2onnx.utils.make_name("one"), np.array(1, "float32"))
        node.type = "Erf"
        after = graph.make_node("Sub", [one.output[0], node.output[0]])
        graph.replace_all_inputs(node.output[0], after.output[0], ops=[n for n in graph.get_nodes() if n is not after])

    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[frozen.inputs[0].name],
        output_names=[frozen.outputs[0].name],
        tensors_to_rename={frozen.inputs[0].name: "image", frozen.outputs[0].name: "probabilities"},
        custom_op_handlers={"Erfc": (erfc, [])},
        opset=17,
        output_path=path,
    )


def in_float32(model):
    """Returns a model that computes in `float32`: itself, or a copy with the same weights if it mixes precisions."""
    import keras

    mixed = {p for layer in model._flatten_layers() if (p := layer.dtype_policy.name).startswith("mixed_")}
    if not mixed:
        return model

    def plain(config):
        if isinstance(config, dict):
            return {key: plain(value) for key, value in config.items()}
        if isinstance(config, (list, tuple)):
            return type(config)(map(plain, config))
        return "float32" if isinstance(config, str) and config in mixed else config

    copy = keras.saving.deserialize_keras_object(plain(keras.saving.serialize_keras_object(model)))
    copy.set_weights(model.get_weights())
    return copy


def main(arguments):
    """`convert SOURCE JSON MODULES` or `run FORMAT PATH IMAGES.npy OUT.npz MODULES`; modules to import, with commas."""
    task, *rest, modules = arguments
    for name in filter(None, modules.split(",")):
        importlib.import_module(name)  # KerasHub's layers are known to Keras once it is imported
    if task == "convert":
        convert(rest[0], json.loads(rest[1]))
    else:
        form, path, images, out = rest
        answers, facts = run(form, path, np.load(images))
        np.savez(out, answers=answers, facts=json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1:])
