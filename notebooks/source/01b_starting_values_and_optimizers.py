# %% [markdown] lang="en"
# # Starting values, optimizers and cost
#
# Lesson 01 trained a small network by hand. Two things it took for granted: the random weights that it started from, and the plain step
# downhill. This lesson looks at both, and then at the bill: how many labels and updates does training from scratch need?
#
# **Questions**
# - Why must weights not start at zero, and how large should they be?
# - Which rule takes the best steps: SGD, momentum, RMSprop or Adam?
# - How many labels and how many updates does training from scratch need?
#
# **You will**
# - see why a start from zeros fails, and what Xavier and He do about it
# - write four optimizers in a few lines each, and compare them fairly
# - read recorded runs, and tell a real difference from a lucky seed
#
# ⏱ {{minutes}} minutes · Needs: lesson 01 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 출발점, 옵티마이저, 비용
#
# 1강에서는 작은 신경망을 손으로 학습했습니다. 그때 당연하게 여긴 것이 둘 있습니다. 출발점으로 삼은 무작위 가중치, 그리고 곧장 내려가는 걸음입니다. 이번에는 둘을 자세히
# 살펴보고, 마지막에는 계산서를 펼칩니다. 처음부터 학습하려면 레이블과 업데이트가 얼마나 필요할까요?
#
# **질문**
# - 가중치는 왜 0에서 출발하면 안 되고, 얼마나 커야 할까요?
# - SGD, 모멘텀, RMSprop, Adam 중 어느 규칙이 가장 잘 내려갈까요?
# - 처음부터 학습하려면 레이블과 업데이트가 얼마나 필요할까요?
#
# **이 수업을 마치면**
# - 0에서 출발하면 왜 실패하는지, Xavier와 He 초기화가 이를 어떻게 해결하는지 설명할 수 있습니다
# - 옵티마이저 네 개를 각각 몇 줄로 쓰고 공정하게 비교할 수 있습니다
# - 기록된 실행을 읽고, 진짜 차이와 운 좋은 시드를 구별할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 1강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import keras
import numpy as np
import tensorflow as tf

import ftlib as ft
from ftlib import plots

track = ft.track("glyph")
task = track.task(labels_per_class=10, seed=0)

def flat(split):
    return split.images.reshape(len(split), 64) / 255

x, y = flat(task.train), task.train.labels
x_val, y_val = flat(task.validation), task.validation.labels
# %% [markdown] lang="en"
# ## The network of lesson 01
#
# The same hundred digits, the same two layers, the same loss and the same gradient, in two cells. There is nothing new in them.
# %% [markdown] lang="ko"
# ## 1강의 신경망
#
# 숫자 이미지 백 장도, 두 층짜리 구조도, 손실과 기울기도 1강과 같습니다. 셀 두 개에 담았고, 새로운 것은 없습니다.
# %%
def draw(seed, hidden=32):
    rng = np.random.default_rng(seed)
    return {
        "w1": rng.normal(0, np.sqrt(2 / 64), (64, hidden)), "b1": np.zeros(hidden),
        "w2": rng.normal(0, np.sqrt(2 / hidden), (hidden, 10)), "b2": np.zeros(10),
    }

def forward(weights, x):
    hidden = np.maximum(x @ weights["w1"] + weights["b1"], 0)  # ReLU
    scores = hidden @ weights["w2"] + weights["b2"]
    return hidden, scores

def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
# %%
def loss(weights, x, y):
    p = softmax(forward(weights, x)[1])
    return -np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1)).mean()

def accuracy(weights, x, y):
    return float(np.mean(forward(weights, x)[1].argmax(axis=1) == y))

def gradient(weights, x, y):
    hidden, scores = forward(weights, x)
    d_scores = softmax(scores)
    d_scores[np.arange(len(y)), y] -= 1
    d_scores /= len(y)  # the loss is a mean
    d_z = (d_scores @ weights["w2"].T) * (hidden > 0)
    return {
        "w1": x.T @ d_z, "b1": d_z.sum(axis=0),
        "w2": hidden.T @ d_scores, "b2": d_scores.sum(axis=0),
    }
# %% [markdown] lang="en"
# ## Where to start: not at zero
#
# So far `draw` gave us random weights. Why not start at 0, or at the same small number everywhere?
#
# **Predict.** Which of the four arrays of the gradient will be different from 0 if all weights are 0?
# %% [markdown] lang="ko"
# ## 출발점: 0은 안 됩니다
#
# 지금까지는 `draw`로 뽑은 무작위 가중치를 썼습니다. 모두 0이나 똑같은 작은 수에서 출발하면 안 될까요?
#
# **예측해 보세요.** 가중치가 모두 0이면 기울기 배열 넷 중 0이 아닌 것은 무엇일까요?
# %%
zeros = {name: np.zeros_like(array) for name, array in draw(0).items()}
# Half of the images; why, see below.
for name, slopes in gradient(zeros, x[:50], y[:50]).items():
    print(f"{name}: largest slope {np.abs(slopes).max():.3f}")
    assert (np.abs(slopes).max() > 0) == (name == "b2")
