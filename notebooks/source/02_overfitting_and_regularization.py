# %% [markdown] lang="en"
# # Overfitting and regularization
#
# A network with thousands of weights can learn a hundred images by heart. This lesson makes it do so, shows how to notice,
# and tries one cure after the other, each on its own.
#
# **Questions**
# - How do you tell that a network learns by heart?
# - What do L1, L2, dropout, augmentation, early stopping and a smaller network each do about it?
# - What helps more than all of them?
#
# **You will**
# - make a network learn nonsense perfectly, and see that the training accuracy does not mind
# - read the gap between two loss curves
# - write L2, dropout and early stopping yourself, and check them against Keras
# - put regularization together in one object, and see that too much of it hurts
#
# ⏱ 40 minutes · Needs: lesson 01 · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 과적합과 정규화(overfitting and regularization)
#
# 가중치가 수천 개인 신경망은 이미지 백 장쯤은 통째로 외울 수 있습니다. 이 수업에서는 일부러 그렇게 만들어 보고, 어떻게 알아채는지 배우고,
# 해결책을 하나씩 따로 시험합니다.
#
# **질문**
# - 신경망이 외우고 있다는 것을 어떻게 알 수 있을까요?
# - L1, L2, 드롭아웃, 데이터 증강, 조기 종료, 더 작은 신경망은 각각 무엇을 해 줄까요?
# - 이 모두를 합친 것보다 더 도움이 되는 것은 무엇일까요?
#
# **이 수업을 마치면**
# - 신경망이 엉터리를 완벽하게 외우게 만들고, 학습 정확도로는 이를 알 수 없다는 것을 확인할 수 있습니다
# - 두 손실 곡선 사이의 간격을 읽을 수 있습니다
# - L2, 드롭아웃, 조기 종료를 직접 구현해 Keras와 맞춰 볼 수 있습니다
# - 정규화를 객체 하나로 모으고, 지나치면 해롭다는 것을 설명할 수 있습니다
#
# ⏱ 40분 · 먼저 알아 둘 것: 1강 · 노트북 컴퓨터에서 1분 안에 실행됩니다
# %% [markdown] lang="en"
# ## The network of lesson 01, only wider
#
# The same hundred labelled digits, the same two layers of weights, written with NumPy. But now with 128 hidden units instead
# of 32, which makes about a hundred weights for every image.
# %% [markdown] lang="ko"
# ## 1강의 신경망을 더 넓게
#
# 레이블이 달린 숫자 백 장도, NumPy로 쓴 두 층의 가중치도 그대로입니다. 다만 은닉 유닛이 32개가 아니라 128개입니다. 이미지 한 장에 가중치가
# 백 개쯤 돌아가는 셈입니다.
# %%
import dataclasses

import keras
import numpy as np

import ftlib as ft
from ftlib import plots

track = ft.track("glyph")
task = track.task(labels_per_class=10, seed=0)

def flat(split):
    return split.images.reshape(len(split), 64) / 255

x, y = flat(task.train), task.train.labels
x_val, y_val = flat(task.validation), task.validation.labels
# %%
def draw(seed, hidden=128):
    rng = np.random.default_rng(seed)
    return {
        "w1": rng.normal(0, np.sqrt(2 / 64), (64, hidden)), "b1": np.zeros(hidden),
        "w2": rng.normal(0, np.sqrt(2 / hidden), (hidden, 10)), "b2": np.zeros(10),
    }

def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

def answer(weights, x):
    hidden = np.maximum(x @ weights["w1"] + weights["b1"], 0)
    return softmax(hidden @ weights["w2"] + weights["b2"])

