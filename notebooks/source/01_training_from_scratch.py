# %% [markdown] lang="en"
# # Training from scratch
#
# A network starts as random numbers and ends up reading handwriting. This lesson takes that road step by step with nothing but NumPy,
# and checks every step against Keras.
#
# **Questions**
# - How does one say, in a number, how bad the answers of a network are?
# - How does a network know in which direction each of its weights should move?
# - How large should a step be?
#
# **You will**
# - write a loss and compute its gradient by hand, and check both against Keras
# - take a step downhill, and write the loop that is all of training
# - recognise a learning rate that is too small or too large by its curve
#
# ⏱ {{minutes}} minutes · Needs: Python and a little NumPy · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 처음부터 학습하기(training from scratch)
#
# 신경망은 무작위 숫자로 시작해서 손글씨를 읽게 됩니다. 이 수업에서는 NumPy만으로 그 길을 한 걸음씩 따라가면서, 걸음마다 Keras의 결과와 맞춰 봅니다.
#
# **질문**
# - 신경망의 답이 얼마나 나쁜지를 어떻게 수치 하나로 나타낼까요?
# - 신경망은 가중치(weight)를 어느 쪽으로 움직여야 하는지 어떻게 알까요?
# - 한 걸음은 얼마나 커야 할까요?
#
# **이 수업을 마치면**
# - 손실을 직접 구현하고 기울기를 손으로 구해서 Keras의 결과와 맞춰 볼 수 있습니다
# - 내리막으로 한 걸음을 내딛고, 학습의 전부인 반복문을 쓸 수 있습니다
# - 곡선만 보고 학습률이 너무 작은지 너무 큰지 알아볼 수 있습니다
#
# ⏱ {{minutes}}분 · 미리 알아 둘 것: Python 기초, NumPy 조금 · 노트북 컴퓨터에서 1분 안에 실행됩니다
# %% [markdown] lang="en"
# ## Real handwriting, eight by eight pixels
#
# Most of the course works on 1,797 digits that real people wrote and a scanner read. We label ten of each class for
# training. The validation images are there for our choices; the test images, mostly by other writers, wait until the end of lesson 01b.
# `track` names the data and the network of the course. In an exercise, put your answer in the place of `...` and run the cell; a
# quiz wants a letter in quotes, such as `"b"`.
# %% [markdown] lang="ko"
# ## 가로세로 여덟 픽셀의 진짜 손글씨
#
# 이 과정에서는 사람이 실제로 쓰고 스캐너로 읽은 손글씨 숫자 1,797개를 주로 씁니다. 학습에는 클래스마다 레이블을 열 개씩만 씁니다. 무언가를
# 고를 때는 검증 데이터를 보고, 대부분 다른 사람이 쓴 테스트 데이터는 1b강이 끝날 때까지 열지 않습니다. `track`은 이 과정의 데이터와 신경망을 가리킵니다. 연습에서는 `...` 자리에
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
    """Random weights; why just this size, lesson 01b will say."""
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
#
# One weight, in words: from pixel *i* to hidden unit *j*. Its slope is pixel *i* times the slope at the input of unit *j*, summed over all
# images; for all *i* and *j* at once that is `x.T @ d_z`. And a hidden unit acts through all ten scores: its slope is the sum, over the
# scores *k*, of `w2[j, k]` times the slope of score *k*, which is `d_scores @ w2.T`.
# %% [markdown] lang="ko"
# 끝에서 앞으로 거슬러 가면서, 층마다 위층이 구해 둔 기울기를 이어받아 씁니다. 이것이 *역전파*이고, 앞에서 끝으로 가는 계산은
# 순전파(forward pass)라고 합니다. 소프트맥스와 교차 엔트로피를 합치면 기울기가 간단해집니다. 각 클래스의 확률에서, 정답 클래스만 1을 빼면
# 됩니다. ReLU는 열려 있으면 기울기를 그대로 통과시키고, 출력이 0이면 막습니다.
#
# 가중치 하나로 말해 봅시다. 픽셀 *i*에서 은닉 유닛 *j*로 가는 가중치의 기울기는, 픽셀 *i*에 유닛 *j*의 입력 쪽 기울기를 곱해 모든 이미지에 걸쳐 더한 값입니다. 모든 *i*와 *j*를 한꺼번에
# 쓰면 `x.T @ d_z`입니다. 그리고 은닉 유닛은 점수 열 개에 모두 영향을 줍니다. 유닛 *j*의 기울기는 점수 *k*마다 `w2[j, k]`에 그 점수의 기울기를 곱해 더한 값이고, 이것이 `d_scores @ w2.T`입니다.
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
rates = {"0.01": 0.01, "0.3": 0.3, "3": 3.0}
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
reached, scores = {}, {}
for name, rate in rates.items():
    reached[name] = [descend(rate, seed=seed)[0] for seed in range(5)]
    scores[name] = [accuracy(w, x_val, y_val) for w in reached[name]]
    worst, best = 100 * min(scores[name]), 100 * max(scores[name])
    print(f"rate {name:<5} validation accuracy {worst:3.0f} to {best:3.0f} %")

