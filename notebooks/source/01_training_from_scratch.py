# %% [markdown] lang="en"
# # Training from scratch
#
# A network starts as random numbers and ends up reading handwriting. This lesson takes that road step by step, first with
# nothing but NumPy, then with Keras, and asks at the end what it cost.
#
# **Questions**
# - How does a network know in which direction each of its weights should move?
# - Where should the weights start, and how large should a step be?
# - How many labels and how many updates does training from scratch need?
#
# **You will**
# - write a loss and compute its gradient by hand, and check both against Keras
# - see why a start from zeros fails, and what Xavier and He do about it
# - recognise a learning rate that is too small or too large by its curve
# - compare SGD, momentum, RMSprop and Adam fairly
#
# ⏱ {{minutes}} minutes · Needs: Python and a little NumPy · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 처음부터 학습하기(training from scratch)
#
# 신경망은 무작위 숫자로 시작해서 손글씨를 읽게 됩니다. 이 수업에서는 그 길을 한 걸음씩 따라갑니다. 먼저 NumPy만으로, 그다음에는
# Keras로 해 보고, 마지막에는 여기에 든 비용을 따져 봅니다.
#
# **질문**
# - 신경망은 가중치(weight)를 어느 쪽으로 움직여야 하는지 어떻게 알까요?
# - 가중치는 어디에서 출발해야 하고, 한 걸음은 얼마나 커야 할까요?
# - 처음부터 학습하려면 레이블과 업데이트가 얼마나 필요할까요?
#
# **이 수업을 마치면**
# - 손실을 직접 구현하고 기울기를 손으로 구해서 Keras의 결과와 맞춰 볼 수 있습니다
# - 0에서 출발하면 왜 실패하는지, Xavier와 He 초기화가 이를 어떻게 해결하는지 설명할 수 있습니다
# - 곡선만 보고 학습률이 너무 작은지 너무 큰지 알아볼 수 있습니다
# - SGD, 모멘텀, RMSprop, Adam을 공정하게 비교할 수 있습니다
#
# ⏱ {{minutes}}분 · 미리 알아 둘 것: Python 기초, NumPy 조금 · 노트북 컴퓨터에서 1분 안에 실행됩니다
# %% [markdown] lang="en"
# ## Real handwriting, eight by eight pixels
#
# Most of the course works on 1,797 digits that real people wrote and a scanner read. We label ten of each class for
# training. The validation images are there for our choices; the test images, mostly by other writers, wait until the end.
# `track` names the data and the network of the course. In an exercise, put your answer in the place of `...` and run the cell; a
# quiz wants a letter in quotes, such as `"b"`.
# %% [markdown] lang="ko"
# ## 가로세로 여덟 픽셀의 진짜 손글씨
#
# 이 과정에서는 사람이 실제로 쓰고 스캐너로 읽은 손글씨 숫자 1,797개를 주로 씁니다. 학습에는 클래스마다 레이블을 열 개씩만 씁니다. 무언가를
# 고를 때는 검증 데이터를 보고, 대부분 다른 사람이 쓴 테스트 데이터는 마지막까지 열지 않습니다. `track`은 이 과정의 데이터와 신경망을 가리킵니다. 연습에서는 `...` 자리에
# 답을 쓰고 셀을 실행하세요. 퀴즈의 답은 `"b"`처럼 따옴표로 묶은 글자입니다.
# %%
import keras
import numpy as np
import tensorflow as tf

import ftlib as ft
from ftlib import plots

track = ft.track("glyph")
task = track.task(labels_per_class=10, seed=0)
print(task)
# %%
fig = plots.image_grid(
    task.train.images[:20], titles=[f"label {n}" for n in task.train.labels[:20]],
    title="Twenty of the 100 training images",
)
ft.show(
    fig,
    alt="Two rows of ten coarse grey images of handwritten digits, each with its "
    "label.",
)
# %% [markdown] lang="en"
# For our first network an image is simply a row of 64 numbers between 0 and 1. It will not know which pixels are
# neighbours; it has to find out what matters.
# %% [markdown] lang="ko"
# 첫 신경망에는 이미지를 0과 1 사이의 숫자 64개를 한 줄로 늘어놓은 것으로 넣습니다. 어떤 픽셀이 서로 이웃인지 신경망은 모릅니다. 무엇이
# 중요한지 스스로 알아내야 합니다.
# %% tags=["nbval-check-output"]
def flat(split):
    return split.images.reshape(len(split), 64) / 255