print(f"{sum(w.size for w in draw(0).values()):,} weights for {len(y)} images")
# %% [markdown] lang="en"
# Training is the loop of lesson 01 with Adam. Three things are new, all of them switched off for now: a dropout rate, two
# penalties, and a function that may distort the images. Read it once; we shall come back to each.
# %% [markdown] lang="ko"
# 학습은 1강에서 Adam으로 돌린 반복문과 같습니다. 새로운 것은 세 가지이고 지금은 모두 꺼 두었습니다. 드롭아웃 비율, 벌점(penalty) 두 가지, 그리고
# 이미지를 조금 바꾸는 함수입니다. 한 번 읽어 두세요. 하나씩 다시 살펴봅니다.
# %%
def slopes_of(weights, x, y, dropout, l1, l2, rng):
    z = x @ weights["w1"] + weights["b1"]
    scale = (z > 0) * (rng.random(z.shape) >= dropout) / (1 - dropout)  # ReLU and dropout
    hidden = z * scale
    d_scores = softmax(hidden @ weights["w2"] + weights["b2"])
    d_scores[np.arange(len(y)), y] -= 1
    d_scores /= len(y)
    d_z = (d_scores @ weights["w2"].T) * scale
    slopes = {"w1": x.T @ d_z, "b1": d_z.sum(axis=0), "w2": hidden.T @ d_scores, "b2": d_scores.sum(axis=0)}
    for name in ("w1", "w2"):  # penalties on kernels, not on biases
        slopes[name] = slopes[name] + 2 * l2 * weights[name] + l1 * np.sign(weights[name])
    return slopes
# %%
def measure(weights, x, y):
    p = answer(weights, x)
    losses = -np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1))
    return losses.mean(), np.mean(p.argmax(axis=1) == y)

def train(x, y, seed=0, hidden=128, updates=400, dropout=0.0, l1=0.0, l2=0.0, distort=None):
    """Returns the weights at the end, and every tenth update's losses and accuracies."""
    weights, rng = draw(seed, hidden), np.random.default_rng(seed)
    m, v = ({name: 0 for name in weights} for _ in range(2))
    path = []
    for t in range(1, updates + 1):
        images = x if distort is None else distort(x, rng)
        slopes = slopes_of(weights, images, y, dropout, l1, l2, rng)
        for name, slope in slopes.items():  # Adam, rate 0.01
            m[name] = 0.9 * m[name] + 0.1 * slope
            v[name] = 0.999 * v[name] + 0.001 * slope**2
            size = np.sqrt(v[name] / (1 - 0.999**t)) + 1e-7
            weights[name] = weights[name] - 0.01 * m[name] / (1 - 0.9**t) / size
        if t % 10 == 0:
            path.append((t, *measure(weights, x, y), *measure(weights, x_val, y_val)))
    return weights, np.array(path)
# %% [markdown] lang="en"
# ## Learning nonsense
#
# We shuffle the labels: a 3 may now be called a 7. There is no rule left to find.
#
# **Predict.** What accuracy will the network reach on these hundred images, and what on new ones?
# %% [markdown] lang="ko"
# ## 엉터리 외우기
#
# 레이블을 마구 섞습니다. 3을 7이라고 부를 수도 있습니다. 찾아낼 규칙이 하나도 없습니다.
#
# **예측해 보세요.** 신경망은 이 백 장에서 정확도가 얼마나 될까요? 새 이미지에서는요?
# %%
shuffled = np.random.default_rng(0).permutation(y)
_, nonsense = train(x, shuffled)
print(f"shuffled labels: training accuracy {100 * nonsense[-1, 2]:.0f} %, validation accuracy {100 * nonsense[-1, 4]:.0f} %")
assert nonsense[-1, 2] > 0.99 and nonsense[-1, 4] < 0.2
# %% [markdown] lang="en"
# All of it by heart, and worthless. A network this size can store any hundred answers (Zhang et al., 2017). So a perfect
# training accuracy says nothing about new images, and only images kept aside can tell sense from nonsense.
# %% [markdown] lang="ko"
# 모조리 외웠지만 쓸모가 없습니다. 이만한 신경망은 답 백 개쯤은 무엇이든 외울 수 있습니다(Zhang 등, 2017). 학습 정확도가 완벽해도 새 이미지에
# 대해서는 아무것도 알 수 없습니다. 뜻이 있는지 없는지는 따로 떼어 둔 이미지로만 가릴 수 있습니다.
# %% [markdown] lang="en"
# ## The gap
#
# Now with the true labels. We follow two losses: on the training images, and on the 200 validation images that it never
# trains on.
#
# **Predict.** Both fall at first. What does each do later?
# %% [markdown] lang="ko"
# ## 벌어지는 간격
#
# 이번에는 제대로 된 레이블입니다. 학습 이미지의 손실과, 학습에 쓰지 않는 검증 이미지 200장의 손실을 함께 따라갑니다.
#
# **예측해 보세요.** 처음에는 둘 다 내려갑니다. 나중에는 각각 어떻게 될까요?
# %%
_, path = train(x, y)
updates = path[:, 0].astype(int)
fig = plots.lines(
    {"training": (updates, path[:, 1]), "validation": (updates, path[:, 3])},
    "Update", "Loss", "One goes on falling; the other turns",
)
ft.show(fig, alt="Two loss curves over 400 updates. The training loss falls to zero; the validation "
        "loss falls, reaches its lowest point early and then rises slowly.")