silent_shares = []
for found in reached["3"]:
    hidden, _ = forward(found, x)
    silent_shares.append(np.mean(hidden.max(axis=0) == 0))
share = 100 * np.mean(silent_shares)
print(f"at rate 3, {share:.0f} % of the hidden units give 0 for every image")
assert min(scores["0.3"]) > 0.8
assert np.mean(scores["0.01"]) < 0.5 and max(scores["3"]) < 0.3
# %% [markdown] lang="en"
# Five random starts each, and no overlap. The large rate leapt to a place where hidden units give 0 for every image. Their gradient is
# 0, too, so they never come back; such units are called *dead*. The loss stays at ln 10: the network knows nothing.
# %% [markdown] lang="ko"
# 무작위 출발을 다섯 번씩 해도 결과는 겹치지 않습니다. 학습률이 크면 은닉 유닛이 어떤 이미지에도 0만 내놓는 곳으로 튀어 나가 버립니다. 그러면
# 기울기도 0이라 다시는 돌아오지 못합니다. 이런 유닛을 *죽은* 유닛이라고 합니다. 손실은 앞에서 본 ln 10에 머뭅니다. 신경망이 아무것도 모른다는 뜻입니다.
# %% [markdown] lang="en"
# **Try it.** Somewhere between 0.3 and 3 it breaks. Run the cell, and two sliders stand above the figure: one for the rate, one for
# the random start. At which rate does the loss end lowest, and how far above that does it break? Is the edge in the same place
# for every start?
# %% [markdown] lang="ko"
# **직접 해 보세요.** 0.3과 3 사이 어딘가에서 학습이 망가집니다. 셀을 실행하면 그림 위에 슬라이더가 두 개 나타납니다. 하나는 학습률, 하나는 무작위 출발점입니다. 학습률이 얼마일 때 손실이
# 가장 낮게 끝날까요? 거기서 얼마나 더 올리면 망가질까요? 망가지는 학습률은 어디서 출발하든 같을까요?
# %%
def draw_descent(rate, start):
    curves = {}
    for tried in (0.3, rate):
        losses = descend(tried, seed=start)[1]
        curves[f"rate {tried:g}"] = (range(60), losses)
    title = f"Rate {rate:g}, start {start}: the loss ends at {losses[-1]:.2f}"
    return plots.lines(curves, "Update", "Training loss", title)

some_rates = [0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.2, 1.5, 2, 3]
ft.explore(
    draw_descent, {"learning rate": some_rates, "random start": range(5)},
    start=[1, 0],
    alt="Training loss over 60 updates at rate 1 and at rate 0.3, from the same "
    "weights. At rate 1 it falls faster and ends lower.",
)
# %% [markdown] lang="en"
# The ends of the curves, the lowest and the highest of five starts:
# %% [markdown] lang="ko"
# 다섯 출발점에서 곡선이 끝난 손실 중 가장 낮은 값과 가장 높은 값입니다.
# %%
ends = {}
for rate in (0.3, 1, 1.2, 1.5, 2):
    ends[rate] = [descend(rate, seed=start)[1][-1] for start in range(5)]
    lowest, highest = min(ends[rate]), max(ends[rate])
    print(f"rate {rate:<3}  the loss ends at {lowest:.2f} to {highest:.2f}")