x, y = flat(task.train), task.train.labels
x_val, y_val = flat(task.validation), task.validation.labels
print(x.shape, y.shape, x_val.shape)
# %% [markdown] lang="en"
# ## A network is a function of its weights
#
# Two layers of weights: 64 pixels to 32 hidden units, 32 hidden units to 10 scores. Each unit adds up its inputs times its
# weights; ReLU then turns what is negative into 0. All that can be learned sits in one dictionary.
# %% [markdown] lang="ko"
# ## 신경망은 가중치의 함수입니다
#
# 가중치는 두 층입니다. 픽셀 64개에서 은닉층(hidden layer)의 유닛 32개로, 다시 유닛 32개에서 점수 10개로 이어집니다. 유닛은 입력에
# 가중치를 곱해 모두 더하고, ReLU는 음수를 0으로 바꿉니다. 학습할 수 있는 것은 모두 딕셔너리 하나에 들어 있습니다.
# %%
def draw(seed, hidden=32):
    """Random weights; why just this size, we shall see below."""
    rng = np.random.default_rng(seed)
    return {
        "w1": rng.normal(0, np.sqrt(2 / 64), (64, hidden)), "b1": np.zeros(hidden),
        "w2": rng.normal(0, np.sqrt(2 / hidden), (hidden, 10)), "b2": np.zeros(10),
    }

def forward(weights, x):
    hidden = np.maximum(x @ weights["w1"] + weights["b1"], 0)  # ReLU
    scores = hidden @ weights["w2"] + weights["b2"]
    return hidden, scores
# %% [markdown] lang="en"
# Scores can be any numbers. Softmax makes probabilities of them: raise e to each score, then divide by the sum. Subtracting
# the largest score first changes nothing, but keeps e from overflowing.
# %% [markdown] lang="ko"
# 점수는 어떤 숫자든 될 수 있습니다. 소프트맥스(softmax)는 이를 확률로 바꿉니다. e를 점수만큼 거듭제곱한 뒤 그 합으로 나눕니다. 가장 큰
# 점수를 먼저 빼도 결과는 같고, 오버플로(overflow)를 막을 수 있습니다.
# %%
def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

probabilities = softmax(forward(draw(seed=0), x)[1])
print("first image, label", y[0])
print(np.round(probabilities[0], 2))
assert np.allclose(probabilities.sum(axis=1), 1)
# %% [markdown] lang="en"
# ## The loss: how surprised is the network?
#
# The loss says how bad the answers are. Cross-entropy looks only at the probability that the network gave to the right
# class, and takes the negative natural logarithm: certain and right costs 0, half sure costs 0.69, one in a hundred 4.6.
# %% [markdown] lang="ko"
# ## 손실: 신경망은 얼마나 놀랐을까요?
#
# 손실(loss)은 답이 얼마나 나쁜지를 나타냅니다. 교차 엔트로피(cross-entropy)는 정답 클래스에 매긴 확률만 보고, 그 자연로그에 음의
# 부호를 붙입니다. 확신하고 맞히면 0, 반쯤 확신하면 0.69, 100분의 1만 믿었다면 4.6입니다.
# %%
for p in (1.0, 0.5, 0.1, 0.01):
    print(f"probability of the right class {p:4.2f}   loss {abs(np.log(p)):.2f}")
# %% [markdown] lang="en"
# ### Exercise 1: write the cross-entropy
#
# Write it for many images at once: the mean of the losses of all images. `probabilities[np.arange(n), labels]` picks one
# number per row. A probability of 0 must not give infinity: raise it to 1e-12 first.
# %% [markdown] lang="ko"
# ### 연습 1: 교차 엔트로피 구현하기
#
# 여러 이미지를 한꺼번에 받아 이미지별 손실의 평균을 돌려주는 함수를 써 보세요. `probabilities[np.arange(n), labels]`는 행마다
# 값을 하나씩 고릅니다. 확률이 0이어도 무한대가 나오면 안 되므로, 1e-12보다 작은 확률은 먼저 1e-12로 올립니다.
# %% tags=["exercise"]
def cross_entropy(probabilities, labels):
    ...  # one or two lines
    return ...

# Stuck? ft.hint("01.1"), then ft.solution("01.1")
ft.check("01.1", cross_entropy)
# %% [markdown] lang="en"
# Now the loss as a function of the weights. That is what training will bring down.
#
# **Predict.** A network that knows nothing gives each of the ten classes the probability 1/10. What is its loss?
# %% [markdown] lang="ko"
# 이제 손실을 가중치의 함수로 씁니다. 학습은 바로 이 값을 줄이는 일입니다.
#
# **예측해 보세요.** 아무것도 모르는 신경망이 열 클래스에 똑같이 10분의 1씩 확률을 준다면 손실은 얼마일까요?
# %%
def loss(weights, x, y):
    p = softmax(forward(weights, x)[1])
    return -np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1)).mean()