turn = int(updates[path[:, 3].argmin()])
assert path[-1, 1] < 0.01 and path[-1, 3] > 1.05 * path[:, 3].min() and turn < 200
# %% [markdown] lang="en"
# The validation loss is lowest after {{turn}} updates. From there on the network improves on what it has seen and worsens
# on what it has not: it is *overfitting*. The distance between the curves is the price, and all regularization is about
# it.
# %% [markdown] lang="ko"
# 검증 손실은 업데이트 {{turn}}번에서 가장 낮습니다. 그 뒤로는 본 것에서는 나아지고 보지 못한 것에서는 나빠집니다. 이것이 *과적합*(overfitting)입니다.
# 두 곡선 사이의 거리가 그 대가이고, 정규화(regularization)는 모두 이 거리를 줄이려는 것입니다.
# %% [markdown] lang="en"
# ## Early stopping
#
# The cheapest cure is to stop in time, and to go back to the best epoch. In practice the curve is bumpy, so one waits a few
# epochs before giving up: the *patience*.
#
# ### Exercise 1: when to stop
#
# Given the validation loss of every epoch, return the epoch (from 0) whose weights to keep. Stop as soon as `patience`
# epochs in a row brought no new best.
# %% [markdown] lang="ko"
# ## 조기 종료(early stopping)
#
# 가장 손쉬운 해결책은 제때 멈추고 가장 좋았던 에포크로 돌아가는 것입니다. 실제 곡선은 울퉁불퉁하므로 몇 에포크쯤 기다렸다가 포기합니다. 이것을
# *인내*(patience)라고 합니다.
#
# ### 연습 1: 언제 멈출까요?
#
# 에포크마다의 검증 손실을 받아, 가중치를 남길 에포크의 번호를 돌려주세요(0부터 셉니다). 최저 기록이 `patience` 에포크 동안 이어서 깨지지 않으면 바로
# 멈춥니다.
# %% tags=["exercise"]
def best_epoch(losses, patience):
    ...  # a loop
    return ...

# Stuck? ft.hint("02.1"), then ft.solution("02.1")
ft.check("02.1", best_epoch)
# %% [markdown] lang="en"
# Keras has a callback for this, `EarlyStopping`. It does the same with the weights of the best epoch, if one asks for
# `restore_best_weights=True`; without that it keeps the last ones. Let us see both rules agree on our curve.
# %% [markdown] lang="ko"
# Keras에는 이를 위한 콜백 `EarlyStopping`이 있습니다. `restore_best_weights=True`를 주면 가장 좋았던 에포크의 가중치로 돌아가고, 주지 않으면
# 마지막 가중치가 남습니다. 우리 곡선에서 두 규칙이 같은 답을 내는지 봅시다.
# %%
stopper = keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)
stopper.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
stopper.on_train_begin()
for epoch, value in enumerate(path[:, 3]):
    stopper.on_epoch_end(epoch, {"val_loss": value})
    if stopper.model.stop_training:
        break
print(f"Keras stops in epoch {epoch} and goes back to epoch {stopper.best_epoch}")
early = path[stopper.best_epoch]
print(f"validation accuracy there {100 * early[4]:.1f} %, at the end {100 * path[-1, 4]:.1f} %")
assert stopper.best_epoch == path[:, 3].argmin()
# %% [markdown] lang="en"
# Note what is gained: the loss at the best epoch is lower, yet the accuracy hardly differs. The network that trained on has
# grown too sure of itself, more than wrong. Stopping in time saves work and keeps the confidence honest.
# %% [markdown] lang="ko"
# 무엇을 얻었는지 잘 보세요. 가장 좋은 에포크의 손실은 더 낮지만 정확도는 거의 같습니다. 더 오래 학습한 신경망은 더 많이 틀린다기보다 지나치게 확신하게
# 된 것입니다. 제때 멈추면 시간을 아끼고, 확신도 실력에 맞게 남습니다.
# %% [markdown] lang="en"
# ## L2 and L1: weights cost something
#
# A network that learns by heart needs large weights, to tell apart what is nearly alike. L2 adds `l2` times the sum of the
# squared weights to the loss; L1 takes absolute values. Biases go free.
#
# ### Exercise 2: the L2 penalty
#
# Return the penalty, and its slope: how fast it grows with each weight.
# %% [markdown] lang="ko"
# ## L2와 L1: 가중치에는 값을 치릅니다
#
# 외우는 신경망은 거의 비슷한 것들을 가려내려고 큰 가중치를 씁니다. L2는 가중치 제곱의 합에 `l2`를 곱해 손실에 더하고, L1은 제곱 대신 절댓값을 씁니다.
# 편향에는 매기지 않습니다.
#
# ### 연습 2: L2 벌점
#
# 벌점과 그 기울기를 돌려주세요. 기울기는 가중치마다 벌점이 얼마나 빠르게 늘어나는지입니다.
# %% tags=["exercise"]
def penalty(kernel, l2):
    return ..., ...