# %% [markdown] lang="en"
# Only the last bias can move: it learns which class is frequent, and nothing about images. (Among all 100 images each
# class is equally frequent; then even that slope is 0.) With 0 in the second layer no slope gets through to the first,
# and with 0 in the first the second has nothing to work with.
# %% [markdown] lang="ko"
# 움직일 수 있는 것은 마지막 편향(bias)뿐입니다. 어떤 클래스가 많은지는 배우지만 이미지에 대해서는 아무것도 배우지 못합니다. (이미지 100장을
# 모두 쓰면 클래스마다 수가 같아서 이 기울기마저 0이 됩니다.) 둘째 층이 0이라 기울기가 첫째 층까지 가지 못하고, 첫째 층이 0이라 둘째
# 층에는 쓸 재료가 없습니다.
# %%
mixed = draw(seed=0)
alike = {"w1": np.full((64, 32), 0.1), "w2": np.full((32, 10), 0.1)}
alike |= {"b1": np.zeros(32), "b2": np.zeros(10)}
for _ in range(60):
    alike_slopes, mixed_slopes = gradient(alike, x, y), gradient(mixed, x, y)
    alike = {name: alike[name] - 0.3 * alike_slopes[name] for name in alike}
    mixed = {name: mixed[name] - 0.3 * mixed_slopes[name] for name in mixed}

units = np.concatenate([alike["w1"].T[:10], mixed["w1"].T[:10]])
darkest = units.min(axis=1, keepdims=True)
brightest = units.max(axis=1, keepdims=True)
pictures = 255 * (units - darkest) / (brightest - darkest)
fig = plots.image_grid(
    pictures.reshape(20, 8, 8), titles=["0.1"] * 10 + ["random"] * 10,
    title="Units that start alike (0.1) stay alike",
)
ft.show(
    fig,
    alt="Weights of twenty hidden units as images. The ten that started at 0.1 are "
    "identical; the ten that started at random all differ.",
)
# %%
copies, different = accuracy(alike, x_val, y_val), accuracy(mixed, x_val, y_val)
print(
    f"32 copies: validation accuracy {100 * copies:.0f} %; 32 different units: "
    f"{100 * different:.0f} %"
)
assert np.ptp(alike["w1"], axis=1).max() < 1e-9 and copies < different - 0.3
# %% [markdown] lang="en"
# Units that start alike get the same gradient, so they stay copies forever: 32 units do the work of one. Randomness is
# not noise to put up with here. It is what lets units become different.
# %% [markdown] lang="ko"
# 똑같이 출발한 유닛은 기울기도 똑같아서 끝까지 서로의 복사본으로 남습니다. 유닛 32개가 한 개만큼의 일밖에 못 합니다. 여기서 무작위성은 없애야 할
# 잡음이 아니라, 유닛이 서로 달라지게 하는 힘입니다.
# %% [markdown] lang="en"
# ## How random: Xavier and He
#
# One hidden layer forgives much. Eight do not. From here on we use Keras, and `ft.reinitialize` draws all weights of a
# model anew. `probe` shows the outputs of all layers.
# %% [markdown] lang="ko"
# ## 얼마나 무작위여야 할까요: Xavier와 He
#
# 은닉층이 하나면 웬만해서는 탈이 없습니다. 여덟 개가 되면 다릅니다. 이제부터는 Keras를 씁니다. `ft.reinitialize`는 모델의 가중치를 모두
# 새로 뽑고, `probe`는 모든 층의 출력을 보여 줍니다.
# %%
deep = keras.Sequential([
    keras.Input((64,)),
    *[keras.layers.Dense(64, activation="relu") for _ in range(8)],
    keras.layers.Dense(10, activation="softmax"),
])
probe = keras.Model(deep.inputs[0], [layer.output for layer in deep.layers])
starts = {
    "zeros": "zeros",
    "small normal": "random_normal",  # standard deviation 0.05
    "Xavier": "glorot_uniform",
    "He": "he_normal",
    "large normal": keras.initializers.RandomNormal(stddev=0.5),
}
# %%
def typical_size(array):
    return float(np.sqrt(np.mean(np.square(array))))

def signal_sizes(start):
    """Typical size of the outputs of the hidden layers, and of the loss's slope in
    them."""
    ft.reinitialize(deep, start, seed=0)
    with tf.GradientTape() as tape:
        *hidden, probabilities = probe(x)
        value = keras.losses.SparseCategoricalCrossentropy()(y, probabilities)
    hidden_slopes = tape.gradient(value, hidden)
    return [typical_size(h) for h in hidden], [typical_size(s) for s in hidden_slopes]

outputs, slopes = {}, {}
for name, start in starts.items():
    outputs[name], slopes[name] = signal_sizes(start)