ignorant = draw(seed=0)
ignorant["w2"] = np.zeros_like(ignorant["w2"])  # all scores 0: no opinion
random_losses = [loss(draw(seed), x, y) for seed in range(10)]
print(f"no opinion            {loss(ignorant, x, y):.4f}")
print(f"ln 10                 {np.log(10):.4f}")
print(f"ten random networks   {min(random_losses):.2f} to {max(random_losses):.2f}")
assert np.isclose(loss(ignorant, x, y), np.log(10))
assert 2 < np.mean(random_losses) < 3.5
# %% [markdown] lang="en"
# No opinion costs ln 10. Random networks do a little worse: they know nothing either, but they have opinions. Remember
# 2.30: a ten-class loss that starts far above it, or never leaves it, tells you that something is wrong.
# %% [markdown] lang="ko"
# 의견이 없을 때의 손실은 ln 10입니다. 무작위 신경망은 조금 더 나쁩니다. 모르기는 마찬가지인데 의견은 있기 때문입니다. 2.30을 기억해 두세요.
# 클래스가 열 개일 때 손실이 이보다 훨씬 높은 데서 시작하거나 여기서 벗어나지 못하면 무언가 잘못된 것입니다.
# %% [markdown] lang="en"
# ## The chain rule and backpropagation
#
# The gradient holds one number per weight: by how much the loss rises per unit of that weight, its slope. A weight of the first
# layer acts on the loss through a chain, and the slopes along a chain multiply:
#
# $$\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial s} \cdot \frac{\partial s}{\partial h} \cdot
# \frac{\partial h}{\partial z} \cdot \frac{\partial z}{\partial W_1}$$
#
# with the input $z$ of the ReLU, its output $h$ and the scores $s$.
# %% [markdown] lang="ko"
# ## 연쇄 법칙(chain rule)과 역전파(backpropagation)
#
# 기울기(gradient)에는 가중치마다 숫자가 하나씩 있습니다. 그 가중치를 조금 늘리면 손실이 얼마나 빠르게 늘어나는지를 나타냅니다. 첫째 층의
# 가중치는 여러 단계를 거쳐 손실에 영향을 주고, 단계마다의 기울기는 서로 곱해집니다.
#
# $$\frac{\partial L}{\partial W_1} = \frac{\partial L}{\partial s} \cdot \frac{\partial s}{\partial h} \cdot
# \frac{\partial h}{\partial z} \cdot \frac{\partial z}{\partial W_1}$$
#
# 여기서 $z$는 ReLU의 입력, $h$는 출력, $s$는 점수입니다.
# %% [markdown] lang="en"
# We walk from the end to the front, and each layer takes over the slope that the layer above it has computed. This is
# *backpropagation*; what runs from front to end is the forward pass. Softmax and cross-entropy together have a simple slope: the probability of each class,
# minus 1 for the right one. A ReLU lets a slope pass where it is open, and stops it where its output is 0.
# %% [markdown] lang="ko"
# 끝에서 앞으로 거슬러 가면서, 층마다 위층이 구해 둔 기울기를 이어받아 씁니다. 이것이 *역전파*이고, 앞에서 끝으로 가는 계산은
# 순전파(forward pass)라고 합니다. 소프트맥스와 교차 엔트로피를 합치면 기울기가 간단해집니다. 각 클래스의 확률에서, 정답 클래스만 1을 빼면
# 됩니다. ReLU는 열려 있으면 기울기를 그대로 통과시키고, 출력이 0이면 막습니다.
# %%
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
# Is it right? Never trust a gradient made by hand. Move one weight a millionth up and down, and see how the loss changes;
# then the next. That takes two losses per weight, so it serves as a check only.
# %% [markdown] lang="ko"
# 맞게 구했을까요? 손으로 구한 기울기는 일단 의심해야 합니다. 가중치 하나를 100만분의 1만큼 늘리고 줄여 손실이 얼마나 변하는지 보고, 다음
# 가중치로 넘어갑니다. 가중치 하나에 손실을 두 번씩 계산해야 하므로 확인할 때만 씁니다.
# %%
def finite_differences(weights, x, y, tiny=1e-6):
    slopes = {name: np.zeros_like(array) for name, array in weights.items()}
    for name, array in weights.items():
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + tiny
            above = loss(weights, x, y)
            array[place] = kept - tiny
            below = loss(weights, x, y)
            array[place] = kept
            slopes[name][place] = (above - below) / (2 * tiny)
    return slopes