# Stuck? ft.hint("02.2"), then ft.solution("02.2")
ft.check("02.2", penalty)
# %%
kernel = draw(0)["w1"].astype("float32")
theirs = {"L2": keras.regularizers.L2(0.001)(kernel), "L1": keras.regularizers.L1(0.001)(kernel)}
ours = {"L2": 0.001 * np.sum(kernel**2), "L1": 0.001 * np.sum(np.abs(kernel))}
for name in ours:
    print(f"{name}: same as Keras: {np.isclose(ours[name], theirs[name])}")
    assert np.isclose(ours[name], theirs[name])
# %% [markdown] lang="en"
# The two pull differently. L2's slope shrinks with the weight, so it makes large weights small and leaves small ones alone.
# L1's slope is the same for every weight, so it pushes small ones all the way to 0.
#
# **Predict.** Which pixels' weights will L1 switch off?
# %% [markdown] lang="ko"
# 둘은 당기는 방식이 다릅니다. L2의 기울기는 가중치가 작을수록 작아서, 큰 가중치를 줄이고 작은 가중치는 그냥 둡니다. L1의 기울기는 크기와 상관없이
# 같아서, 작은 가중치를 0까지 밀어붙입니다.
#
# **예측해 보세요.** L1은 어떤 픽셀의 가중치를 꺼 버릴까요?
# %%
kinds = {"no penalty": {}, "L2, 0.001": {"l2": 0.001}, "L1, 0.001": {"l1": 0.001}}
pictures, near_zero = [], {}
for name, options in kinds.items():
    weights, _ = train(x, y, **options)
    near_zero[name] = np.mean(np.abs(weights["w1"]) < 0.02)
    strength = np.abs(weights["w1"]).mean(axis=1).reshape(8, 8)
    pictures.append(255 * strength / strength.max())
    print(f"{name:<11} {100 * near_zero[name]:3.0f} % of the first weights are near 0")
fig = plots.image_grid(
    np.array(pictures), titles=list(kinds), columns=3,
    title="How much each pixel counts (bright: large weights)",
)
ft.show(fig, alt="Three maps of 8 by 8 pixels. Without a penalty all pixels count alike, also the empty "
        "borders; with L2 and more so with L1 the borders go dark.")
assert near_zero["L1, 0.001"] > near_zero["L2, 0.001"] > near_zero["no penalty"]
# %% [markdown] lang="en"
# The border pixels are always empty, so nothing is learnt there: without a penalty they keep the random weights they
# started with. A penalty takes away what is not needed.
# %% [markdown] lang="ko"
# 가장자리 픽셀은 늘 비어 있어서 배울 것이 없습니다. 벌점이 없으면 처음 뽑은 무작위 가중치가 그대로 남습니다. 벌점은 필요 없는 것을 걷어 냅니다.
# %% [markdown] lang="en"
# ## Dropout: no unit is safe
#
# In each update, a random part of the hidden units is switched off. No unit can rely on one other being there, so none can
# specialise in a single image. In prediction all take part.
#
# ### Exercise 3: write dropout
#
# Return `hidden` with a random share `rate` of its entries set to 0, and the rest scaled so that the mean stays the same.
# %% [markdown] lang="ko"
# ## 드롭아웃(dropout): 어느 유닛도 마음 놓지 못하게
#
# 업데이트마다 은닉 유닛의 일부를 무작위로 끕니다. 다른 유닛이 늘 곁에 있으리라 믿을 수 없으므로, 이미지 한 장만 전담하는 유닛이 생기지 못합니다. 예측할
# 때는 모두 참여합니다.
#
# ### 연습 3: 드롭아웃 구현하기
#
# `hidden`의 값 가운데 `rate`만큼을 무작위로 0으로 만들고, 나머지는 평균이 그대로이도록 키워서 돌려주세요.
# %% tags=["exercise"]
def dropout(hidden, rate, rng):
    return ...