largest_output, largest_slope = max(outputs["zeros"]), max(slopes["zeros"])
print(f"zeros: outputs up to {largest_output} and slopes up to {largest_slope}")
assert largest_output == largest_slope == 0
# %% [markdown] lang="en"
# Zeros give zeros, everywhere. The other four fit on a picture with a logarithmic axis.
#
# **Predict.** In a small start each layer shrinks its input. What does that do to the eighth layer, and to the slopes that
# travel back from there?
# %% [markdown] lang="ko"
# 0에서 출발하면 어디나 0입니다. 나머지 넷을 로그 축 그림에 그려 봅시다.
#
# **예측해 보세요.** 가중치가 작으면 층마다 입력이 줄어듭니다. 여덟째 층에서는, 그리고 거기서 거꾸로 돌아오는 기울기는 어떻게 될까요?
# %%
layers = range(1, 9)
forwards = {name: (layers, outputs[name]) for name in starts if name != "zeros"}
fig = plots.lines(
    forwards, "Hidden layer", "Typical output",
    "Only He keeps the signal at its size through eight layers", log_y=True,
)
ft.show(
    fig,
    alt="Typical output per hidden layer on a log axis. He stays level, Xavier falls "
    "tenfold, the small start falls ten-thousandfold, the large one rises a "
    "thousandfold.",
)
# %%
backwards = {name: (layers, slopes[name]) for name in starts if name != "zeros"}
fig = plots.lines(
    backwards, "Hidden layer", "Typical slope of the loss",
    "On the way back from layer 8, slopes vanish or explode", log_y=True,
)
ft.show(
    fig,
    alt="Typical slope of the loss in each hidden layer on a log axis. Read from "
    "layer 8 back to 1, He is level, the small start vanishes and the large one "
    "explodes.",
)
# %% [markdown] lang="en"
# The lines are straight, so each layer multiplies by the same factor, and we can compute it. A unit sums $n$ products, so
# its mean square grows $n \sigma^2$-fold; ReLU throws half away. Its root, the typical size, so changes by $\sigma \sqrt{n/2}$ per layer.
# %% [markdown] lang="ko"
# 선이 곧다는 것은 층마다 같은 배율이 곱해진다는 뜻이고, 그 배율은 계산할 수 있습니다. 유닛은 곱 $n$개를 더하므로 제곱 평균은
# $n \sigma^2$배가 되고, ReLU가 그 절반을 버립니다. 값의 크기는 그 제곱근이므로, 층마다의 배율은 $\sigma \sqrt{n/2}$입니다.
# %%
deviations = {
    "small normal": 0.05, "Xavier": np.sqrt(2 / (64 + 64)),
    "He": np.sqrt(2 / 64), "large normal": 0.5,
}
print(f"{'start':<14}{'deviation':>10}{'predicted factor':>19}{'measured':>10}")
for name, sigma in deviations.items():
    predicted = sigma * np.sqrt(64 / 2)
    measured = (outputs[name][-1] / outputs[name][0]) ** (1 / 7)  # from layer 1 to 8
    print(f"{name:<14}{sigma:>10.3f}{predicted:>19.2f}{measured:>10.2f}")
    assert 0.8 < measured / predicted < 1.25
# %% [markdown] lang="en"
# He et al. (2015) set that factor to 1: $\sigma = \sqrt{2/n}$. Xavier, from Glorot and Bengio (2010), makes a compromise
# between the way forward and the way back, $\sqrt{2/(n_{in}+n_{out})}$, for tanh-like units that do not throw half away.
# Under ReLU it loses a factor of 0.71 per layer.
# %% [markdown] lang="ko"
# He 등(2015)은 이 배율이 1이 되도록 $\sigma = \sqrt{2/n}$으로 정했습니다. Xavier(Glorot와 Bengio, 2010)는 앞으로 갈 때와 뒤로 올 때를
# 절충한 $\sqrt{2/(n_{in}+n_{out})}$입니다. 절반을 버리지 않는 tanh 같은 유닛을 위한 값이라, ReLU와 함께 쓰면 층마다 0.71배로
# 줄어듭니다.
# %% [markdown] lang="en"
# ### Exercise 1: He for a convolution
#
# A unit of `Conv2D(96, kernel_size=3)`, a layer that lesson 03 explains, has a weight for each pixel of a 3 by 3 window, in each of the 64
# *channels* of its input (layers of numbers, like the red, green and blue of a photo). It adds up all these products. With which standard
# deviation would He draw the weights?
# %% [markdown] lang="ko"
# ### 연습 1: 합성곱층의 He 초기화
#
# `Conv2D(96, kernel_size=3)`은 3강에서 설명할 층입니다. 이 층의 유닛은 입력의 *채널*(channel, 사진의 빨강, 초록, 파랑처럼 겹쳐 있는 숫자판) 64개마다 3×3 픽셀 창의 픽셀 하나하나에 가중치를
# 가지고, 곱한 값을 모두 더합니다. He라면 가중치를 어떤 표준편차로 뽑을까요?
# %% tags=["exercise"]
deviation = ...  # a number, or a calculation
# Stuck? ft.hint("01b.1"), then ft.solution("01b.1")
ft.check("01b.1", deviation)
# %% [markdown] lang="en"
# Pretty pictures, but do they matter? We train the deep network from each start: 100 updates of SGD, three seeds
# (three draws of the random numbers), and for each start the better of two rates, 0.1 and 0.3, judged on validation.
#
# **Predict.** Which of the five will learn to read?
# %% [markdown] lang="ko"
# 그림은 그럴듯한데, 실제로도 중요할까요? 각 출발점에서 깊은 신경망을 학습해 봅시다. SGD로 업데이트를 100번 합니다. 시드(seed)는 세 개입니다. 즉 난수를
# 세 번 다르게 뽑습니다. 학습률은 0.1과 0.3 중에서 검증 데이터에서 나은 쪽을 출발점마다 따로 고릅니다.
#
# **예측해 보세요.** 다섯 가지 초기화 중에서 숫자를 읽게 되는 것은 어느 것일까요?
# %%
deep.compile(keras.optimizers.SGD(), "sparse_categorical_crossentropy")

def learn(start, rate):
    """Validation accuracy after 100 updates, one number per seed."""
    scores = []
    deep.optimizer.learning_rate = rate
    for seed in range(3):
        ft.reinitialize(deep, start, seed=seed)
        for _ in range(100):
            deep.train_on_batch(x, y)
        scores.append(np.mean(np.argmax(deep(x_val), axis=1) == y_val))
    return scores

learnt = {}
for name, start in starts.items():
    by_rate = [learn(start, rate) for rate in (0.1, 0.3)]
    learnt[name] = max(by_rate, key=np.mean)
