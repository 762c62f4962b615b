# %% [markdown] lang="en"
# # What a GPU changes
#
# Ten lessons ran on one processor core. A GPU promises hundreds of times as much, and gives far less. Where does the rest go? We
# take an update apart, on the core that we have, and find what each part waits for.
#
# **Questions**
# - What does an update consist of, and why does a GPU ask for large batches?
# - What do 16-bit numbers, compilation, and several devices change: the result, or the time alone?
# - What will a run cost, and how do I know before I pay?
#
# **You will**
# - count operations and bytes, and compare them with what a machine promises
# - watch a gradient vanish in 16 bits, and bring it back
# - show that precision, XLA, parts of a batch and two devices end in the same place
# - change the batch without learning less, and compute the price of a run
#
# ⏱ {{minutes}} minutes · Needs: lesson 05 (better: up to 06) · Runs in about a minute on a laptop, without a GPU
# %% [markdown] lang="ko"
# # GPU가 바꾸는 것
#
# 지금까지 열 번의 수업은 모두 CPU 코어 하나로 돌렸습니다. GPU는 수백 배 빠르다고 하지만 실제로는 그에 훨씬 못 미칩니다. 나머지는 어디로 갔을까요? 지금 가진 코어에서 업데이트 한 번을
# 뜯어보며, 부분마다 무엇을 기다리는지 찾아봅시다.
#
# **질문**
# - 업데이트 한 번은 무엇으로 이루어지고, GPU에는 왜 큰 배치가 필요할까요?
# - 16비트 숫자, 컴파일, 여러 장치가 바꾸는 것은 결과일까요, 시간뿐일까요?
# - 실행 한 번에 비용이 얼마나 들까요? 돈을 쓰기 전에 어떻게 알 수 있을까요?
#
# **이 수업을 마치면**
# - 연산과 바이트를 세어 기계의 공칭 성능과 비교할 수 있습니다
# - 16비트에서 기울기(gradient)가 사라지는 것을 보고 되살릴 수 있습니다
# - 정밀도를 바꾸거나, XLA를 쓰거나, 배치를 나누거나, 장치를 두 개 써도 같은 곳에 이른다는 것을 보일 수 있습니다
# - 덜 배우는 일 없이 배치의 크기를 바꾸고, 실행 비용을 계산할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 5강(6강까지 보면 더 좋습니다) · GPU 없이 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import json
import math
import pathlib
import tempfile
import time

import keras
import ml_dtypes
import numpy as np

import ftlib as ft
from ftlib import plots
from ftlib.models.inference import prefetch, predict
from ftlib.tasks.folder.decode import FolderImages
# %%
# One processor plays two devices; to be said before anything is computed.
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        processor, [tf.config.LogicalDeviceConfiguration()] * 2
    )

task = ft.load_task("digits", labels_per_class=10, seed=0)
model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
body, fitted = model.get_layer("backbone"), task.for_backbone(model)
# %% [markdown] lang="en"
# ## How much work is an update?
#
# A layer multiplies and adds: two operations for each entry of its kernel, at each place of its output. It also has to fetch its
# weights and hand on what it made. Let us count both, for our small network and for MobileNetV2 at 224 pixels.
#
# **Predict.** MobileNetV2 has six times the weights of `glyphnet`. How many times the operations?
# %% [markdown] lang="ko"
# ## 업데이트 한 번은 얼마나 많은 일일까요?
#
# 층이 하는 일은 곱하고 더하는 것입니다. 출력의 자리마다, 커널의 값 하나에 연산이 두 번씩 듭니다. 가중치를 가져오고, 만든 값을 다음 층에 넘기는 일도 해야 합니다. 우리의 작은 신경망과
# 224픽셀 MobileNetV2에서 두 가지 일을 모두 세어 봅시다.
#
# **예측해 보세요.** MobileNetV2의 가중치는 `glyphnet`의 여섯 배입니다. 연산은 몇 배일까요?
# %% tags=["nbval-check-output"]
def count(network):
    """Operations for one image forward, weights, and numbers that layers hand on."""
    operations = handed = 0
    for layer in network.layers:
        *places, channels = layer.output.shape[1:]
        handed += math.prod(places) * channels
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            operations += 2 * math.prod(kernel.shape) * math.prod(places)
    return operations, network.count_params(), handed

counts = {
    "glyphnet": count(body),
    "MobileNetV2": count(keras.applications.MobileNetV2(weights=None)),
}
print(f"{'':<13}{'operations':>13}{'weights':>12}{'handed on':>12}")
for name, (operations, weights, handed) in counts.items():
    print(f"{name:<13}{operations:>13,}{weights:>12,}{handed:>12,}")
# 300 million multiply-adds in its paper.
assert abs(counts["MobileNetV2"][0] / 2 / 300e6 - 1) < 0.05
# %% [markdown] lang="en"
# {{counts["MobileNetV2"][0] / counts["glyphnet"][0]:.0f}} times the operations, and {{counts["MobileNetV2"][2] / counts["glyphnet"][2]:.0f}} times
# the numbers handed on. Its paper (Sandler et al., 2018) counts the same 300 million multiplications. An update is three such passes: one forward,
# one back to the inputs of each layer, one for the gradients of its weights.
# %% [markdown] lang="ko"
# 연산은 {{counts["MobileNetV2"][0] / counts["glyphnet"][0]:.0f}}배이고, 다음 층에 넘기는 값은 {{counts["MobileNetV2"][2] / counts["glyphnet"][2]:.0f}}배입니다.
# 논문(Sandler 등, 2018)에 적힌 곱셈 3억 번과도 맞습니다. 업데이트는 이런 일을 세 번 합니다. 앞으로 한 번, 층마다 입력 쪽으로 되돌아가며 한 번, 가중치의 기울기를 구하며 한
# 번입니다.
# %% [markdown] lang="en"
# ## Operations per byte
#
# A machine promises two things: operations a second, and bytes a second from its memory. Divided, they say how many operations a program
# has to do with each byte to use all of that speed: so many the machine `wants`. What a program does is its *arithmetic intensity*. Here are
# some promises, *nominal*, from the data sheets of NVIDIA's T4, A100 (40 GB) and H200 (SXM); the core is
# one of a laptop with AVX2 at 3 GHz and one channel of DDR4.
# %% [markdown] lang="ko"
# ## 연산 강도: 바이트당 연산 수
#
# 기계의 성능은 두 가지로 나타냅니다. 1초에 하는 연산의 수와, 1초에 메모리에서 가져오는 바이트의 수입니다. 앞의 것을 뒤의 것으로 나누면, 성능을 다 쓰려면 바이트 하나당 연산이 몇 번
# 필요한지 나옵니다(출력의 `wants`). 프로그램이 실제로 바이트 하나당 하는 연산의 수를 *연산 강도*(arithmetic intensity)라고 합니다. 아래는 NVIDIA T4, A100(40GB), H200(SXM)의 데이터시트에 적힌 *공칭* 값입니다. `laptop core`는 AVX2를 쓰는 3GHz 노트북 컴퓨터의 코어
# 하나에 DDR4 한 채널입니다.
# %%
nominal = {  # operations a second, bytes a second, bytes of a number
    "laptop core, float32": (96e9, 25.6e9, 4),
    "T4, float32": (8.1e12, 300e9, 4),
    "T4, float16": (65e12, 300e9, 2),
    "A100, float32": (19.5e12, 1555e9, 4),
    "A100, bfloat16": (312e12, 1555e9, 2),
    "H200, bfloat16": (989e12, 4800e9, 2),
}
wants = {name: peak / bandwidth for name, (peak, bandwidth, _) in nominal.items()}
for name, want in wants.items():
    print(
        f"{name:<22}{nominal[name][0] / 1e12:>7.1f} TFLOP/s "
        f"{nominal[name][1] / 1e9:>6.0f} GB/s   wants {want:>4.0f} per byte"
    )