# %%
weights = draw(seed=0)
by_hand, by_difference = gradient(weights, x, y), finite_differences(weights, x, y)
numbers = sum(array.size for array in weights.values())
worst = max(np.abs(by_hand[name] - by_difference[name]).max() for name in weights)
print(f"{numbers:,} slopes agree: {worst < 1e-6} (to a millionth)")
assert worst < 1e-6
# %% [markdown] lang="en"
# Keras builds such a chain for any network; on TensorFlow the `GradientTape` records what happens on the way forward and
# then walks back. Let us give a Keras model the same weights and compare.
# %% [markdown] lang="ko"
# Keras는 어떤 신경망이든 이런 사슬을 스스로 만듭니다. TensorFlow에서는 `GradientTape`가 앞으로 가는 계산을 기록했다가 거꾸로
# 되짚습니다. Keras 모델에 같은 가중치를 넣고 비교해 봅시다.
# %%
twin = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10),
    ]
)
twin.set_weights([weights[name] for name in ("w1", "b1", "w2", "b2")])
with tf.GradientTape() as tape:
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        y, twin(x)
    )
by_keras = tape.gradient(keras_loss, twin.trainable_weights)
for name, theirs in zip(by_hand, by_keras):
    same = np.allclose(by_hand[name], theirs, atol=1e-5)
    print(f"{name}  {str(by_hand[name].shape):<10} same as Keras: {same}")
    assert same
# %% [markdown] lang="en"
# The gradient points uphill. To make the loss smaller we take a small step the other way: this is gradient descent, and
# one such step is an *update*.
#
# ### Exercise 2: one step downhill
#
# Return new weights, each moved against its gradient by `rate` times the gradient. Leave the old ones as they were.
# %% [markdown] lang="ko"
# 기울기는 오르막을 가리킵니다. 손실을 줄이려면 반대쪽으로 조금 움직이면 됩니다. 이것이 경사 하강법(gradient descent)이고, 이런 한 걸음을
# *업데이트*(update)라고 합니다.
#
# ### 연습 2: 내리막으로 한 걸음
#
# 가중치마다 기울기의 반대쪽으로 기울기의 `rate`배만큼 움직인 새 가중치를 돌려주세요. 원래 가중치는 그대로 두어야 합니다.
# %% tags=["exercise"]
def step(weights, gradients, rate):
    """Both arguments are dictionaries of arrays with the same names."""
    return ...

# Stuck? ft.hint("01.2"), then ft.solution("01.2")
ft.check("01.2", step)
# %% [markdown] lang="en"
# ## How large a step?
#
# Here is the loop, complete: loss, gradient, step, again. With a hundred images we can afford all of them in each update;
# with more, one takes a random *batch* at a time, which is what the S (stochastic) in SGD stands for.
# %% [markdown] lang="ko"
# ## 한 걸음은 얼마나 커야 할까요?
#
# 학습 반복문은 이것이 전부입니다. 손실, 기울기, 한 걸음, 그리고 다시 처음으로. 이미지가 백 장이면 업데이트마다 모두 써도 됩니다. 더 많으면
# 무작위로 뽑은 *배치*(batch)를 씁니다. SGD의 S(stochastic, 확률적)는 여기서 온 말입니다.
# %%
def accuracy(weights, x, y):
    return float(np.mean(forward(weights, x)[1].argmax(axis=1) == y))

def descend(rate, updates=60, seed=0):
    weights, losses = draw(seed), []
    for _ in range(updates):
        losses.append(loss(weights, x, y))
        slopes = gradient(weights, x, y)
        weights = {name: weights[name] - rate * slopes[name] for name in weights}
    return weights, losses
# %% [markdown] lang="en"
# The `rate` is the learning rate. Numbers that training does not set, because you choose them, are called
# *hyperparameters*, and this is the most important of them. We try three: 0.01, 0.3 and 3.
#
# **Predict.** What will the three curves of the loss look like?
# %% [markdown] lang="ko"
# `rate`가 학습률(learning rate)입니다. 학습으로 정해지지 않고 사람이 골라 주는 값을 *하이퍼파라미터*(hyperparameter)라고 하는데,
# 그중 가장 중요한 것이 학습률입니다. 0.01, 0.3, 3을 시험해 봅시다.
#
# **예측해 보세요.** 손실 곡선 셋은 각각 어떤 모양일까요?
# %%
rates = {"0.01: too small": 0.01, "0.3: right": 0.3, "3: too large": 3.0}
curves = {name: (range(60), descend(rate)[1]) for name, rate in rates.items()}
fig = plots.lines(
    curves, "Update", "Training loss",
    "Too small hardly moves; too large jumps, then learns nothing",
)
ft.show(
    fig,
    alt="Training loss over 60 updates at three rates. At 0.01 it sinks slowly, at "
    "0.3 it falls close to zero, at 3 it jumps up and then stays at 2.30.",
)
# %%
reached = {
    name: [descend(rate, seed=s)[0] for s in range(5)] for name, rate in rates.items()
}
scores = {
    name: [accuracy(w, x_val, y_val) for w in found] for name, found in reached.items()
}
dead = [np.mean(forward(w, x)[0].max(axis=0) == 0) for w in reached["3: too large"]]
for name, values in scores.items():
    print(
        f"{name:<16} validation accuracy {100 * min(values):3.0f} to "
        f"{100 * max(values):3.0f} %"
    )