# %%
fig = plots.bars(
    {name: (np.mean(s), min(s), max(s)) for name, s in learnt.items()},
    "Eight layers deep, the start decides",
    "Validation accuracy: mean, worst and best of three seeds", percent=True,
)
ft.show(
    fig,
    alt="Validation accuracy after 100 updates for five starts. He is far above all "
    "others; zeros and the large start stay at chance.",
)
means = {name: np.mean(s) for name, s in learnt.items()}
assert min(learnt["He"]) > 0.6
assert means["He"] > 0.15 + max(means[n] for n in means if n != "He")
assert means["zeros"] < 0.2 and means["large normal"] < 0.2
# %% [markdown] lang="en"
# The He start reads {{100 * means["He"]:.0f}} % of the validation digits. In the same 100 updates Xavier has come to
# {{100 * means["Xavier"]:.0f}} %, the small start to {{100 * means["small normal"]:.0f}} %; zeros and the large start still
# guess, which gives 10 %. The same network, the same data: only how its first numbers are drawn differs, and above all how
# large they are.
# %% [markdown] lang="ko"
# He 초기화는 검증용 손글씨 숫자를 {{100 * means["He"]:.0f}}% 맞힙니다. 똑같이 업데이트 100번을 하고 Xavier는 {{100 * means["Xavier"]:.0f}}%,
# 작은 정규분포는 {{100 * means["small normal"]:.0f}}%까지 왔습니다. 0과 큰 정규분포는 아직 찍는 수준인 10%입니다. 신경망도 데이터도
# 같습니다. 다른 것은 첫 가중치를 뽑는 방식, 무엇보다 그 크기뿐입니다.
# %% [markdown] lang="en"
# ## Four ways to take a step
#
# Plain SGD steps along the gradient. *Momentum* keeps rolling in the direction of earlier steps. *RMSprop* divides each
# slope by its own recent size, so that every weight moves at a similar pace. *Adam* (Kingma and Ba, 2015) does
# both. Each is a few lines.
# %% [markdown] lang="ko"
# ## 걸음을 내딛는 네 가지 방법
#
# 기본 SGD는 기울기를 그대로 따라갑니다. *모멘텀*(momentum)은 앞선 걸음의 방향으로 계속 굴러갑니다. *RMSprop*은 기울기를 최근의
# 크기로 나누어 모든 가중치가 비슷한 빠르기로 움직이게 합니다. *Adam*(Kingma와 Ba, 2015)은 둘을 합친 것입니다. 모두 몇 줄이면 됩니다.
# %%
def sgd(slope, memory, rate):
    return -rate * slope

def momentum(slope, memory, rate):
    memory["m"] = 0.9 * memory.get("m", 0) - rate * slope
    return memory["m"]

def rmsprop(slope, memory, rate):
    memory["v"] = 0.9 * memory.get("v", 0) + 0.1 * slope**2
    return -rate * slope / np.sqrt(memory["v"] + 1e-7)

def adam(slope, memory, rate):
    t = memory["t"] = memory.get("t", 0) + 1
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * slope
    memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * slope**2
    # Both begin too small.
    m, v = (memory["m"] / (1 - 0.9**t), memory["v"] / (1 - 0.999**t))
    return -rate * m / (np.sqrt(v) + 1e-7)
# %% [markdown] lang="en"
# `memory` is what an optimizer remembers of a weight. Do our rules do what Keras does? Both get the same five slopes.
# %% [markdown] lang="ko"
# `memory`는 옵티마이저(optimizer)가 가중치마다 기억해 두는 값입니다. 우리가 쓴 규칙이 Keras와 똑같이 움직일까요? 양쪽에 같은 기울기를
# 다섯 번 줍니다.
# %%
rules = {"sgd": sgd, "momentum": momentum, "rmsprop": rmsprop, "adam": adam}
theirs = {
    "sgd": keras.optimizers.SGD(0.01),
    "momentum": keras.optimizers.SGD(0.01, momentum=0.9),
    "rmsprop": keras.optimizers.RMSprop(0.01),
    "adam": keras.optimizers.Adam(0.01),
}
slopes = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
for name, rule in rules.items():
    ours, memory, variable = np.zeros(3), {}, keras.Variable(np.zeros(3, "float32"))
    for slope in slopes:
        ours = ours + rule(slope, memory, 0.01)
        theirs[name].apply([slope], [variable])
    print(f"{name:<9} same as Keras: {np.allclose(ours, variable, atol=1e-5)}")
    assert np.allclose(ours, variable, atol=1e-5)
# %% [markdown] lang="en"
# Now a fair contest on our small network: 50 updates for everyone, five seeds, and the same seven rates to choose from.
#
# **Predict.** Will one rate be good for all four?
# %% [markdown] lang="ko"
# 이제 작은 신경망으로 공정하게 비교해 봅시다. 넷 모두 업데이트 50번, 시드 다섯 개이고, 학습률도 똑같은 일곱 가지 중에서 고릅니다.
#
# **예측해 보세요.** 넷 모두에 좋은 학습률이 하나 있을까요?
# %%
def train(rule, rate, updates=50, seed=0):
    weights, losses = draw(seed), []
    memories = {name: {} for name in weights}
    for _ in range(updates):
        losses.append(loss(weights, x, y))
        slopes = gradient(weights, x, y)
        weights = {n: weights[n] + rule(slopes[n], memories[n], rate) for n in weights}
    return accuracy(weights, x_val, y_val), losses

tried = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
runs = {
    (name, rate): [train(rule, rate, seed=s) for s in range(5)]
    for name, rule in rules.items() for rate in tried
}
found = {key: [score for score, _ in five] for key, five in runs.items()}
# %%
series = {}
for name in rules:
    by_rate = np.array([found[name, rate] for rate in tried])  # a row per rate
    worst, best_seed = by_rate.min(axis=1), by_rate.max(axis=1)
    series[name] = tried, by_rate.mean(axis=1), worst, best_seed