assert min(wants, key=wants.get) == "laptop core, float32"
# %% [markdown] lang="en"
# What is the arithmetic intensity of an update? Its weights are read, and rewritten by Adam, once for the whole batch: ten trips of four bytes, roughly. What layers
# hand on is written and read for each image, forward and back: five trips, roughly. So the share of the weights shrinks as the batch grows.
#
# **Predict.** With larger batches, which of the two networks gains more operations per byte?
# %% [markdown] lang="ko"
# 그렇다면 업데이트의 연산 강도는 얼마나 될까요? 가중치를 읽고 Adam이 고쳐 쓰는 일은 배치 전체에 한 번이면 되고, 이때 4바이트가 대략 열 번 오갑니다. 층이 넘기는
# 값은 이미지마다, 앞으로 갈 때도 되돌아올 때도 쓰고 읽어서 대략 다섯 번 오갑니다. 그러니 배치가 커질수록 가중치가 차지하는 비중은 줄어듭니다.
#
# **예측해 보세요.** 배치를 키울 때 연산 강도가 더 많이 느는 것은 어느 신경망일까요?
# %%
def intensity(name, batch, size=4):
    """Operations of an update for each byte that it moves, roughly."""
    operations, weights, handed = counts[name]
    return 3 * operations * batch / (10 * 4 * weights + 5 * size * handed * batch)

batches = 2 ** np.arange(11)
series = {name: (batches, [intensity(name, b) for b in batches]) for name in counts}
for name in ("laptop core, float32", "T4, float32", "A100, bfloat16"):
    series[f"{name} wants"] = (batches[[0, -1]], [wants[name]] * 2)
fig = plots.lines(
    series,
    "Images of a batch",
    "Operations per byte",
    "A batch shares the weights, not what layers hand on",
    log_x=True,
    log_y=True,
)
ft.show(
    fig,
    alt="Operations per byte against the batch, both logarithmic. The line of "
    "glyphnet climbs from about 3 to 31 and crosses what a T4 wants; that of "
    "MobileNetV2 stays near 4. What an A100 wants in bfloat16 lies far above both.",
)
small, large = ({name: intensity(name, b) for name in counts} for b in (1, 512))
assert (
    large["glyphnet"] > 5 * small["glyphnet"]
    and large["MobileNetV2"] < 1.5 * small["MobileNetV2"]
)
# %% [markdown] lang="en"
# For `glyphnet` the weights are most of the traffic, so a batch of 512 does {{large["glyphnet"] / small["glyphnet"]:.0f}} times as much with
# every byte as one image. MobileNetV2 has thin layers and large maps: it stays at {{large["MobileNetV2"]:.0f}}. It was made for telephones; by
# this count no batch fills a GPU with it.
# %% [markdown] lang="ko"
# `glyphnet`은 오가는 것이 대부분 가중치라서, 배치가 512장이면 연산 강도가 한 장일 때의 {{large["glyphnet"] / small["glyphnet"]:.0f}}배입니다.
# MobileNetV2는 층이 얇고 특징 맵(feature map)이 커서 {{large["MobileNetV2"]:.0f}}번에 머뭅니다. 휴대전화에 맞춘 신경망이라, 이렇게 세어 보면 배치를 아무리 키워도 GPU를
# 채우지 못합니다.
# %% [markdown] lang="en"
# A machine is as fast as the slower of its two promises allows (the *roofline* of Williams et al., 2009). With our bytes it is a bound for a
# network that runs layer by layer, as we counted. A compiler that joins layers moves fewer bytes and may get beyond it; and the time to start
# a layer, which is not counted, may keep it well below. Only a measurement can tell, and these GPUs are not measured here.
# %% [markdown] lang="ko"
# 기계의 속도는 두 성능 중 느린 쪽이 정합니다(Williams 등, 2009의 *루프라인*(roofline)). 여기서 센 바이트로 구한 것은 신경망을 한 층씩 차례로 실행할 때의 한계입니다. 컴파일러가
# 층을 합치면 오가는 바이트가 줄어 이보다 빨라질 수 있고, 층을 시작하는 데 드는 시간은 세지 않았으므로 훨씬 느릴 수도 있습니다. 실제로 재 봐야 알 수 있는데, 이 GPU들을 재 본 것은
# 아닙니다.
# %%
def at_best(name, machine, batch):
    """Operations a second that the slower of two promises allows."""
    peak, bandwidth, size = nominal[machine]
    return min(peak, bandwidth * intensity(name, batch, size))

print(f"{'batch of 64: at best':<24}{'glyphnet':>18}{'MobileNetV2':>18}")
for machine, (peak, _, _) in nominal.items():
    told = [
        f"{100 * at_best(name, machine, 64) / peak:.0f} % of the peak"
        for name in counts
    ]
    print(f"{machine:<24}{told[0]:>18}{told[1]:>18}")
gain = at_best("MobileNetV2", "A100, bfloat16", 64) / at_best(
    "MobileNetV2", "A100, float32", 64
)
assert gain < 2.5 < nominal["A100, bfloat16"][0] / nominal["A100, float32"][0]
# %% [markdown] lang="en"
# By this count the core can reach its peak. An A100 in bfloat16, whose peak is {{nominal["A100, bfloat16"][0] / nominal["laptop core, float32"][0]:,.0f}} times as high,
# comes to {{100 * at_best("glyphnet", "A100, bfloat16", 64) / nominal["A100, bfloat16"][0]:.0f}} and {{100 * at_best("MobileNetV2", "A100, bfloat16", 64) / nominal["A100, bfloat16"][0]:.0f}} % of it, layer by layer. From float32 to bfloat16 its peak grows {{nominal["A100, bfloat16"][0] / nominal["A100, float32"][0]:.0f}}-fold on
# paper. (On an A100 TensorFlow multiplies float32 numbers in TF32 unless told otherwise, with a nominal 156 TFLOP/s; from there it is
# twofold.) MobileNetV2 may hope for {{gain:.0f}}, since its bytes are halved.
# %% [markdown] lang="ko"
# 이렇게 세면 노트북 코어는 최고 성능까지 낼 수 있습니다. bfloat16으로 돌리는 A100은 최고 성능이 그
# {{nominal["A100, bfloat16"][0] / nominal["laptop core, float32"][0]:,.0f}}배지만, `glyphnet`으로는 그중
# {{100 * at_best("glyphnet", "A100, bfloat16", 64) / nominal["A100, bfloat16"][0]:.0f}}%, MobileNetV2로는
# {{100 * at_best("MobileNetV2", "A100, bfloat16", 64) / nominal["A100, bfloat16"][0]:.0f}}%에 그칩니다(한 층씩 실행할 때). float32에서
# bfloat16으로 가면 최고 성능은 데이터시트에서 {{nominal["A100, bfloat16"][0] / nominal["A100, float32"][0]:.0f}}배가 됩니다. (A100에서 TensorFlow는 따로 끄지 않으면 float32 곱셈을 공칭
# 156TFLOP/s인 TF32로 계산하므로, 거기서부터는 두 배입니다.) 하지만 MobileNetV2가 바랄 수 있는 것은 바이트가 반으로 줄어 얻는 {{gain:.0f}}배뿐입니다.
# %% [markdown] lang="en"
# There is a second reason for batches: each call has a price before the first multiplication. It can be seen on any processor. We time `glyphnet`
# forward.
#
# **Predict.** One image alone, or one of 128: how many times as long does it take?
# %% [markdown] lang="ko"
# 배치를 쓰는 이유는 하나 더 있습니다. 호출할 때마다 첫 곱셈을 하기도 전에 비용이 듭니다. 어느 CPU에서나 확인할 수 있습니다. 이미지가 `glyphnet`을 앞으로 한 번 통과하는 시간을
# 재 봅시다.
#
# **예측해 보세요.** 이미지를 한 장만 넣으면, 128장을 함께 넣을 때보다 한 장에 걸리는 시간이 몇 배가 될까요?
# %% tags=["timing"]
def best_seconds(work, times):
    """The shortest of several times; the first call, which may compile, is not among
    them."""
    work()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)