# Stuck? ft.hint("02.3"), then ft.solution("02.3")
ft.check("02.3", dropout)
# %%
ones = np.ones((1000, 50), "float32")
layer = keras.layers.Dropout(0.3, seed=0)
trained, predicted = np.array(layer(ones, training=True)), np.array(layer(ones, training=False))
print(f"in training    {100 * np.mean(trained == 0):.0f} % are 0, the others {trained.max():.3f}, mean {trained.mean():.2f}")
print(f"in prediction  {100 * np.mean(predicted == 0):.0f} % are 0, the others {predicted.max():.3f}, mean {predicted.mean():.2f}")
assert np.isclose(trained.max(), 1 / 0.7) and (predicted == 1).all()
# %% [markdown] lang="en"
# ## Augmentation: the same digit, moved
#
# A digit that is moved by one pixel is still the same digit, but other numbers. Showing it in a new place each time tells the
# network something about the world that the hundred images alone do not.
# %% [markdown] lang="ko"
# ## 데이터 증강(augmentation): 같은 숫자를 옮겨 놓기
#
# 숫자를 한 픽셀 옮겨도 같은 숫자이지만, 입력값은 달라집니다. 볼 때마다 자리를 옮겨 보여 주면 이미지 백 장만으로는 알 수 없는 사실을 하나 알려 주는
# 셈입니다.
# %%
def move(x, rng):
    """Every image moved by up to one pixel in each direction."""
    padded = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    rows, columns = rng.integers(0, 3, (2, len(x)))
    moved = [image[r : r + 8, c : c + 8] for image, r, c in zip(padded, rows, columns)]
    return np.array(moved).reshape(len(x), 64)

rng = np.random.default_rng(1)
shown = np.concatenate([np.repeat(x[:1], 10, axis=0), np.repeat(x[1:2], 10, axis=0)])
fig = plots.image_grid(255 * move(shown, rng).reshape(20, 8, 8), title="Two digits, ten times each, and never the same")
ft.show(fig, alt="Two rows of ten images: one digit per row, each time moved by up to a pixel.")
# %% [markdown] lang="en"
# ## One by one
#
# Now every cure by itself, at a strength that suits it, with five seeds: other labels and other random weights each time. The
# last bar is no trick at all, only more labels.
#
# **Predict.** Order them, from the least help to the most.
# %% [markdown] lang="ko"
# ## 하나씩 따로
#
# 이제 해결책을 저마다 알맞은 세기로, 하나씩 따로 시험합니다. 시드 다섯 개마다 레이블도 무작위 가중치도 다릅니다. 마지막 막대는 요령이 아니라 그냥 레이블을
# 더 준 것입니다.
#
# **예측해 보세요.** 도움이 적은 것부터 차례로 늘어놓아 보세요.
# %%
cures = {
    "nothing": {}, "smaller: 8 units": {"hidden": 8}, "L1, 0.001": {"l1": 0.001},
    "L2, 0.001": {"l2": 0.001}, "dropout, 0.5": {"dropout": 0.5}, "augmentation": {"distort": move},
    "50 labels per class": {},
}
scores, gaps = {}, {}
for name, options in cures.items():
    count = 50 if name.startswith("50") else 10
    ends = []
    for seed in range(5):
        drawn = track.task(labels_per_class=count, seed=seed)
        ends.append(train(flat(drawn.train), drawn.train.labels, seed, **options)[1][-1])
    scores[name], gaps[name] = np.array(ends)[:, 4], np.mean(ends, axis=0)[3] - np.mean(ends, axis=0)[1]
# %%
fig = plots.bars(
    {name: (s.mean(), s.min(), s.max()) for name, s in scores.items()},
    "Labels beat every trick", "Validation accuracy after 400 updates: mean, worst and best of five seeds", percent=True,
)
ft.show(fig, alt="Bars of validation accuracy. A smaller network is worst; the penalties and dropout change "
        "little; augmentation gains several points; fifty labels per class gain most.")
for name, gap in gaps.items():
    print(f"{name:<20} gap between the losses {gap:.2f}")