fig = plots.lines(
    series, "Learning rate", "Validation accuracy", "Each rule has its own good rates",
    log_x=True, percent=True,
)
ft.show(
    fig,
    alt="Validation accuracy against the learning rate for four rules, bars from "
    "worst to best of five seeds. RMSprop and Adam peak near 0.01, momentum near "
    "0.1, SGD near 1.",
)
# %% [markdown] lang="en"
# Three hills, and a slope that we did not follow to its top: all of nearly the same height, at different places. At 0.01 Adam looks brilliant and SGD hopeless, and neither
# is true. Let us give each rule its best rate, chosen on validation, and look at the way down.
# %% [markdown] lang="ko"
# 언덕 셋과, 꼭대기까지 따라가 보지 못한 비탈 하나입니다. 높이는 거의 같고 자리만 다릅니다. 0.01에서는 Adam이 눈부시고 SGD는 가망이 없어 보이지만, 둘 다 사실이 아닙니다. 규칙마다 검증
# 데이터로 가장 좋은 학습률을 골라 주고, 손실이 내려가는 길을 봅시다.
# %%
best, curves = {}, {}
for name in rules:
    best[name] = max(tried, key=lambda rate: np.mean(found[name, rate]))
    losses = [curve for _, curve in runs[name, best[name]]]
    curves[f"{name}, rate {best[name]:g}"] = range(50), np.mean(losses, axis=0)
fig = plots.lines(
    curves, "Update", "Training loss, mean of five seeds",
    "Each at its own best rate, all four arrive",
)
ft.show(
    fig,
    alt="Training loss over 50 updates for the four rules, each at its best rate. All "
    "fall to near zero.",
)
# %%
tops = {name: np.mean(found[name, best[name]]) for name in rules}
for name in rules:
    five = found[name, best[name]]
    print(f"{name:<9} best rate {best[name]:<6g} validation {100 * tops[name]:.1f} %"
          f"  (seeds {100 * min(five):.1f} to {100 * max(five):.1f})")
apart = max(tops.values()) - min(tops.values())
assert apart < 0.05 and apart < max(np.ptp(found[name, best[name]]) for name in rules)
assert np.mean(found["adam", 0.01]) > np.mean(found["sgd", 0.01]) + 0.4
# %% [markdown] lang="en"
# The seeds of each rule spread wider than the rules differ, so on this small problem there is no winner. What Adam and
# RMSprop buy is comfort: they divide the gradient by its size, so their steps do not depend on it, and a rate between
# 0.003 and 0.03 is a sensible first try here. SGD's best rate is the highest that we tried; it may have more to give, and 3 was deadly.
# %% [markdown] lang="ko"
# 규칙 사이의 차이보다 시드에 따른 차이가 더 큽니다. 이 작은 문제에서는 승자가 없습니다. Adam과 RMSprop은 쓰기가 편합니다. 기울기를 그 크기로
# 나누므로 걸음이 기울기의 크기에 좌우되지 않고, 여기서는 학습률 0.003에서 0.03쯤이 무난한 첫 시도가 됩니다. SGD는 시험한 값 중에서 가장 큰 것이 가장 좋았으니 조금 더 키울 여지가
# 있지만, 3에서는 망가졌습니다.
# %% [markdown] lang="en"
# ### Exercise 2: in a hurry
#
# Only 20 updates. Choose a rule and a rate so that the small network reads at least 85 % of the validation digits, on
# average over five seeds. `train(rule, rate, updates=20)[0]` lets you try.
# %% [markdown] lang="ko"
# ### 연습 2: 시간이 없을 때
#
# 업데이트를 20번만 할 수 있습니다. 작은 신경망이 시드 다섯 개 평균으로 검증용 손글씨 숫자를 85% 이상 맞히도록 규칙과 학습률을 골라 보세요.
# `train(rule, rate, updates=20)[0]`으로 시험해 볼 수 있습니다.
# %% tags=["exercise"]
my_rule = ...  # sgd, momentum, rmsprop or adam
my_rate = ...
# Stuck? ft.hint("01b.2"), then ft.solution("01b.2")
ft.check("01b.2", (my_rule, my_rate))
# %% [markdown] lang="en"
# ## What it costs
#
# Now a real network. `glyphnet` is a small convolutional network that stays with us through the course. It comes with
# weights learned elsewhere, and here we throw them away: the strategy `scratch` draws every layer at random and trains all of them with AdamW, Adam with
# decaying weights.
# %% [markdown] lang="ko"
# ## 비용은 얼마나 들까요?
#
# 이제 제대로 된 신경망 차례입니다. `glyphnet`은 이 과정 내내 함께할 작은 합성곱 신경망입니다. 다른 데이터로 이미 학습한
# 가중치가 들어 있지만 여기서는 버립니다. `scratch` 전략은 모든 층의 가중치를 무작위로 다시 뽑고, AdamW로 전체를 학습합니다. AdamW는 업데이트마다 가중치를 조금씩 줄이는 가중치 감쇠(weight decay, 2강)를 Adam에 더한 것입니다.
# %%
model = ft.classifier(track.backbone, task.num_classes)
small_weights = sum(array.size for array in draw(seed=0).values())
print(
    f"{model.count_params():,} weights, as against {small_weights:,} in our small "
    "network"
)
print(ft.strategy("scratch"))
# %% [markdown] lang="en"
# The table has one line, since this strategy has one *phase*. It trains all layers, takes the whole share of the updates, 100 %, and
# begins with the rate that stands there; `cosine` lets the rate sink to 0 by the end. Later strategies have several phases.
# %% [markdown] lang="ko"
# 이 전략은 *단계*(phase)가 하나라서 표도 한 줄입니다. 이 단계에서는 모든 층을 학습하고(trains), 업데이트를 100% 다 쓰고(share), 적힌 학습률(rate)에서 시작합니다.
# `cosine`은 학습률이 끝날 때까지 0으로 내려간다는 뜻입니다. 뒤에 나올 전략에는 단계가 여럿입니다.
# %% [markdown] lang="en"
# A single run proves little, and many runs take long. So the repository holds recorded ones, several seeds each, made by `make results`
# with this same code. Two settings were chosen on validation images: a `rate_factor`, by which the rate of the table is multiplied, and
# a regularization. `"light"` is a mild one; lesson 02 explains it.
#
# First we check the record: one run, live, 100 updates, beside the recorded run of the same seed.
# %% [markdown] lang="ko"
# 한 번만 돌려서는 알 수 있는 것이 적고, 여러 번 돌리려면 오래 걸립니다. 그래서 저장소에는 시드 여러 개로 미리 돌린 기록이 있습니다. 바로
# 이 코드로 `make results`가 만든 것입니다. 두 가지 설정은 검증 데이터로 골랐습니다. 표의 학습률에 곱하는 배수 `rate_factor`, 그리고 정규화입니다. `"light"`는 가벼운
# 정규화이며, 2강에서 설명합니다.
#
# 먼저 기록부터 확인합시다. 업데이트 100번을 직접 돌려 같은 시드의 기록 옆에 놓아 봅니다.
# %%
early = track.recorded("digits-updates")  # runs of 50 and of 100 updates
records = {50: early, 100: early, 300: track.recorded("digits")}