per_image = {}
for batch in (1, 16, 128):
    pixels = np.zeros((batch, *body.input_shape[1:]), "float32")
    per_image[batch] = best_seconds(lambda: body.predict_on_batch(pixels), 10) / batch
for batch, seconds in per_image.items():
    print(
        f"batch of {batch:>3}: an image takes {seconds / per_image[128]:.1f} times as "
        "long as in the largest"
    )
assert per_image[1] > 1.5 * per_image[128]
# %% [markdown] lang="en"
# On a GPU, whose multiplications take almost no time, the fixed price weighs far more, and thousands of its units have nothing to do for one
# image. So the first question is never which GPU. It is: how large a batch does it hold, and does it ever wait?
# %% [markdown] lang="ko"
# GPU에서는 곱셈에 시간이 거의 들지 않으니 고정 비용의 비중이 훨씬 크고, 이미지가 한 장뿐이면 연산 장치 수천 개가 놉니다. 그래서 먼저 물을 것은 어느 GPU냐가 아닙니다. 배치를 얼마나
# 크게 담을 수 있는지, 그리고 기다리는 때가 있는지입니다.
# %% [markdown] lang="en"
# ## Numbers of 16 bits
#
# Half the bytes, and units that multiply 16 bits many times as fast. There are two ways to spend 16 bits: on the exponent, which gives range, or
# on the fraction, which gives fine steps.
#
# **Predict.** Which of the two types takes 1.001 for 1?
# %% [markdown] lang="ko"
# ## 16비트 숫자
#
# 16비트를 쓰면 바이트가 반으로 줄고, 16비트 곱셈이 몇 배나 빠른 연산 장치도 쓸 수 있습니다. 16비트를 나누어 쓰는 방법은 둘입니다. 지수에 더 쓰면 범위가 넓어지고, 가수에 더 쓰면
# 눈금이 촘촘해집니다.
#
# **예측해 보세요.** 두 형식 중 1.001을 1로 여기는 것은 어느 쪽일까요?
# %% tags=["nbval-check-output"]
types = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16, "float16": np.float16}
about = {name: ml_dtypes.finfo(kind) for name, kind in types.items()}
print(f"{'':<10}{'largest':>9}{'smallest':>10}{'step at 1':>11}{'1.001 is':>10}")
for name, kind in types.items():
    info = about[name]
    print(
        f"{name:<10}{float(info.max):>9.1g}{float(info.smallest_subnormal):>10.1g}"
        f"{float(info.eps):>11.1g}{float(kind(1.001)):>10.4f}"
    )
assert float(about["bfloat16"].max) > 1e38 and float(about["float16"].max) == 65504
assert float(ml_dtypes.bfloat16(1.001)) == 1 != float(np.float16(1.001))
# %% [markdown] lang="en"
# bfloat16 has the range of float32 and steps of almost one percent; float16 has finer steps, and below half of {{float(about["float16"].smallest_subnormal):.0e}}
# everything is 0. Both would lose small updates of a weight. So in *mixed* precision the weights stay in float32, and layers compute with
# copies of 16 bits (Micikevicius et al., 2018).
# %% [markdown] lang="ko"
# bfloat16은 범위가 float32와 같지만 눈금이 거의 1%나 될 만큼 성깁니다. float16은 눈금이 촘촘한 대신
# {{float(about["float16"].smallest_subnormal):.0e}}의 절반보다 작으면 모두 0이 됩니다. 어느 쪽이든 가중치를 조금만 고치는 업데이트는 사라지고 맙니다.
# 그래서 *혼합 정밀도*(mixed precision)에서는 가중치를 float32로 두고, 층은 16비트 사본으로 계산합니다(Micikevicius 등, 2018).
# %% [markdown] lang="en"
# ## A gradient that vanishes
#
# We tune the last stage and the head, twice. A run of 20 updates in float32 is what all others will be compared with. One of 60 makes the network sure of itself, and
# from it we take 32 images that it names best. How small do gradients get there, on their way back to the maps of `stage1`?
# %% [markdown] lang="ko"
# ## 사라지는 기울기
#
# 마지막 스테이지(stage)와 헤드(head)를 미세 조정(fine-tuning)하는 실행을 두 번 합니다. float32로 업데이트를 20번 한 실행이 앞으로 나올 모든 실행의 비교
# 기준입니다. 60번 하면 신경망이 자신 있게 답하게 되는데, 이 신경망이 가장 잘 맞히는 이미지 32장을 고릅니다. 이 이미지에서 `stage1`의 특징 맵까지 되돌아온 기울기는 얼마나
# 작을까요?
# %%
def tune(hardware=None, updates=20):
    """The last stage and the head, in batches of 32 images, without anything random in
    the layers."""
    return ft.fit(
        model,
        task,
        "top",
        ft.Regularization(),
        updates=updates,
        batch_size=32,
        verbose=False,
        hardware=hardware,
    )

class Shift(keras.layers.Layer):
    """Adds a weight of 0 to each number of its input: the gradient of that weight is
    the number's own."""

    def build(self, shape):
        self.shift = self.add_weight(shape=shape, initializer="zeros")

    def call(self, x):
        return x + self.shift
# %%
alone, sure = tune(), tune(updates=60)
images, labels = fitted.validation.images[:], fitted.validation.labels
chances = predict(sure.model, images)[np.arange(len(labels)), labels]
best = np.argsort(-chances)[:32]
print(
    f"validation accuracy {100 * alone.val_accuracy:.1f} % after 20 updates, "
    f"{100 * sure.val_accuracy:.1f} % after 60"
)
print(
    f"of the 32 images, the least sure one gets {100 * chances[best].min():.2f} % for "
    "its class"
)
# %%
below, above = ft.split_model(sure.model, "stage1")
above.trainable = False
maps = np.asarray(below(images[best].astype("float32")))
start = keras.Input(batch_shape=maps.shape)
network = keras.Model(start, above(Shift()(start)))
network.compile(
    keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy", run_eagerly=True
)
network.train_on_batch(maps, labels[best])
found = np.ravel(-network.trainable_weights[0])  # one step of SGD from 0, at rate 1
print(f"{len(found):,} gradients, half of them below {np.median(np.abs(found)):.0e}")
assert len(network.trainable_weights) == 1 and len(found) == maps.size
# %% [markdown] lang="en"
# **Predict.** Written down in float16, which share of these gradients becomes 0?
# %% [markdown] lang="ko"
# **예측해 보세요.** 이 기울기를 float16으로 적으면 그중 얼마가 0이 될까요?
# %%
def lost(values):
    """The part of the numbers other than 0 that float16 takes for 0."""
    return np.mean(values[values != 0].astype("float16") == 0)