print(f"at rate 3, {100 * np.mean(dead):.0f} % of the hidden units are dead")
assert min(scores["0.3: right"]) > 0.8
assert np.mean(scores["0.01: too small"]) < 0.5 and max(scores["3: too large"]) < 0.3
# %% [markdown] lang="en"
# Five random starts each, and no overlap. The large rate leapt to a place where the hidden units give 0 for every image;
# their gradient is 0, too, so they never come back. The loss stays at ln 10: it knows nothing.
# %% [markdown] lang="ko"
# 무작위 출발을 다섯 번씩 해도 결과는 겹치지 않습니다. 학습률이 크면 은닉 유닛이 어떤 이미지에도 0만 내놓는 곳으로 튀어 나가 버립니다. 그러면
# 기울기도 0이라 다시는 돌아오지 못합니다. 손실은 앞에서 본 ln 10에 머뭅니다.
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
mixed = draw(0)
same = {
    name: np.full_like(a, 0 if name[0] == "b" else 0.1) for name, a in mixed.items()
}
for _ in range(60):
    same = {name: same[name] - 0.3 * g for name, g in gradient(same, x, y).items()}
    mixed = {name: mixed[name] - 0.3 * g for name, g in gradient(mixed, x, y).items()}
rows = np.concatenate([same["w1"].T[:10], mixed["w1"].T[:10]]).reshape(20, 8, 8)
fig = plots.image_grid(
    128 + 250 * rows, titles=["0.1"] * 10 + ["random"] * 10,
    title="Units that start alike (0.1) stay alike",
)
ft.show(
    fig,
    alt="Weights of twenty hidden units as images. The ten that started at 0.1 are "
    "identical; the ten that started at random all differ.",
)
# %%
copies = np.ptp(same["w1"], axis=1).max()
one, many = (accuracy(w, x_val, y_val) for w in (same, mixed))
print(
    f"32 copies: validation accuracy {100 * one:.0f} %; 32 different units: "
    f"{100 * many:.0f} %"
)
assert copies < 1e-9 and one < many - 0.3
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
def size(array):
    return float(np.sqrt(np.mean(np.square(array))))

def look(start):
    """Typical size of the outputs of the hidden layers, and of the loss's slope in
    them."""
    ft.reinitialize(deep, start, seed=0)
    with tf.GradientTape() as tape:
        *hidden, p = probe(x)
        value = keras.losses.SparseCategoricalCrossentropy()(y, p)
    return [size(h) for h in hidden], [size(g) for g in tape.gradient(value, hidden)]

seen = {name: look(start) for name, start in starts.items()}
print(
    "zeros: outputs up to",
    max(seen["zeros"][0]),
    "and slopes up to",
    max(seen["zeros"][1]),
)
assert max(seen["zeros"][0]) == max(seen["zeros"][1]) == 0
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
forwards = {name: (layers, seen[name][0]) for name in starts if name != "zeros"}
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
backwards = {name: (layers, seen[name][1]) for name in starts if name != "zeros"}
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
    outputs = seen[name][0]
    predicted, measured = sigma * np.sqrt(64 / 2), (outputs[-1] / outputs[0]) ** (1 / 7)
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
# ### Exercise 3: He for a convolution
#
# A unit of `Conv2D(96, kernel_size=3)` looks at a window of 3 by 3 pixels in all channels below it. Its input has 64
# channels. With which standard deviation would He draw the weights?
# %% [markdown] lang="ko"
# ### 연습 3: 합성곱층의 He 초기화
#
# `Conv2D(96, kernel_size=3)`의 유닛은 아래층의 모든 채널에서 3×3 픽셀 크기의 창을 봅니다. 입력 채널은 64개입니다. He라면 가중치를 어떤
# 표준편차로 뽑을까요?
# %% tags=["exercise"]
deviation = ...  # a number, or a calculation
# Stuck? ft.hint("01.3"), then ft.solution("01.3")
ft.check("01.3", deviation)
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