def recorded_runs(labels, updates):
    """The recorded runs of `scratch` with these labels per class and updates, one per
    seed."""
    wanted = {
        "strategy": "scratch",
        "labels_per_class": labels,
        "updates": updates,
    }
    return [row for row in records[updates].rows if wanted.items() <= row.items()]
# %%
hundred = recorded_runs(labels=10, updates=100)
recipe = ft.strategy("scratch").scaled(hundred[0]["rate_factor"])
run = ft.fit(model, task, recipe, "light", updates=100, seed=0, verbose=False)
(same,) = (row["val_accuracy"] for row in hundred if row["seed"] == 0)
others = [row["val_accuracy"] for row in hundred if row["seed"] != 0]
print(f"live                 {100 * run.val_accuracy:.1f} %")
print(f"recorded, same seed  {100 * same:.1f} %")
print(
    f"{len(others)} other seeds        {100 * min(others):.1f} to "
    f"{100 * max(others):.1f} %"
)
assert abs(run.val_accuracy - same) < 0.015  # two images; computers round
# %% [markdown] lang="en"
# The same seed gives the same number (on another computer perhaps an image more or less), so the record was made with this code. The other
# seeds show how far luck goes. The first price is time: ten labels per class, and 50, 100 or 300
# updates.
#
# **Predict.** By how much do the seeds differ after 50 updates, and after 300?
# %% [markdown] lang="ko"
# 시드가 같으면 결과도 같으니(컴퓨터가 다르면 한두 장 다를 수 있습니다) 기록은 이 코드로 만든 것입니다. 다른 시드들은 운에 따라 얼마나 달라지는지 보여 줍니다. 첫 번째 비용은 시간입니다. 클래스당 레이블 열 개로 업데이트를 50번, 100번, 300번
# 했습니다.
#
# **예측해 보세요.** 업데이트 50번 뒤와 300번 뒤, 시드에 따른 차이는 각각 얼마나 될까요?
# %%
def summary(rows, score="val_accuracy"):
    values = [row[score] for row in rows]
    return np.mean(values), min(values), max(values)