scale = 2.0**15
gone, kept = lost(found), lost(found * scale)
edges = np.arange(-12, 2.25, 0.25)
shares = {
    name: np.histogram(np.log10(np.abs(values[values != 0])), edges)[0] / len(values)
    for name, values in (("left: as they are", found), ("right: scaled", found * scale))
}
series = {
    name: (10 ** edges[:-1][share > 1e-4], share[share > 1e-4])
    for name, share in shares.items()
}
limit, top = (
    float(about["float16"].smallest_subnormal),
    max(share.max() for share in shares.values()),
)
series["smallest in float16"] = ([limit, limit], [0, top])
# %%
fig = plots.lines(
    series,
    "Size of a gradient",
    "Share of all gradients",
    "Scaled, they fit into float16",
    log_x=True,
    percent=True,
)
ft.show(
    fig,
    alt="Two hills, shares of gradients by size. The hill of the gradients as they "
    "are is cut by the vertical line of the smallest number of float16; scaled by "
    "32,768, the same hill lies right of the line.",
)
print(f"float16 loses {100 * gone:.1f} % of them, scaled {100 * kept:.1f} %")
assert (
    gone > 0.05
    and kept < gone / 10
    and np.isfinite((found * scale).astype("float16")).all()
)
# %% [markdown] lang="en"
# The cure costs one multiplication. The *loss* is multiplied by {{scale:,.0f}}, so that every gradient is as well; after the way back, in float32, it is
# divided out again. If a gradient overflows, the update is skipped and the scale halved. bfloat16 has no need of any of it.
# %% [markdown] lang="ko"
# 고치는 데는 곱셈 한 번이면 됩니다. *손실*에 {{scale:,.0f}}을 곱하면 기울기가 모두 그만큼 커집니다. 기울기를 다 구하면 float32로 바꾸어 다시 나눕니다. 기울기가
# 넘치면(overflow) 업데이트를 건너뛰고 배율(scale)을 반으로 줄입니다. 이것이 손실 스케일링(loss scaling)입니다. bfloat16이라면 어느 것도 필요 없습니다.
# %% [markdown] lang="en"
# ## Mixed precision in one argument
#
# `ft.Hardware` says how `ft.fit` computes. Precision is one of its fields. Whether a processor gains time by it depends on the processor; the result shows on any.
#
# **Predict.** Will the accuracy be the same? And the weights?
# %% [markdown] lang="ko"
# ## 인자 하나로 혼합 정밀도
#
# `ft.Hardware`는 `ft.fit`이 어떻게 계산할지 정합니다. 정밀도는 그 필드 중 하나입니다. 시간이 줄어드는지는 CPU마다 다르지만, 결과는 어디서나 볼 수 있습니다.
#
# **예측해 보세요.** 정확도는 같을까요? 가중치는 어떨까요?
# %%
def apart(a, b):
    """The largest difference between the weights of two models."""
    return max(
        float(np.abs(x - y).max())
        for x, y in zip(a.get_weights(), b.get_weights(), strict=True)
    )

half = tune(ft.Hardware(precision="mixed_bfloat16"))
policies = {layer.dtype_policy.name for layer in half.model._flatten_layers()}
print(
    f"validation: float32 {100 * alone.val_accuracy:.1f} %, mixed bfloat16 "
    f"{100 * half.val_accuracy:.1f} %"
)
print(
    f"weights: up to {apart(half.model, alone.model):.0e} apart; the model that is "
    f"left computes in {policies}"
)
assert abs(half.val_accuracy - alone.val_accuracy) <= 0.03 and policies == {"float32"}
assert apart(half.model, alone.model) > 0
# %% [markdown] lang="en"
# The same accuracy up to a few points, by other weights: rounding moves every update a little. And what `ft.fit` returns is a plain float32
# model, which loads anywhere. Precision is a setting of the computation; the model that comes out does not carry it.
# %% [markdown] lang="ko"
# 정확도는 몇 %p 안에서 같지만 가중치는 다릅니다. 반올림 때문에 업데이트가 매번 조금씩 어긋납니다. 그리고 `ft.fit`이 돌려주는 것은 어디서나 열리는 평범한 float32 모델입니다.
# 정밀도는 계산할 때의 설정이고 결과 모델에는 남지 않습니다.
# %% [markdown] lang="en"
# ### Exercise 1: a small card
#
# You want batches of 256 on a T4. Its memory holds 64 pictures at a time, and its fast units know float16, but no bfloat16. Parts of a batch are
# the field `accumulate`. Write the `ft.Hardware`.
# %% [markdown] lang="ko"
# ### 연습 1: 작은 카드
#
# T4에서 256장짜리 배치로 학습하려고 합니다. 메모리에는 한 번에 64장까지 들어가고, 빠른 연산 장치는 float16은 알지만 bfloat16은 모릅니다. 배치를 몇 번에 나누어 넣을지는
# `accumulate` 필드로 정합니다. 알맞은 `ft.Hardware`를 작성해 보세요.
# %% tags=["exercise"]
small_card = ...  # ft.Hardware(...)
# Stuck? ft.hint("16.1"), then ft.solution("16.1")
ft.check("16.1", small_card)
# %% [markdown] lang="en"
# ### Exercise 2: loss scaling by hand
#
# You get the float16 gradients of a loss that was multiplied by `scale`. Return two things: the true gradients in float32, and the next scale. If any
# number is not finite, return `None` for the gradients and half the scale.
# %% [markdown] lang="ko"
# ### 연습 2: 직접 쓰는 손실 스케일링
#
# 손실에 `scale`을 곱해서 구한 float16 기울기를 받습니다. float32로 된 원래 기울기와 다음 배율, 둘을 돌려주세요. 유한하지 않은 값이 하나라도 있으면 기울기 대신
# `None`을, 다음 배율로는 `scale`의 절반을 돌려줍니다.
# %% tags=["exercise"]
def guard(gradients, scale):
    return ..., ...

# Stuck? ft.hint("16.2"), then ft.solution("16.2")
ft.check("16.2", guard)
# %% [markdown] lang="en"
# ## Compiled by XLA
#
# TensorFlow runs a network layer by layer. XLA, a compiler, makes one program of the whole update: fewer starts, fewer trips to memory. `jit=True` asks for it.
#
# **Predict.** Does another order of operations change the weights?
# %% [markdown] lang="ko"
# ## XLA로 컴파일하기
#
# TensorFlow는 신경망을 한 층씩 차례로 실행합니다. 컴파일러인 XLA는 업데이트 전체를 프로그램 하나로 만듭니다. 연산을 시작하는 횟수도, 메모리를 오가는 횟수도 줄어듭니다.
# `jit=True`로 켭니다.
#
# **예측해 보세요.** 연산 순서가 달라지면 가중치도 달라질까요?
# %%
compiled = tune(ft.Hardware(jit=True))
moved = apart(alone.model, model)
print(
    f"twenty updates moved the weights by up to {moved:.0e}; with XLA they end "
    f"{apart(compiled.model, alone.model):.0e} from there"
)
assert apart(compiled.model, alone.model) < 1e-4 < moved
# %% [markdown] lang="en"
# Only in the last digits. So time alone decides. We let XLA compile a stack of many small operations, which it can join into few, and divide what
# compiling costs by what every later update saves.
#
# **Predict.** After how many updates does it pay: ten, a thousand, or never?
# %% [markdown] lang="ko"
# 달라지는 것은 마지막 몇 자리뿐입니다. 그러니 시간만 보고 정하면 됩니다. 작은 연산을 많이 쌓아서 XLA가 몇 개로 합칠 수 있는 신경망을 컴파일해 봅시다. 컴파일에 드는 시간을 그 뒤
# 업데이트마다 아끼는 시간으로 나눕니다.
#
# **예측해 보세요.** 업데이트를 몇 번 해야 이득일까요? 열 번, 천 번, 아니면 끝내 손해일까요?
# %% tags=["timing"]
def update_times(jit):
    """Seconds of the first update and of the quickest later one."""
    x = start = keras.Input((512,))
    for _ in range(6):
        x = keras.layers.Dense(64)(x)
        x = keras.ops.tanh(x) * keras.ops.sigmoid(x) + keras.ops.exp(-x * x)
    network = keras.Model(start, keras.layers.Dense(1)(x))
    network.compile("sgd", "mse", jit_compile=jit)
    x, y = np.ones((256, 512), "float32"), np.ones((256, 1), "float32")
    began = time.perf_counter()
    network.train_on_batch(x, y)
    return time.perf_counter() - began, best_seconds(
        lambda: network.train_on_batch(x, y), 20
    )