assert np.mean(scores["augmentation"]) > np.mean(scores["nothing"]) + 0.02
assert min(scores["50 labels per class"]) > max(scores["augmentation"])
assert np.mean(scores["smaller: 8 units"]) < np.mean(scores["nothing"])
# %% [markdown] lang="en"
# L1, L2 and dropout close part of the gap between the losses, but change the accuracy by less than the seeds do. Eight units
# cannot learn by heart, and cannot learn much else either. Moving the digits helps clearly, since it adds knowledge; five times
# the labels help most.
# %% [markdown] lang="ko"
# L1, L2, 드롭아웃은 두 손실의 간격을 얼마쯤 좁히지만, 정확도의 변화는 시드에 따른 차이보다 작습니다. 유닛이 여덟 개면 외우지 못하지만 다른 것도 별로
# 배우지 못합니다. 숫자를 옮겨 보여 주면 지식이 늘어나므로 분명히 도움이 되고, 레이블을 다섯 배로 늘리는 것이 가장 큰 도움이 됩니다.
# %% [markdown] lang="en"
# ## All in one object
#
# In `ftlib` all of this is one object, `ft.Regularization`, and `ft.fit` takes it whole. Four presets are a place to start
# from. Whatever is not shown is off.
# %% [markdown] lang="ko"
# ## 객체 하나로
#
# `ftlib`에서는 이 모두가 `ft.Regularization` 객체 하나이고, `ft.fit`이 통째로 받습니다. 출발점으로 쓸 프리셋이 네 가지 있습니다. 나오지 않은 것은 꺼져
# 있습니다.
# %%
for name in ("none", "light", "standard", "strong"):
    print(f"{name:<9}", ft.Regularization.preset(name))
# %% [markdown] lang="en"
# ### Exercise 4: your own mixture
#
# Start from `light`, with dropout at 0.5 and label smoothing at 0.1, and leave the rest of it as it is.
# %% [markdown] lang="ko"
# ### 연습 4: 나만의 조합
#
# `light`에서 출발해 드롭아웃을 0.5로, 레이블 스무딩(label smoothing)을 0.1로 바꾸고, 나머지는 그대로 두세요.
# %% tags=["exercise"]
my_settings = ...
# Stuck? ft.hint("02.4"), then ft.solution("02.4")
ft.check("02.4", my_settings)
# %% [markdown] lang="en"
# Does more help more? The repository holds recorded runs of `glyphnet` from scratch with each preset, ten labels per class and
# five seeds. First we check the record with one run of our own.
#
# **Predict.** Which preset wins with 100 updates, and which with 300?
# %% [markdown] lang="ko"
# 많을수록 좋을까요? 저장소에는 `glyphnet`을 프리셋마다 처음부터 학습한 기록이 있습니다. 클래스당 레이블 열 개, 시드 다섯 개입니다. 먼저 한 번 직접 돌려
# 기록을 확인합시다.
#
# **예측해 보세요.** 업데이트 100번에서는 어떤 프리셋이 이길까요? 300번에서는요?
# %%
study = track.recorded("presets")

def recorded(preset, updates, score="val_accuracy"):
    return [r[score] for r in study.rows if (r["preset"], r["updates"]) == (preset, updates)]

model = ft.classifier(track.backbone, task.num_classes)
run = ft.fit(model, task, "scratch", "none", updates=100, seed=0, verbose=False)
print(f"live      {100 * run.val_accuracy:.1f} %")
print(f"recorded  {100 * min(recorded('none', 100)):.1f} to {100 * max(recorded('none', 100)):.1f} %")
assert min(recorded("none", 100)) - 0.03 <= run.val_accuracy <= max(recorded("none", 100)) + 0.03
# %%
presets = ("none", "light", "standard", "strong")
series = {
    f"{updates} updates": (range(4), *([score(recorded(p, updates)) for p in presets] for score in (np.mean, min, max)))
    for updates in (100, 300)
}
values = {
    f"{preset}, {updates} updates": [f(recorded(preset, updates)) for f in (np.mean, min, max)]
    for updates in (100, 300) for preset in presets
}
fig = plots.bars(
    values, "Regularization costs time: it pays only with enough updates",
    "Validation accuracy: mean, worst and best of five seeds", percent=True,
)
ft.show(fig, alt="Bars of validation accuracy for four presets after 100 and after 300 updates. "
        "Stronger presets fall behind with few updates and catch up with more.")