by_updates = {n: summary(recorded_runs(10, n)) for n in (50, 100, 300)}
fig = plots.bars(
    {f"{updates} updates": values for updates, values in by_updates.items()},
    "Time: few updates are a gamble", "Validation accuracy: mean, worst and best seed",
    percent=True,
)
ft.show(
    fig,
    alt="Validation accuracy from scratch after 50, 100 and 300 updates. The mean "
    "rises, and the seeds, far apart after 50 updates, draw together.",
)
spread = {updates: high - low for updates, (_, low, high) in by_updates.items()}
assert by_updates[50][0] < by_updates[100][0] and spread[50] > spread[300] + 0.05
# %% [markdown] lang="en"
# The second price is labels, and somebody has to make each of them. 300 updates for everyone, from one label per class
# to fifty.
#
# **Predict.** How accurate is a network that was given a single image of each digit?
# %% [markdown] lang="ko"
# 두 번째 비용은 레이블입니다. 누군가는 하나하나 달아야 합니다. 업데이트는 모두 300번, 레이블은 클래스당 한 개에서 쉰 개까지입니다.
#
# **예측해 보세요.** 숫자마다 이미지를 한 장씩만 받은 신경망은 얼마나 정확할까요?
# %%
counts = (1, 3, 10, 50)
by_labels = {count: summary(recorded_runs(count, 300)) for count in counts}
fig = plots.bars(
    {f"labels per class: {count}": values for count, values in by_labels.items()},
    "Labels: few are not enough",
    "Validation accuracy: mean, worst and best seed",
    percent=True,
)
ft.show(
    fig,
    alt="Validation accuracy from scratch with 1, 3, 10 and 50 labels per class, "
    "with worst and best seed. One label gives a poor, uncertain result, fifty an "
    "excellent one.",
)
assert (
    by_labels[1][0] + 0.1 < by_labels[10][0]
    and by_labels[10][0] - 0.02 < by_labels[50][0]
)
# %% [markdown] lang="en"
# From {{100 * by_labels[1][0]:.0f}} % with one label to {{100 * by_labels[50][0]:.1f}} % with fifty. With plenty of labels and
# updates, training from scratch works very well. What it lacks is a way to do with little.
#
# It has one more advantage: freedom. Pre-trained weights exist only for networks that somebody has pre-trained. If you
# need an architecture of your own, say for images with twelve channels or for a chip with little memory, you start from scratch.
# %% [markdown] lang="ko"
# 레이블 하나로는 {{100 * by_labels[1][0]:.0f}}%, 쉰 개로는 {{100 * by_labels[50][0]:.1f}}%입니다. 레이블과 업데이트가 넉넉하면 처음부터
# 학습해도 아주 잘됩니다. 다만 적은 레이블과 적은 업데이트로는 해내지 못합니다.
#
# 장점이 하나 더 있습니다. 구조를 마음대로 정할 수 있다는 것입니다. 사전 학습된 가중치는 누군가 이미 학습해 둔 신경망에만 있습니다. 채널이
# 열두 개인 이미지를 다루거나 메모리가 작은 칩에 올려야 해서 나만의 구조가 필요하다면 처음부터 학습해야 합니다.
# %% [markdown] lang="en"
# ## The test images, once
#
# All choices are made, so we may open the test images: 500 digits, mostly by people whose writing the network has never
# seen. How well a network does on such new data is its *generalization*. Our validation images helped to choose the rate,
# so what they say of it flatters us a little.
#
# **Predict.** Will the test accuracy of our run be higher or lower?
# %% [markdown] lang="ko"
# ## 테스트 데이터는 한 번만
#
# 고를 것은 다 골랐으니 이제 테스트 데이터를 열어도 됩니다. 손글씨 숫자 500개이고, 대부분 신경망이 본 적 없는 사람의 글씨입니다. 이런 새
# 데이터에서도 잘하는 것을 *일반화*(generalization)라고 합니다. 학습률을 고르는 데
# 검증 데이터를 썼으므로 검증 정확도는 실제보다 조금 좋게 나옵니다.
#
# **예측해 보세요.** 직접 돌린 신경망의 테스트 정확도는 검증 정확도보다 높을까요, 낮을까요?
# %%
print(f"our run, 100 updates   validation {100 * run.val_accuracy:.1f} %")
print(f"                       test       {100 * run.test_accuracy:.1f} %")
print("\nrecorded, 300 updates: test accuracy (worst to best seed)")
for count in counts:
    mean, low, high = summary(recorded_runs(count, 300), "test_accuracy")
    spans = f"({100 * low:.1f} to {100 * high:.1f})"
    print(f"labels per class: {count:<3}  {100 * mean:.1f} %   {spans}")
tested = [r["test_accuracy"] for r in hundred]
assert min(tested) - 0.03 <= run.test_accuracy <= max(tested) + 0.03
assert summary(recorded_runs(10, 300), "test_accuracy")[0] < by_labels[10][0]
# %% [markdown] lang="en"
# Other people, other mistakes: most validation images are by two writers, the test images by four, and some people write less clearly
# than others. And we chose by the validation images. Which of the two weighs more, this lesson has not tested. With ten labels per class and 100
# updates our run reads {{100 * run.test_accuracy:.1f}} % of the test digits. Keep that number: later lessons will try to do better with the same labels.
# %% [markdown] lang="ko"
# 사람이 다르면 틀리는 것도 다릅니다. 검증 이미지는 거의 두 사람, 테스트 이미지는 네 사람이 썼고, 글씨가 덜 또렷한 사람도 있습니다. 게다가 검증 이미지는 설정을 고르는 데 썼습니다. 어느 쪽이 더
# 큰지는 이 수업에서 확인하지 않았습니다. 클래스당 레이블 열 개, 업데이트 100번으로 학습한 우리 신경망은 {{100 * run.test_accuracy:.1f}}%를
# 맞힙니다. 이 값을 기억해 두세요. 뒤의 수업에서는 같은 레이블로 이보다 잘해 보려 합니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# A Keras user names the start with `kernel_initializer` and the rule with `compile`. Below, the small network again with all four rules,
# each at its best rate. We give them the weights that our own loop started from, so that they must come to the same end. (The code is
# folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# Keras 사용자는 `kernel_initializer`로 출발점을, `compile`로 규칙을 정합니다. 작은 신경망을 네 규칙으로, 각자 가장 좋은 학습률로 다시 학습해 봅시다. 우리 반복문과 같은 가중치에서
# 출발하게 했으니 끝도 같아야 합니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
def small_network():
    he = "he_normal"  # for ReLU; Keras by itself takes glorot_uniform, Xavier
    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(32, activation="relu", kernel_initializer=he),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )

optimizers = {
    "sgd": keras.optimizers.SGD(best["sgd"]),
    "momentum": keras.optimizers.SGD(best["momentum"], momentum=0.9),
    "rmsprop": keras.optimizers.RMSprop(best["rmsprop"]),
    "adam": keras.optimizers.Adam(best["adam"]),
}
# %% tags=["folded"]
start = draw(seed=0)
by_keras, by_hand = {}, {}
for name, optimizer in optimizers.items():
    plain = small_network()
    plain.set_weights([start[array] for array in ("w1", "b1", "w2", "b2")])
    plain.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = plain.fit(
        x, y, batch_size=len(x), epochs=50, validation_data=(x_val, y_val), verbose=0
    ).history
    by_keras[name] = history["val_accuracy"][-1]
    by_hand[name], _ = runs[name, best[name]][0]
    scores = f"Keras {100 * by_keras[name]:.1f} %, by hand {100 * by_hand[name]:.1f} %"
    print(f"{name:<9} {scores}")
assert all(abs(by_keras[name] - by_hand[name]) < 0.03 for name in optimizers)
# %% [markdown] lang="en"
# The same accuracies, as near as rounding allows. So what you have written in a few lines is what `compile` chooses by a name. What
# `ft.fit` did with `glyphnet` is `fit` again, with checks around it.
# %% [markdown] lang="ko"
# 반올림 오차를 빼면 정확도가 같습니다. 여러분이 몇 줄로 쓴 것이 바로 `compile`에서 이름으로 고르는 것입니다. `ft.fit`이 `glyphnet`으로 한 일도 `fit`과 같고, 거기에 확인이 더해질
# 뿐입니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 01b.q1}}
# %% [markdown] lang="ko"
# {{quiz 01b.q1}}
# %% tags=["exercise"]
ft.check("01b.q1", ...)
# %% [markdown] lang="en"
# {{quiz 01b.q2}}
# %% [markdown] lang="ko"
# {{quiz 01b.q2}}
# %% tags=["exercise"]
ft.check("01b.q2", ...)
# %% [markdown] lang="en"
# {{quiz 01b.q3}}
# %% [markdown] lang="ko"
# {{quiz 01b.q3}}
# %% tags=["exercise"]
ft.check("01b.q3", ...)
# %% [markdown] lang="en"
# {{quiz 01b.q4}}
# %% [markdown] lang="ko"
# {{quiz 01b.q4}}
# %% tags=["exercise"]
ft.check("01b.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - From zeros only the last bias can learn; copies stay copies and do the work of one unit.
# - He's $\sqrt{2/n}$ keeps signals alive under ReLU: after 100 updates {{100 * means["He"]:.0f}} %, with Xavier
#   {{100 * means["Xavier"]:.0f}} %, eight layers deep.
# - Each optimizer has its own good rates; compare each at its best, with several seeds.
# - From scratch, glyphnet needs labels and updates: {{100 * by_labels[1][0]:.0f}} % on validation with one label per
#   class, {{100 * by_labels[10][0]:.0f}} % with ten, {{100 * by_labels[50][0]:.0f}} % with fifty.
# - The test images are opened once, after all choices.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 0에서 출발하면 마지막 편향만 배우고, 똑같은 값에서 출발한 유닛은 끝까지 똑같아서 하나나 다름없습니다.
# - He의 $\sqrt{2/n}$은 ReLU에서도 신호를 살려 둡니다. 은닉층이 여덟 개일 때 업데이트 100번 뒤 He는 {{100 * means["He"]:.0f}}%, Xavier는
#   {{100 * means["Xavier"]:.0f}}%입니다.
# - 좋은 학습률은 옵티마이저마다 다르므로, 각자 가장 좋은 값으로, 시드 여러 개로 비교해야 합니다.
# - 처음부터 학습하는 glyphnet에는 레이블과 업데이트가 필요합니다. 검증 정확도는 클래스당 레이블 한 개로 {{100 * by_labels[1][0]:.0f}}%,
#   열 개로 {{100 * by_labels[10][0]:.0f}}%, 쉰 개로 {{100 * by_labels[50][0]:.0f}}%입니다.
# - 테스트 데이터는 모두 고른 뒤에 한 번만 엽니다.
# %% [markdown] lang="en"
# ## Next
#
# All of this began with random numbers, although edges and strokes look much the same in every script. Could the network
# start from something better than random? Lesson 02 first looks at what goes wrong when labels are few: overfitting.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 이 모든 것은 무작위 숫자에서 시작했습니다. 하지만 경계와 획은 어느 문자에서나 비슷합니다. 무작위보다 나은 곳에서 출발할 수는 없을까요?
# 그 전에 2강에서는 레이블이 적을 때 생기는 문제, 과적합(overfitting)을 살펴봅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Glorot and Bengio, 2010, [Xavier initialization](https://proceedings.mlr.press/v9/glorot10a.html); He et al., 2015,
#   [He initialization](https://arxiv.org/abs/1502.01852); Kingma and Ba, 2015, [Adam](https://arxiv.org/abs/1412.6980)
# - Keras: [initializers](https://keras.io/api/layers/initializers/), [optimizers](https://keras.io/api/optimizers/)
# - Dive into Deep Learning: [initialization](https://d2l.ai/chapter_multilayer-perceptrons/numerical-stability-and-init.html),
#   [optimizers](https://d2l.ai/chapter_optimization/index.html)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Glorot와 Bengio, 2010, [Xavier 초기화](https://proceedings.mlr.press/v9/glorot10a.html). He 등, 2015,
#   [He 초기화](https://arxiv.org/abs/1502.01852). Kingma와 Ba, 2015, [Adam](https://arxiv.org/abs/1412.6980)
# - Keras: [초기화](https://keras.io/api/layers/initializers/), [옵티마이저](https://keras.io/api/optimizers/)
# - Dive into Deep Learning: [초기화](https://d2l.ai/chapter_multilayer-perceptrons/numerical-stability-and-init.html),
#   [옵티마이저](https://d2l.ai/chapter_optimization/index.html)