# %% tags=["timing"]
(first, later), (first_jit, later_jit) = update_times(False), update_times(True)
print(
    f"later updates: {later / later_jit:.1f} times as fast with XLA; the first one: "
    f"{first_jit / first:.0f} times as long"
)
saved = later - later_jit
if saved > 0:
    after = max(1, (first_jit - first) / saved)
    print(f"it pays after about {float(f'{after:.0g}'):,.0f} updates")
else:
    print("here it never pays")
assert first_jit > 3 * later_jit
# %% [markdown] lang="en"
# That was one network on one processor; yours may say otherwise. A run of few updates can hardly earn the compiling back, and a new batch
# shape compiles anew. On a GPU Keras decides for itself: `jit="auto"`, the default. Switch it off for a run of few updates, and measure for a
# long one.
# %% [markdown] lang="ko"
# CPU 하나에서 신경망 하나로 잰 값이니 여러분의 환경에서는 다를 수 있습니다. 업데이트가 몇 번뿐이면 컴파일에 든 시간을 만회하기 어렵고, 배치의 모양이 바뀌면 다시 컴파일해야 합니다. GPU에서는 Keras가 알아서 정합니다. 기본값인 `jit="auto"`입니다.
# 업데이트가 몇 번 안 되는 실행이면 끄고, 길게 돌릴 실행이면 직접 재 보세요.
# %% [markdown] lang="en"
# ## The trainer that waits
#
# Pictures lie in files, as JPEG. Before each update somebody has to read and decode them, on the processor. We write {{8 * 12}} photos, and let a nap stand
# for a GPU that is busy with an update half as long again as decoding takes.
# %% [markdown] lang="ko"
# ## 데이터를 기다리는 GPU
#
# 사진은 JPEG 파일로 저장되어 있습니다. 업데이트하기 전에 매번 CPU가 파일을 읽고 디코딩해야 합니다. 사진 {{8 * 12}}장을 파일로 만듭니다. GPU는 업데이트를 하느라 디코딩 시간의
# 1.5배만큼 바쁘다고 치고, 그 시간 동안 잠자는(sleep) 것으로 흉내 냅니다.
# %% tags=["timing"]
room = tempfile.TemporaryDirectory()  # it goes when the notebook is closed
files, rng = [], np.random.default_rng(16)
for i in range(8 * 12):
    coarse = rng.integers(0, 256, (12, 16, 3)).astype("uint8")
    files.append(pathlib.Path(room.name) / f"{i:02d}.jpg")
    keras.utils.array_to_img(coarse.repeat(60, 0).repeat(60, 1), scale=False).save(
        files[-1], quality=90
    )

def waits(photos, step, one_ahead):
    """The share of a pass over the photos in which the trainer waits for a batch of
    eight."""
    take, busy, start = (
        lambda i: photos[np.arange(8 * i, 8 * i + 8)],
        0.0,
        time.perf_counter(),
    )
    for _ in prefetch(take, 12) if one_ahead else map(take, range(12)):
        began = time.perf_counter()
        time.sleep(step)  # an update on a GPU: this processor is free
        busy += time.perf_counter() - began
    return 1 - busy / (time.perf_counter() - start)

decoding = best_seconds(lambda: FolderImages(files[:8], (96, 96))[:], 5)
# %% [markdown] lang="en"
# Three ways: each batch when it is asked for; each made ahead by a thread while the one before is trained on; and a second pass over pictures that
# `FolderImages` has kept decoded.
#
# **Predict.** Which share of the time does the trainer wait, each time?
# %% [markdown] lang="ko"
# 방법은 셋입니다. 달라고 할 때마다 배치를 만들기, 앞 배치로 학습하는 동안 스레드가 다음 배치를 미리 만들기, 그리고 `FolderImages`가 디코딩해서 보관해 둔 사진으로 두 번째
# 에폭을 학습하기입니다.
#
# **예측해 보세요.** 방법마다 GPU는 시간의 얼마를 기다리며 보낼까요?
# %% tags=["timing"]
kept_photos = FolderImages(files, (96, 96))
idle = {
    "when asked for": waits(
        FolderImages(files, (96, 96)), 1.5 * decoding, one_ahead=False
    ),
    "one ahead": waits(kept_photos, 1.5 * decoding, one_ahead=True),
    "kept, second pass": waits(kept_photos, 1.5 * decoding, one_ahead=True),
}
for way, share in idle.items():
    print(f"{way:<20}waits about {10 * round(10 * share)} % of the time")
assert (
    idle["one ahead"] < idle["when asked for"]
    and idle["kept, second pass"] < idle["when asked for"] / 2
)
# %% [markdown] lang="en"
# Ahead, decoding hides behind the update as long as it takes less; kept, it is gone. `ft.fit` does both: decoded pictures lie in memory, or, over
# 512 MiB, in a file that is mapped into it. If the GPU still waits: more processor cores, smaller files, or features computed once (lesson 05).
# %% [markdown] lang="ko"
# 미리 만들 때는 디코딩이 업데이트보다 짧기만 하면 그 뒤에 가려지고, 보관해 두면 아예 사라집니다. `ft.fit`은 둘 다 합니다. 디코딩한 사진은 메모리에, 512MiB가 넘으면 메모리에 매핑한
# 파일에 둡니다. 그래도 GPU가 기다린다면 CPU 코어를 늘리거나, 파일 크기를 줄이거나, 특징(feature)을 한 번만 계산해 두세요(5강).
# %% [markdown] lang="en"
# ## A larger batch learns less
#
# So large batches are best for the machine. For the network they are another thing: in the same number of passes (epochs), a batch eight times as large makes eight times fewer
# updates. We train a head on fixed features of 1,024 digits, with plain SGD: four passes with batches of 16, then of 128.
#
# **Predict.** Same rate, same images, same passes. Which loss is lower?
# %% [markdown] lang="ko"
# ## 배치가 크면 덜 배웁니다
#
# 기계를 생각하면 큰 배치가 답입니다. 신경망을 생각하면 이야기가 다릅니다. 에폭 수가 같을 때 배치가 여덟 배면 업데이트는 8분의 1입니다. 숫자 이미지 1,024장의 고정된 특징 위에서 헤드를
# 순수한 SGD로 학습합니다. 16장짜리 배치로 네 에폭, 다음에는 128장짜리 배치로 네 에폭을 학습합니다.
#
# **예측해 보세요.** 학습률(learning rate)도 이미지도 에폭 수도 같습니다. 어느 쪽 손실이 더 낮을까요?
# %%
digits = ft.load_task("digits", seed=0).for_backbone(body).train
features = predict(body, digits.images).mean((1, 2))
features = ((features - features.mean(0)) / (features.std(0) + 1e-6)).astype("float32")