learnt = {
    name: max((learn(start, rate) for rate in (0.1, 0.3)), key=np.mean)
    for name, start in starts.items()
}
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
    fives = [found[name, r] for r in tried]
    series[name] = (
        tried,
        *([score(five) for five in fives] for score in (np.mean, min, max)),
    )
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
# Four hills of nearly the same height, at different places. At 0.01 Adam looks brilliant and SGD hopeless, and neither
# is true. Let us give each rule its best rate, chosen on validation, and look at the way down.
# %% [markdown] lang="ko"
# 높이는 거의 같고 자리만 다른 언덕 넷입니다. 0.01에서는 Adam이 눈부시고 SGD는 가망이 없어 보이지만, 둘 다 사실이 아닙니다. 규칙마다 검증
# 데이터로 가장 좋은 학습률을 골라 주고, 손실이 내려가는 길을 봅시다.
# %%
best = {name: max(tried, key=lambda rate: np.mean(found[name, rate])) for name in rules}
curves = {}
for name, rate in best.items():
    losses = np.mean([curve for _, curve in runs[name, rate]], axis=0)
    curves[f"{name}, rate {rate:g}"] = range(50), losses
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
# ### Exercise 4: in a hurry
#
# Only 20 updates. Choose a rule and a rate so that the small network reads at least 85 % of the validation digits, on
# average over five seeds. `train(rule, rate, updates=20)[0]` lets you try.
# %% [markdown] lang="ko"
# ### 연습 4: 시간이 없을 때
#
# 업데이트를 20번만 할 수 있습니다. 작은 신경망이 시드 다섯 개 평균으로 검증용 손글씨 숫자를 85% 이상 맞히도록 규칙과 학습률을 골라 보세요.
# `train(rule, rate, updates=20)[0]`으로 시험해 볼 수 있습니다.
# %% tags=["exercise"]
my_rule = ...  # sgd, momentum, rmsprop or adam
my_rate = ...
# Stuck? ft.hint("01.4"), then ft.solution("01.4")
ft.check("01.4", (my_rule, my_rate))
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
# 가중치가 들어 있지만 여기서는 버립니다. `scratch` 전략은 모든 층을 무작위로 다시 뽑고, 가중치 감쇠를 더한 Adam인 AdamW로 전체를 학습합니다.
# %%
model = ft.classifier(track.backbone, task.num_classes)
print(f"{model.count_params():,} weights, as against {numbers:,} in our small network")
print(ft.strategy("scratch"))
# %% [markdown] lang="en"
# A single run proves little, and many runs take long. So the repository holds recorded ones, several seeds each, made
# by `make results` with this same code; their rate and their augmentation were chosen on validation images. `rate_factor` is the
# chosen multiple of the rate of the strategy; `"light"` is a mild set of tricks, which lesson 02 explains; `cosine` in the table above
# lets the rate sink to 0 by the end.
#
# First we check the record: one run, live, 100 updates, has to fall among its seeds.
# %% [markdown] lang="ko"
# 한 번만 돌려서는 알 수 있는 것이 적고, 여러 번 돌리려면 오래 걸립니다. 그래서 저장소에는 시드 여러 개로 미리 돌린 기록이 있습니다. 바로
# 이 코드로 `make results`가 만든 것이고, 학습률과 데이터 증강은 검증 데이터로 골랐습니다. `rate_factor`는 전략의 학습률에 곱하려고 고른 배수이고,
# `"light"`는 2강에서 설명할 가벼운 정규화 묶음이며, 위 표의 `cosine`은 학습률이 끝날 때까지 0으로 내려간다는 뜻입니다.
#
# 먼저 기록부터 확인합시다. 업데이트 100번을 직접 돌린 결과가 기록된 시드들 사이에 들어야 합니다.
# %%
early = track.recorded("digits-updates")  # runs of 50 and of 100 updates
records = {50: early, 100: early, 300: track.recorded("digits")}

def seeds(labels, updates):
    """The recorded runs of `scratch` with these labels per class and updates, one per
    seed."""
    wanted = ("scratch", labels, updates)
    keys = ("strategy", "labels_per_class", "updates")
    return [
        row
        for row in records[updates].rows
        if tuple(row[key] for key in keys) == wanted
    ]

hundred = seeds(10, 100)
recipe = ft.strategy("scratch").scaled(hundred[0]["rate_factor"])
run = ft.fit(model, task, recipe, "light", updates=100, seed=0, verbose=False)
values = [r["val_accuracy"] for r in hundred]
print(f"live      {100 * run.val_accuracy:.1f} %")
print(
    f"recorded  {100 * min(values):.1f} to {100 * max(values):.1f} % ({len(values)} "
    "seeds)"
)
assert min(values) - 0.03 <= run.val_accuracy <= max(values) + 0.03
# %% [markdown] lang="en"
# The live run fits in, so we may trust the record. The first price is time: ten labels per class, and 50, 100 or 300
# updates.
#
# **Predict.** By how much do the seeds differ after 50 updates, and after 300?
# %% [markdown] lang="ko"
# 직접 돌린 결과가 기록과 맞으니 기록을 믿어도 되겠습니다. 첫 번째 비용은 시간입니다. 클래스당 레이블 열 개로 업데이트를 50번, 100번, 300번
# 했습니다.
#
# **예측해 보세요.** 업데이트 50번 뒤와 300번 뒤, 시드에 따른 차이는 각각 얼마나 될까요?
# %%
def summary(rows, score="val_accuracy"):
    values = [r[score] for r in rows]
    return np.mean(values), min(values), max(values)