assert max(ends[1]) < min(ends[0.3]) and max(ends[1.2]) < min(ends[0.3])
assert min(ends[1.5]) < 0.1 and max(ends[1.5]) > 1 and min(ends[2]) > 2
# %% [markdown] lang="en"
# The best rates lie close below the edge: 1 and 1.2 end lower than 0.3 from all five starts. At 1.5 it is a matter of luck, some starts
# break and some do not, and at 2 none of them learns. With a rate somewhat below the best you lose a little time; with one somewhat
# above, everything. Lesson 07 looks for the edge in seconds.
# %% [markdown] lang="ko"
# 가장 좋은 학습률은 망가지기 바로 전에 있습니다. 1과 1.2는 다섯 출발점 모두에서 0.3보다 낮게 끝납니다. 1.5에서는 운에 달려 있어서 출발점에 따라 망가지기도 하고 아니기도 합니다. 2에서는
# 하나도 배우지 못합니다. 가장 좋은 값보다 조금 작으면 시간을 조금 잃지만, 조금 크면 모든 것을 잃습니다. 7강에서는 이 경계를 몇 초 만에 찾습니다.
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
# the loop that you have written; with `batch_size=32` it would take random batches. What `ft.fit` does in later lessons
# is the same again, with checks around it.
# %% [markdown] lang="ko"
# Keras로 {{100 * by_keras:.1f}}%, 직접 쓴 코드로 {{100 * by_hand:.1f}}%이고, 손실 60개는 천분의 일까지 같습니다. `fit`은 여러분이 쓴 바로 그 반복문입니다.
# `batch_size=32`라고 쓰면 무작위 배치로 학습합니다. 뒤의 수업에서 `ft.fit`이 하는 일도 같고, 거기에 확인이 더해질 뿐입니다.
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
# - The loss says in one number how bad the answers are. For a network that knows nothing about ten classes it is ln 10 =
#   {{np.log(10):.2f}}.
# - Backpropagation is the chain rule: it multiplies slopes from the loss back to each weight. Check a gradient made by hand with finite
#   differences.
# - Training is a loop: loss, gradient, a small step against the gradient, again.
# - A rate too small hardly moves; one too large destroys. Units that give 0 for every image are dead, and stay so.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 손실은 답이 얼마나 나쁜지를 수치 하나로 나타냅니다. 클래스 열 개에 대해 아무것도 모르는 신경망의 손실은 ln 10 = {{np.log(10):.2f}}입니다.
# - 역전파는 연쇄 법칙에 따라 손실에서 각 가중치까지 거슬러 가며 기울기를 곱하는 방법입니다. 손으로 구한 기울기는 유한 차분(finite difference)으로 확인합니다.
# - 학습은 반복문입니다. 손실, 기울기, 기울기의 반대쪽으로 작은 걸음, 그리고 다시 처음으로 돌아갑니다.
# - 학습률이 너무 작으면 거의 움직이지 않고, 너무 크면 망가집니다. 어떤 이미지에도 0만 내놓는 유닛은 죽은 것이고, 되살아나지 않습니다.
# %% [markdown] lang="en"
# ## Next
#
# Our loop has started from random weights of a certain size, and stepped straight down. Lesson 01b asks about both: where should weights
# start when layers are many, which rule takes the best steps, and what does training from scratch cost?
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 우리 반복문은 어떤 크기의 무작위 가중치에서 출발해 곧장 내려갔습니다. 1b강에서는 두 가지를 모두 따져 봅니다. 층이 많으면 가중치는 어디에서 출발해야 할까요? 어떤 규칙이 가장 잘
# 내려갈까요? 그리고 처음부터 학습하는 데에는 비용이 얼마나 들까요?
# %% [markdown] lang="en"
# ## Read on
#
# - Rumelhart, Hinton and Williams, 1986, [backpropagation](https://doi.org/10.1038/323533a0)
# - Keras: [writing a training loop by hand](https://keras.io/guides/writing_a_custom_training_loop_in_tensorflow/)
# - Dive into Deep Learning: [backpropagation](https://d2l.ai/chapter_multilayer-perceptrons/backprop.html)
# - fast.ai, [chapter 4 of the book](https://github.com/fastai/fastbook/blob/master/04_mnist_basics.ipynb): digits from scratch
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Rumelhart, Hinton, Williams, 1986, [역전파](https://doi.org/10.1038/323533a0)
# - Keras: [학습 반복문 직접 쓰기](https://keras.io/guides/writing_a_custom_training_loop_in_tensorflow/)
# - Dive into Deep Learning: [역전파](https://d2l.ai/chapter_multilayer-perceptrons/backprop.html). 앞부분은 [한국어 번역](https://github.com/d2l-ai/d2l-ko)도 있습니다
# - fast.ai 책 [4장](https://github.com/fastai/fastbook/blob/master/04_mnist_basics.ipynb): 처음부터 학습해 숫자 읽기