def learn(optimizer, batch, passes=4):
    """The loss on all training images, before and after each pass."""
    head = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            keras.layers.Dense(10, activation="softmax", kernel_initializer="zeros"),
        ]
    )
    head.compile(optimizer, "sparse_categorical_crossentropy")
    rng, rows, losses = np.random.default_rng(0), np.arange(len(digits)), []
    for turn in range(passes + 1):
        right = np.asarray(head(features))[rows, digits.labels]
        losses.append(float(-np.log(right).mean()))
        if turn < passes:
            for at in rng.permutation(len(digits))[:1024].reshape(-1, batch):
                head.train_on_batch(features[at], digits.labels[at])
    return losses
# %%
def warmed(rate, updates=4):
    """A rate that climbs to `rate` in a few updates and stays there."""
    return keras.optimizers.schedules.CosineDecay(
        rate / updates, 10**6, alpha=1.0, warmup_target=rate, warmup_steps=updates
    )
# %% [markdown] lang="en"
# And the cure: eight steps of 16 images, in about the same direction, go as far as one step of 128 that is eight times as long. This is the *linear scaling rule* of
# Goyal et al. (2017), who trained on ImageNet with batches of 8,192 in an hour. At first, where directions still change fast, the rate has to climb: *warm-up*.
# %% [markdown] lang="ko"
# 대책도 있습니다. 방향이 비슷하다면 16장짜리 배치로 내딛는 여덟 걸음은 128장짜리 배치로 여덟 배 길게 내딛는 한 걸음만큼 나아갑니다. 이것이 Goyal 등(2017)의 *선형 스케일링
# 규칙*(linear scaling rule)입니다. 이들은 8,192장짜리 배치로 ImageNet 학습을 한 시간 만에 끝냈습니다. 방향이 빠르게 바뀌는 처음에는 학습률을 차츰 올려야 합니다.
# 이것이 *워밍업*(warm-up)입니다.
# %%
SGD = keras.optimizers.SGD
curves = {
    "16 images, rate 0.02": learn(SGD(0.02), 16),
    "128 images, rate 0.02": learn(SGD(0.02), 128),
    "128 images, rate 0.16, warmed up": learn(SGD(warmed(0.16)), 128),
}
fig = plots.lines(
    {name: (range(5), losses) for name, losses in curves.items()},
    "Passes over the images",
    "Training loss",
    "Eight times the batch wants eight times the rate",
)
ft.show(
    fig,
    alt="Training loss over four passes. Batches of 128 at the rate of batches of 16 "
    "stay far above; with eight times the rate their curve falls onto that of "
    "batches of 16.",
)
small, same, scaled = (losses[-1] for losses in curves.values())
print(f"loss after four passes: {small:.3f}, {same:.3f}, {scaled:.3f}")
assert abs(scaled - small) < (same - small) / 10
# %% [markdown] lang="en"
# Adam divides a gradient by its usual size, and that size shrinks as a batch averages noise away. Where noise rules, theory asks for the *square root* of eight
# (Malladi et al., 2022).
#
# **Predict.** Order them by loss: the same rate, times √8, times 8.
# %% [markdown] lang="ko"
# Adam은 기울기를 평소 크기로 나누는데, 배치가 커져 잡음이 평균으로 상쇄되면 그 크기가 줄어듭니다. 잡음이 지배적일 때 이론이 권하는 배율은 8의 *제곱근*입니다(Malladi 등,
# 2022).
#
# **예측해 보세요.** 같은 학습률, √8배, 8배를 손실이 낮은 순서로 늘어놓아 보세요.
# %%
Adam, rate = keras.optimizers.Adam, 1e-3
by_adam = {
    "16 images": learn(Adam(rate), 16)[-1],
    "128, the same rate": learn(Adam(rate), 128)[-1],
    "128, rate times root of 8": learn(Adam(warmed(8**0.5 * rate)), 128)[-1],
    "128, rate times 8": learn(Adam(warmed(8 * rate)), 128)[-1],
}
for way, loss in by_adam.items():
    print(f"{way:<28}{loss:.3f}")
few, same, root, linear = by_adam.values()
assert linear < root < same and root - few < (same - few) / 4
# %% [markdown] lang="en"
# The square root makes up most of the loss; on this smooth, nearly noiseless problem eight times did even more. On the weights of a backbone lesson 06 showed what too high
# a rate does. So begin with the root, and search around it. `ft.fit` has Adam and warms up by itself.
# %% [markdown] lang="ko"
# 제곱근만으로도 뒤처진 것을 대부분 따라잡습니다. 잡음이 거의 없는 매끄러운 이 문제에서는 여덟 배가 더 나았습니다. 하지만 백본(backbone)의 가중치에 너무 높은 학습률을 쓰면 어떻게
# 되는지는 6강에서 보았습니다. 그러니 제곱근에서 시작해 그 주변을 찾아보세요. `ft.fit`은 Adam을 쓰고 워밍업도 알아서 합니다.
# %% [markdown] lang="en"
# ### Exercise 3: another batch, another rate
#
# Write the rule: `rate` was found with batches of `old` images, and `new` images are wanted. `kind` is `"sgd"` or `"adam"`. Batches may also become smaller.
# %% [markdown] lang="ko"
# ### 연습 3: 배치가 바뀌면 학습률도
#
# 규칙을 직접 써 보세요. `rate`는 `old`장짜리 배치에서 찾은 학습률이고, 이제 `new`장으로 바꾸려 합니다. `kind`는 `"sgd"`나 `"adam"`입니다. 배치가 작아질 수도 있습니다.
# %% tags=["exercise"]
def new_rate(rate, old, new, kind):
    return ...