by_updates = {updates: summary(seeds(10, updates)) for updates in (50, 100, 300)}
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
# **Predict.** How accurate is a network that has seen each digit only once?
# %% [markdown] lang="ko"
# 두 번째 비용은 레이블입니다. 누군가는 하나하나 달아야 합니다. 업데이트는 모두 300번, 레이블은 클래스당 한 개에서 쉰 개까지입니다.
#
# **예측해 보세요.** 숫자마다 예를 하나씩만 본 신경망은 얼마나 정확할까요?
# %%
counts = (1, 3, 10, 50)
by_labels = {count: summary(seeds(count, 300)) for count in counts}
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
    mean, low, high = summary(seeds(count, 300), "test_accuracy")
    spans = f"({100 * low:.1f} to {100 * high:.1f})"
    print(f"labels per class: {count:<3}  {100 * mean:.1f} %   {spans}")
tested = [r["test_accuracy"] for r in hundred]
assert min(tested) - 0.03 <= run.test_accuracy <= max(tested) + 0.03
assert summary(seeds(10, 300), "test_accuracy")[0] < by_labels[10][0]
# %% [markdown] lang="en"
# New writers are harder. With ten labels per class and 100 updates our run reads {{100 * run.test_accuracy:.1f}} % of their
# digits. Keep that number: later lessons will try to do better with the same labels.
# %% [markdown] lang="ko"
# 새로운 사람의 글씨는 더 어렵습니다. 클래스당 레이블 열 개, 업데이트 100번으로 학습한 우리 신경망은 {{100 * run.test_accuracy:.1f}}%를
# 맞힙니다. 이 값을 기억해 두세요. 뒤의 수업에서는 같은 레이블로 이보다 잘해 보려 합니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# The loop above, as Keras users type it: layers, `compile`, `fit` and `evaluate`. We give it the weights that our own
# loop started from, so that both must come to the same end. `summary` counts the parameters. (The code is folded; a
# click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 위의 반복문을 Keras 사용자는 이렇게 씁니다. 층을 쌓고 `compile`, `fit`, `evaluate`를 부릅니다. 우리 반복문과 같은 가중치에서 출발하게 했으니 끝도 같아야 합니다. `summary`는
# 파라미터 수를 셉니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
plain = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(32, activation="relu", name="hidden"),
        keras.layers.Dense(10, activation="softmax", name="scores"),
    ],
    name="plain",
)
start = draw(seed=0)
plain.set_weights([start[name] for name in ("w1", "b1", "w2", "b2")])
plain.compile(
    keras.optimizers.SGD(0.3), "sparse_categorical_crossentropy", metrics=["accuracy"]
)
plain.summary(line_length=66)
history = plain.fit(
    x, y, batch_size=len(x), epochs=60, validation_data=(x_val, y_val), verbose=0
)
# %% tags=["folded"]
by_keras = plain.evaluate(x_val, y_val, verbose=0, return_dict=True)["accuracy"]
ours, losses = descend(0.3)
by_hand = accuracy(ours, x_val, y_val)
print(f"Keras:   validation accuracy {100 * by_keras:.1f} %")
print(f"by hand: validation accuracy {100 * by_hand:.1f} %")
same_way = np.abs(np.array(history.history["loss"]) - losses).max()
assert same_way < 1e-3 and abs(by_keras - by_hand) < 0.01
# %% [markdown] lang="en"
# {{100 * by_keras:.1f}} % by Keras, {{100 * by_hand:.1f}} % by hand, and the 60 losses agree to a thousandth. `fit` is
# the loop that you have written; with `batch_size=32` it would take random batches. What `ft.fit` does with `glyphnet`
# is the same again, with checks around it.
# %% [markdown] lang="ko"
# Keras로 {{100 * by_keras:.1f}}%, 직접 쓴 코드로 {{100 * by_hand:.1f}}%이고, 손실 60개는 천분의 일까지 같습니다. `fit`은 여러분이 쓴 바로 그 반복문입니다.
# `batch_size=32`라고 쓰면 무작위 배치로 학습합니다. `ft.fit`이 `glyphnet`으로 하는 일도 같고, 거기에 확인이 더해질 뿐입니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 01.q1}}
# %% [markdown] lang="ko"
# {{quiz 01.q1}}
# %% tags=["exercise"]
ft.check("01.q1", ...)
# %% [markdown] lang="en"
# {{quiz 01.q2}}
# %% [markdown] lang="ko"
# {{quiz 01.q2}}
# %% tags=["exercise"]
ft.check("01.q2", ...)
# %% [markdown] lang="en"
# {{quiz 01.q3}}
# %% [markdown] lang="ko"
# {{quiz 01.q3}}
# %% tags=["exercise"]
ft.check("01.q3", ...)
# %% [markdown] lang="en"
# {{quiz 01.q4}}
# %% [markdown] lang="ko"
# {{quiz 01.q4}}
# %% tags=["exercise"]
ft.check("01.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - The loss of a network that knows nothing about ten classes is ln 10 = {{np.log(10):.2f}}.
# - Backpropagation is the chain rule: it multiplies slopes from the loss back to each weight. Check a gradient made by hand with finite differences.
# - From zeros only the last bias can learn; copies stay copies and do the work of one unit. He's $\sqrt{2/n}$ keeps signals alive under ReLU: after 100 updates
#   {{100 * means["He"]:.0f}} %, with Xavier {{100 * means["Xavier"]:.0f}} %, eight layers deep.
# - A rate too small hardly moves; one too large destroys. Each optimizer has its own good rates; compare each at its best.
# - From scratch, glyphnet needs labels and updates: {{100 * by_labels[1][0]:.0f}} % on validation with one label per
#   class, {{100 * by_labels[10][0]:.0f}} % with ten, {{100 * by_labels[50][0]:.0f}} % with fifty.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 클래스 열 개에 대해 아무것도 모르는 신경망의 손실은 ln 10 = {{np.log(10):.2f}}입니다.
# - 역전파는 연쇄 법칙에 따라 손실에서 각 가중치까지 거슬러 가며 기울기를 곱하는 방법입니다. 손으로 구한 기울기는 유한 차분(finite difference)으로 확인합니다.
# - 0에서 출발하면 마지막 편향만 배우고, 똑같은 값에서 출발한 유닛은 끝까지 똑같아서 하나나 다름없습니다. He의 $\sqrt{2/n}$은 ReLU에서도 신호를 살려 둡니다. 은닉층이 여덟 개일 때 업데이트 100번 뒤
#   He는 {{100 * means["He"]:.0f}}%, Xavier는 {{100 * means["Xavier"]:.0f}}%입니다.
# - 학습률이 너무 작으면 거의 움직이지 않고, 너무 크면 망가집니다. 좋은 학습률은 옵티마이저마다 다르므로, 각자 가장 좋은 값으로 비교해야 합니다.
# - 처음부터 학습하는 glyphnet에는 레이블과 업데이트가 필요합니다. 검증 정확도는 클래스당 레이블 한 개로 {{100 * by_labels[1][0]:.0f}}%,
#   열 개로 {{100 * by_labels[10][0]:.0f}}%, 쉰 개로 {{100 * by_labels[50][0]:.0f}}%입니다.
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
# - Rumelhart, Hinton and Williams, 1986, [backpropagation](https://doi.org/10.1038/323533a0); Glorot and Bengio, 2010,
#   [Xavier initialization](https://proceedings.mlr.press/v9/glorot10a.html); He et al., 2015,
#   [He initialization](https://arxiv.org/abs/1502.01852); Kingma and Ba, 2015, [Adam](https://arxiv.org/abs/1412.6980)
# - Keras: [writing a training loop by hand](https://keras.io/guides/writing_a_custom_training_loop_in_tensorflow/)
# - Dive into Deep Learning: [backpropagation](https://d2l.ai/chapter_multilayer-perceptrons/backprop.html),
#   [initialization](https://d2l.ai/chapter_multilayer-perceptrons/numerical-stability-and-init.html),
#   [optimizers](https://d2l.ai/chapter_optimization/index.html)
# - fast.ai, [chapter 4 of the book](https://github.com/fastai/fastbook/blob/master/04_mnist_basics.ipynb): digits from scratch
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Rumelhart, Hinton, Williams, 1986, [역전파](https://doi.org/10.1038/323533a0). Glorot와 Bengio, 2010,
#   [Xavier 초기화](https://proceedings.mlr.press/v9/glorot10a.html). He 등, 2015,
#   [He 초기화](https://arxiv.org/abs/1502.01852). Kingma와 Ba, 2015, [Adam](https://arxiv.org/abs/1412.6980)
# - Keras: [학습 반복문 직접 쓰기](https://keras.io/guides/writing_a_custom_training_loop_in_tensorflow/)
# - Dive into Deep Learning: [역전파](https://d2l.ai/chapter_multilayer-perceptrons/backprop.html),
#   [초기화](https://d2l.ai/chapter_multilayer-perceptrons/numerical-stability-and-init.html),
#   [옵티마이저](https://d2l.ai/chapter_optimization/index.html). 앞부분은 [한국어 번역](https://github.com/d2l-ai/d2l-ko)도 있습니다
# - fast.ai 책 [4장](https://github.com/fastai/fastbook/blob/master/04_mnist_basics.ipynb): 처음부터 학습해 숫자 읽기
