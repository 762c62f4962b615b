"""Converts a .keras file, and runs exported models each in the runtime it is meant for.

`ftlib.exports.export` starts this file as a script, in processes of their own: what is imported here is all that a
model needs elsewhere, so `ftlib` is not among it. Each function `load_...` is how one would open such a file in a
program of one's own.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

FEWEST_TIMED_CALLS = 30  # fewer would let one pause of the machine decide

# A function from pixels `(1, height, width, channels)`, or token ids `(1, length)`, to probabilities `(1, classes)`;
# and the name of the runtime.
Loaded = tuple[Callable[[np.ndarray], Any], str]


def load_keras(path: str) -> Loaded:
    """Returns a function from pixels `(1, height, width, channels)` to probabilities, and the runtime's name."""
    import keras

    model: Any = keras.models.load_model(path, compile=False)
    return model.predict_on_batch, f"Keras {keras.__version__}, {keras.backend.backend()}"


def load_savedmodel(path: str) -> Loaded:
    """As `load_keras`, for a folder that TensorFlow reads."""
    import tensorflow as tf

    model = tf.saved_model.load(path)

    def answer(pixels):
        return model.serve(tf.constant(pixels)).numpy()

    return answer, f"TensorFlow {tf.__version__}"


def load_onnx(path: str) -> Loaded:
    """As `load_keras`, for an ONNX file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    input_name = session.get_inputs()[0].name

    def answer(pixels):
        return session.run(None, {input_name: pixels})[0]

    return answer, f"ONNX Runtime {onnxruntime.__version__}"


def load_litert(path: str) -> Loaded:
    """As `load_keras`, for a .tflite file: in LiteRT, or where it is not installed in TensorFlow's copy of it."""
    try:
        from importlib.metadata import version

        from ai_edge_litert.interpreter import Interpreter

        runtime = f"LiteRT {version('ai-edge-litert')}"
    except ImportError:
        import tensorflow as tf

        Interpreter = tf.lite.Interpreter
        runtime = f"TensorFlow Lite {tf.__version__}"
    interpreter = Interpreter(model_path=path)
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = interpreter.get_output_details()[0]["index"]

    def answer(pixels):
        if tuple(interpreter.get_input_details()[0]["shape"]) != pixels.shape:
            interpreter.resize_tensor_input(input_index, pixels.shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(input_index, pixels)
        interpreter.invoke()
        return interpreter.get_tensor(output_index)

    interpreter.allocate_tensors()
    return answer, runtime


LOADERS = {"keras": load_keras, "savedmodel": load_savedmodel, "onnx": load_onnx, "litert": load_litert}


def run(format_name: str, path: str, images: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Loads a model and gives it images one at a time, as a program that answers requests would.

    Args:
        format_name: A key of `LOADERS`.
        path: Of the exported file or folder.
        images: `(n, height, width, channels)`, `float32`, pixels 0-255; or token ids `(n, length)`, `int32`.

    Returns:
        `(probabilities (n, classes), facts)`: the runtime, the seconds to load and to the first answer, and the
        milliseconds of each later call.
    """
    start_time = time.perf_counter()
    answer, runtime = LOADERS[format_name](path)
    loaded_time = time.perf_counter()
    answers = [np.asarray(answer(images[:1]))]
    first_answer_time = time.perf_counter()
    call_milliseconds = []
    for call in range(1, max(len(images), FEWEST_TIMED_CALLS + 1)):
        index = call % len(images)
        call_start = time.perf_counter()
        probabilities = np.asarray(answer(images[index : index + 1]))
        call_milliseconds.append(1000 * (time.perf_counter() - call_start))
        answers.append(probabilities)
    facts = {
        "runtime": runtime,
        "load_s": loaded_time - start_time,
        "first_s": first_answer_time - loaded_time,
        "calls_ms": call_milliseconds,
    }
    return np.concatenate(answers[: len(images)]), facts


def convert(source_path: str, path_of_format: Mapping[str, str]) -> None:
    """Writes a `.keras` file in other formats, always in 32-bit floats, which all of them take.

    Args:
        source_path: Of the `.keras` file.
        path_of_format: Dict from the name of a format to the path to write.
    """
    import keras

    keras_names = {"savedmodel": "tf_saved_model", "litert": "litert"}
    model: Any = in_float32(keras.models.load_model(source_path, compile=False))
    for format_name, path in path_of_format.items():
        if format_name == "onnx":
            to_onnx(model, path)
        else:
            model.export(path, format=keras_names[format_name], verbose=False)


def to_onnx(model: Any, path: str) -> None:
    """Writes a model as ONNX.

    Keras's own export takes the constants of a Normalization layer for inputs (EfficientNet has one), and leaves
    grouped convolutions and GELU (ConvNeXt) as operations that no ONNX runtime knows.

    Args:
        model: A `keras.Model` on the TensorFlow backend.
        path: The file to write.
    """
    import tf2onnx

    graph, input_name, output_name = _trace_with_constants(model)
    tf2onnx.convert.from_graph_def(
        graph.as_graph_def(),
        input_names=[input_name],
        output_names=[output_name],
        tensors_to_rename={input_name: _input_title(model), output_name: _output_title(model)},
        custom_op_handlers={"Erfc": (_replace_erfc, [])},
        opset=17,
        output_path=path,
    )


def _input_title(model):
    """Returns how the input is called."""
    return "tokens" if "int" in str(model.inputs[0].dtype) else "image"


def _output_title(model):
    """Returns how the output is called: a regression ends in the layer that gives its numbers their unit."""
    return "values" if type(model.layers[-1]).__name__ == "Rescaling" else "probabilities"


def _trace_with_constants(model):
    """Returns the graph of a model in which all weights are constants, and the names of its input and output."""
    from unittest import mock

    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf_function = tf.function
    dtype = "int32" if "int" in str(model.inputs[0].dtype) else "float32"
    image = tf.TensorSpec(model.input_shape, dtype, name="image")

    def function_without_xla(*args, **options):
        return tf_function(*args, **{**options, "jit_compile": None})

    # Keras compiles grouped convolutions with XLA, as calls that cannot be opened.
    with mock.patch.object(tf, "function", function_without_xla):
        traced = tf_function(lambda image: model(image, training=False), [image], autograph=False)
        concrete_function = traced.get_concrete_function()
    frozen_function = convert_variables_to_constants_v2(concrete_function)  # every constant too
    return frozen_function.graph, frozen_function.inputs[0].name, frozen_function.outputs[0].name


def _replace_erfc(graph, node, *_):
    """Writes `erfc(x)`, which ONNX does not have, as `1 - erf(x)`."""
    import tf2onnx

    one = graph.make_const(tf2onnx.utils.make_name("one"), np.array(1, "float32"))
    node.type = "Erf"
    difference = graph.make_node("Sub", [one.output[0], node.output[0]])
    other_nodes = [graph_node for graph_node in graph.get_nodes() if graph_node is not difference]
    graph.replace_all_inputs(node.output[0], difference.output[0], ops=other_nodes)


def in_float32(model: Any) -> Any:
    """Returns a model that computes in `float32`: itself, or a copy with the same weights if it mixes precisions."""
    import keras

    policy_names = {layer.dtype_policy.name for layer in model._flatten_layers()}
    mixed_names = {name for name in policy_names if name.startswith("mixed_")}
    if not mixed_names:
        return model

    def with_float32(config):
        if isinstance(config, dict):
            return {key: with_float32(value) for key, value in config.items()}
        if isinstance(config, (list, tuple)):
            return type(config)(map(with_float32, config))
        return "float32" if isinstance(config, str) and config in mixed_names else config

    float32_config = with_float32(keras.saving.serialize_keras_object(model))
    float32_model: Any = keras.saving.deserialize_keras_object(float32_config)
    float32_model.set_weights(model.get_weights())
    return float32_model


def main(arguments: list[str]) -> None:
    """`convert SOURCE JSON MODULES` or `run FORMAT PATH IMAGES.npy OUT.npz MODULES`; modules to import, with commas."""
    command, *command_arguments, modules = arguments
    for module in filter(None, modules.split(",")):
        importlib.import_module(module)  # KerasHub's layers are known to Keras once it is imported
    if command == "convert":
        source_path, formats_json = command_arguments
        convert(source_path, json.loads(formats_json))
    else:
        format_name, path, images_path, answers_path = command_arguments
        answers, facts = run(format_name, path, np.load(images_path))
        np.savez(answers_path, answers=answers, facts=np.array(json.dumps(facts)))


if __name__ == "__main__":
    main(sys.argv[1:])