# Stuck? ft.hint("16.3"), then ft.solution("16.3")
ft.check("16.3", new_rate)
# %% [markdown] lang="en"
# ## A batch in parts
#
# The other way round: a batch was right, and the memory does not hold it. Then its parts go through one after the other, and their gradients are added
# up to **one** update: gradient accumulation.
#
# **Predict.** Four parts of eight, or 32 at once: how far apart are the weights after twenty updates?
# %% [markdown] lang="ko"
# ## 나누어 넣는 배치
#
# 거꾸로, 알맞은 배치가 메모리에 들어가지 않을 때가 있습니다. 그러면 배치를 나누어 차례로 넣고, 기울기를 모아 업데이트는 **한 번**만 합니다. 이것이 기울기 누적(gradient
# accumulation)입니다.
#
# **예측해 보세요.** 여덟 장씩 네 번 넣을 때와 32장을 한꺼번에 넣을 때, 업데이트 스무 번 뒤에 가중치는 얼마나 다를까요?
# %%
parts = tune(ft.Hardware(accumulate=4))
print(
    f"twenty updates moved the weights by up to {moved:.0e}; in four parts they end "
    f"{apart(parts.model, alone.model):.0e} from there"
)
assert apart(parts.model, alone.model) < 1e-4 < moved
# %% [markdown] lang="en"
# The mean of four means is the mean of all, up to rounding. There is one exception: a BatchNorm layer that trains sees the statistics of each part alone. Here,
# as in most fine-tuning, BatchNorm kept its statistics (lesson 06).
# %% [markdown] lang="ko"
# 평균 넷의 평균은 전체의 평균이고, 차이는 반올림 오차뿐입니다. 예외가 하나 있습니다. 학습되는 BatchNorm 층은 나눈 부분마다 따로 통계를 냅니다. 미세 조정에서는 대개 그렇듯 여기서도
# BatchNorm은 통계를 갱신하지 않았습니다(6강).
# %% [markdown] lang="en"
# ## Several devices
#
# Data parallelism is the same sum, at the same time: each device holds a copy of the weights and computes the gradients of its part; they exchange the mean, and
# all make the same update. In the first cell we told TensorFlow that our processor is two devices.
#
# **Predict.** Will two devices end where one did?
# %% [markdown] lang="ko"
# ## 여러 장치
#
# 데이터 병렬 처리(data parallelism)는 같은 덧셈을 동시에 하는 것입니다. 장치마다 가중치 사본을 두고 자기가 맡은 부분의 기울기를 구한 다음, 평균을 주고받아 모두 똑같이 업데이트합니다. 첫
# 셀에서 TensorFlow에 우리 CPU가 장치 두 개라고 알려 두었습니다.
#
# **예측해 보세요.** 장치가 둘이어도 하나일 때와 같은 곳에 이를까요?
# %%
devices = ft.Hardware(devices="all").names()
several = tune(ft.Hardware(devices="all" if 32 % len(devices) == 0 else 1))
print(
    f"{len(devices)} devices: {apart(several.model, alone.model):.0e} apart, "
    f"validation {100 * several.val_accuracy:.1f} %"
)
assert apart(several.model, alone.model) < 1e-4
# %% [markdown] lang="en"
# On TensorFlow `ft.fit` uses `tf.distribute.MirroredStrategy`; on JAX `keras.distribution.DataParallel`, which shards each batch and leaves the
# exchange to the compiler. (To try it there, set `XLA_FLAGS=--xla_force_host_platform_device_count=2` before Keras is imported.) On one processor nothing is gained: both
# devices share its core.
# %% [markdown] lang="ko"
# `ft.fit`은 TensorFlow에서 `tf.distribute.MirroredStrategy`를, JAX에서 `keras.distribution.DataParallel`을 씁니다. 뒤의
# 것은 배치를 나누어 놓기만 하고, 주고받는 일은 컴파일러에 맡깁니다. (JAX에서 해 보려면 Keras를 불러오기 전에
# `XLA_FLAGS=--xla_force_host_platform_device_count=2`를 설정하세요.) CPU 하나로는 이득이 없습니다. 두 장치가 코어 하나를 나누어 쓰니까요.
# %% [markdown] lang="en"
# Several hosts do the same over a network, on JAX: the same script is started on each, `keras.distribution.initialize(...)` tells it where the first one is, and `fit` is called
# everywhere with the same arguments. Each update sends all gradients once around, so a slow network wants larger batches, or fewer trainable weights.
# %% [markdown] lang="ko"
# JAX에서는 컴퓨터 여러 대도 네트워크를 통해 똑같이 할 수 있습니다. 같은 스크립트를 컴퓨터마다 실행하고, `keras.distribution.initialize(...)`로 첫 컴퓨터의
# 주소를 알려 준 다음, 모두 같은 인자로 `fit`을 호출합니다. 업데이트마다 모든 기울기가 한 바퀴 돌아야 하니, 네트워크가 느리면 배치를 키우거나 학습할 가중치를 줄여야 합니다.
# %% [markdown] lang="en"
# ## What a run costs
#
# Time is images, times passes, times seconds per image; money is time, times the price per hour. The seconds are to be measured on the machine itself, with the batch and
# precision that will be used: `benchmarks/hardware.py` does it for MobileNetV2 at 160 pixels, in a few minutes. Here is what it has recorded.
# %% [markdown] lang="ko"
# ## 실행 한 번의 비용
#
# 시간은 이미지 수에 에폭 수와 한 장에 걸리는 초를 곱한 값이고, 돈은 시간에 시간당 가격을 곱한 값입니다. 한 장에 걸리는 초는 실제로 쓸 기계에서, 실제로 쓸 배치와 정밀도로 재야 합니다.
# `benchmarks/hardware.py`가 160픽셀 MobileNetV2로 몇 분 만에 재 줍니다. 기록된 것은 다음과 같습니다.
# %%
from ftlib.records import records_folder

records = {}
for path in sorted(records_folder("benchmarks/results").glob("hardware_*.json")):
    record = json.loads(path.read_text(encoding="utf-8"))
    rows = [row for row in record["rows"] if "per_image" in row]
    records[path.stem.removeprefix("hardware_")] = best = min(
        rows, key=lambda row: row["per_image"]
    )
    told = (
        f"{best['precision']}, {'with' if best['jit'] else 'without'} XLA, "
        f"batch {best['batch']}"
    )
    print(
        f"{record['machine']['device']}: {1000 * best['per_image']:.2g} ms an image "
        f"at best ({told})"
    )
if "gpu" not in records:
    print(
        "A GPU has not been measured here. On a machine with one: python "
        "benchmarks/hardware.py"
    )
assert all(best["per_image"] > 0 for best in records.values())
# %% [markdown] lang="en"
# Put in your own numbers. A GPU is worth its price when its speed-up is larger than its price ratio, and only while it is busy: if you pay by
# the hour, you also pay for the hours in which it waits.
#
# **Predict.** A GPU costs 25 times as much an hour, and does 40 times as many images. Which machine is cheaper?
# %% [markdown] lang="ko"
# 여러분의 값을 넣어 보세요. GPU는 몇 배 비싼지보다 몇 배 빠른지가 더 클 때 이득이고, 그것도 바쁘게 일하는 동안만 그렇습니다. 시간 단위로 돈을 내면 GPU가 기다리는 시간에도 돈이 나갑니다.
#
# **예측해 보세요.** GPU는 시간당 가격이 25배이고, 같은 시간에 이미지를 40배 처리합니다. 어느 기계가 더 쌀까요?
# %%
def price(images, passes, seconds_per_image, per_hour, busy=1.0):
    """Hours and money for a run; `busy` is the share of the time in which the device
    computes."""
    hours = images * passes * seconds_per_image / busy / 3600
    return hours, hours * per_hour

mine = {
    "processor": (0.2, 0.1, 1.0),
    "GPU": (0.2 / 40, 2.5, 1.0),
    "GPU that waits": (0.2 / 40, 2.5, 0.5),
}
# 5,000 photos, 30 passes.
costs = {name: price(5000, 30, *numbers) for name, numbers in mine.items()}
for name, (hours, money) in costs.items():
    print(f"{name:<16}{hours:>6.2f} hours{money:>7.2f}")
assert costs["GPU"][1] < costs["processor"][1] < costs["GPU that waits"][1]
# %% [markdown] lang="en"
# The GPU, by a third; but not if it waits half of the time. And the largest saving needs no GPU at all: train less. Train a head on features
# computed once, or the last stage alone; compare half as many seeds. Rent when that is done.
# %% [markdown] lang="ko"
# GPU가 3분의 1쯤 쌉니다. 하지만 시간의 절반을 기다리며 보낸다면 그렇지 않습니다. 그리고 가장 크게 아끼는 방법에는 GPU가 아예 필요 없습니다. 덜 학습하는 것입니다. 한 번만 계산해 둔
# 특징으로 헤드를 학습하고, 마지막 스테이지만 학습하고, 고를 때 비교할 시드를 절반으로 줄여 보세요. 빌리는 것은 그다음입니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# In plain Keras precision is a global policy that is set before the layers are built, and XLA is an argument of
# `compile`. The last layer stays in float32, since a softmax needs the digits. We train a head on the features of
# above, twice. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 순수 Keras에서 정밀도는 층을 만들기 전에 정하는 전역 정책이고, XLA는 `compile`의 인자입니다. 소프트맥스에는 자릿수가 필요하므로 마지막 층은 float32로 둡니다. 위의 특징으로 헤드를 두 번
# 학습합니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
def head_under(policy):
    keras.mixed_precision.set_global_policy(policy)
    keras.utils.set_random_seed(0)
    head = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax", dtype="float32"),
        ]
    )
    head.compile(
        keras.optimizers.Adam(1e-3),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # True asks for XLA
    )
    keras.mixed_precision.set_global_policy("float32")  # as it was
    return head
# %% tags=["folded"]
unseen = predict(body, fitted.validation.images).mean((1, 2))
unseen = (unseen - unseen.mean(0)) / (unseen.std(0) + 1e-6)
keras_scores = {}
for policy in ("float32", "mixed_bfloat16"):
    head = head_under(policy)
    head.fit(features, digits.labels, batch_size=64, epochs=8, verbose=0)
    reached = head.evaluate(
        unseen, fitted.validation.labels, verbose=0, return_dict=True
    )["accuracy"]
    keras_scores[policy] = reached
    kinds = " and ".join(layer.compute_dtype for layer in head.layers)
    print(f"{policy:<15} layers in {kinds}: validation {100 * reached:.1f} %")
assert abs(keras_scores["float32"] - keras_scores["mixed_bfloat16"]) < 0.04
# %% [markdown] lang="en"
# {{100 * keras_scores["float32"]:.1f}} % and {{100 * keras_scores["mixed_bfloat16"]:.1f}} %, as `ft.fit` had
# {{100 * alone.val_accuracy:.1f}} and {{100 * half.val_accuracy:.1f}} % in its twenty updates: precision costs no
# accuracy here, either. The difference lies in what is left: a model built under a policy carries it in its layers,
# while `ft.fit` gives back float32.
# %% [markdown] lang="ko"
# {{100 * keras_scores["float32"]:.1f}}%와 {{100 * keras_scores["mixed_bfloat16"]:.1f}}%입니다. `ft.fit`의 업데이트 스무 번에서는
# {{100 * alone.val_accuracy:.1f}}%와 {{100 * half.val_accuracy:.1f}}%였습니다. 여기서도 정밀도를 낮춰서 잃는 것은 없습니다. 다른 점은 남는 모델입니다. 정책
# 아래에서 만든 모델은 층마다 그 정책을 지니지만, `ft.fit`이 돌려주는 모델은 float32입니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 16.q1}}
# %% [markdown] lang="ko"
# {{quiz 16.q1}}
# %% tags=["exercise"]
ft.check("16.q1", ...)
# %% [markdown] lang="en"
# {{quiz 16.q2}}
# %% [markdown] lang="ko"
# {{quiz 16.q2}}
# %% tags=["exercise"]
ft.check("16.q2", ...)
# %% [markdown] lang="en"
# {{quiz 16.q3}}
# %% [markdown] lang="ko"
# {{quiz 16.q3}}
# %% tags=["exercise"]
ft.check("16.q3", ...)
# %% [markdown] lang="en"
# {{quiz 16.q4}}
# %% [markdown] lang="ko"
# {{quiz 16.q4}}
# %% tags=["exercise"]
ft.check("16.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - An update is operations and bytes. A large batch shares the weights' bytes, and the price of a call; `glyphnet` gains
#   {{intensity("glyphnet", 512) / intensity("glyphnet", 1):.0f}}-fold, MobileNetV2 hardly.
# - float16 took {{100 * gone:.0f}} % of the gradients for 0 where the network was sure; a scaled loss brought them back. bfloat16 needs none.
# - Precision, XLA, parts of a batch and several devices are fields of `ft.Hardware`. They change time and memory; the result is the same, up to rounding.
# - XLA costs first and saves later. A thread that works ahead, and decoded pictures that are kept, feed a device that would wait.
# - Eight times the batch is an eighth of the updates: raise the rate and warm up. For SGD eightfold did it. For Adam start from the
#   root of eight and search; here it made up most of the loss, and eightfold did better still.
# - An expensive machine is cheap only while it is busy. Measure seconds per image, then compute.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 업데이트는 연산과 바이트입니다. 배치가 크면 가중치의 바이트와 호출 비용을 여러 이미지가 나누어 냅니다. `glyphnet`은 연산 강도가
#   {{intensity("glyphnet", 512) / intensity("glyphnet", 1):.0f}}배가 되지만 MobileNetV2는 거의 그대로입니다.
# - 신경망이 자신 있는 이미지에서는 기울기의 {{100 * gone:.0f}}%가 float16에서 0이 되었고, 손실에 배율을 곱하자 되살아났습니다. bfloat16에는 배율이 필요 없습니다.
# - 정밀도, XLA, 나누어 넣는 배치, 여러 장치는 모두 `ft.Hardware`의 필드입니다. 시간과 메모리가 달라질 뿐, 결과는 반올림 오차를 빼면 같습니다.
# - XLA는 처음에 비용이 들고 나중에 아껴 줍니다. 배치를 미리 만드는 스레드와, 디코딩해서 보관해 둔 사진이 있으면 장치가 기다리지 않습니다.
# - 배치가 여덟 배면 업데이트는 8분의 1입니다. 학습률을 올리고 워밍업을 합니다. SGD는 여덟 배로 충분했습니다. Adam은 8의 제곱근 배에서 시작해 찾아봅니다. 여기서는 그것으로 뒤처진 것을
#   대부분 따라잡았고, 여덟 배가 더 나았습니다.
# - 비싼 기계도 바쁘게 일하는 동안은 쌉니다. 한 장에 걸리는 초를 재고 나서 계산하세요.
# %% [markdown] lang="en"
# ## Next
#
# The machine is fed. Lesson 17 feeds it with your own images: from a folder, where somebody has copied files, to a model that others can use.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 기계를 놀리지 않는 법을 알았습니다. 17강에서는 여러분의 이미지를 넣습니다. 누군가 파일을 복사해 둔 폴더에서 시작해, 다른 사람도 쓸 수 있는 모델까지 갑니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Micikevicius et al., 2018, [mixed precision](https://arxiv.org/abs/1710.03740); Goyal et al., 2017,
#   [large batches and warm-up](https://arxiv.org/abs/1706.02677); Malladi et al., 2022,
#   [the root rule for Adam](https://arxiv.org/abs/2205.10287); Williams et al., 2009,
#   [the roofline](https://doi.org/10.1145/1498765.1498785)
# - TensorFlow: [mixed precision](https://www.tensorflow.org/guide/mixed_precision),
#   [XLA](https://www.tensorflow.org/xla), [input that does not wait](https://www.tensorflow.org/guide/data_performance)
# - Keras: [several GPUs with TensorFlow](https://keras.io/guides/distributed_training_with_tensorflow/),
#   [with JAX](https://keras.io/guides/distributed_training_with_jax/)
# - Dive into Deep Learning: [computational performance](https://d2l.ai/chapter_computational-performance/index.html)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Micikevicius 등, 2018, [혼합 정밀도](https://arxiv.org/abs/1710.03740). Goyal 등, 2017,
#   [큰 배치와 워밍업](https://arxiv.org/abs/1706.02677). Malladi 등, 2022,
#   [Adam의 제곱근 규칙](https://arxiv.org/abs/2205.10287). Williams 등, 2009,
#   [루프라인](https://doi.org/10.1145/1498765.1498785)
# - TensorFlow: [혼합 정밀도](https://www.tensorflow.org/guide/mixed_precision),
#   [XLA](https://www.tensorflow.org/xla), [기다리지 않는 입력](https://www.tensorflow.org/guide/data_performance)
# - Keras: [GPU 여러 대, TensorFlow](https://keras.io/guides/distributed_training_with_tensorflow/),
#   [GPU 여러 대, JAX](https://keras.io/guides/distributed_training_with_jax/)
# - Dive into Deep Learning: [계산 성능](https://d2l.ai/chapter_computational-performance/index.html)
