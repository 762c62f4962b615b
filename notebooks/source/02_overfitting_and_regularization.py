# %% [markdown] lang="en"
# # Overfitting and regularization
#
# With a hundred labels, the network of lesson 01b made more mistakes on the test images than on the validation images.
# Before we look for a better start: what goes wrong when labels are few? A network with thousands of weights can learn a hundred images by heart. This lesson
# makes it do so, shows how you notice, and then tries the cures one by one.
#
# **Questions**
# - How do you notice that a network has learned by heart?
# - What do L1, L2, dropout, augmentation, early stopping and a smaller network each do about it?
# - What helps more than any of them?
#
# **You will**
# - make a network learn nonsense perfectly, and see that the training accuracy does not show it
# - read the gap between two loss curves
# - write L2, dropout and early stopping yourself, and check them against Keras
# - gather all regularization in one object, and see that more of it is not always better
#
# ⏱ {{minutes}} minutes · Needs: lessons 01 and 01b · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 과적합과 정규화(overfitting and regularization)
#
# 1b강의 신경망은 레이블 백 개로 학습한 뒤, 검증 이미지보다 테스트 이미지를 더 많이 틀렸습니다. 더 나은 출발점을 찾기 전에, 레이블이 적으면 무엇이
# 잘못되는지부터 봅시다. 가중치가 수천 개인 신경망은 이미지 백 장쯤은 통째로 외워 버립니다. 이 수업에서는 일부러 외우게 만들어 보고, 그것을 알아채는 법을 배운 다음,
# 대책을 하나씩 따로 시험해 봅니다.
#
# **질문**
# - 신경망이 제대로 배우지 않고 외우기만 했다는 것을 어떻게 알 수 있을까요?
# - L1, L2, 드롭아웃(dropout), 데이터 증강(augmentation), 조기 종료(early stopping), 더 작은 신경망은 각각 어떤 도움이 될까요?
# - 이 모든 방법보다 더 도움이 되는 것은 무엇일까요?
#
# **이 수업을 마치면**
# - 신경망에 엉터리 레이블을 모조리 외우게 하고, 학습 정확도만으로는 이를 알아챌 수 없음을 보일 수 있습니다
# - 두 손실 곡선의 간격을 보고 과적합을 알아볼 수 있습니다
# - L2, 드롭아웃, 조기 종료를 직접 구현해서 Keras의 결과와 맞춰 볼 수 있습니다
# - 여러 정규화를 객체 하나로 다루고, 강하다고 늘 좋은 것은 아님을 설명할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 1강, 1b강 · 노트북 컴퓨터에서 1분 안에 실행됩니다
# %% [markdown] lang="en"
# ## The network of lesson 01, only wider
#
# The same hundred labelled digits, the same two layers of weights, written with NumPy. But now there are 128 hidden units
# instead of 32. That makes about a hundred weights for every image.
# %% [markdown] lang="ko"
# ## 1강의 신경망을 더 넓게
#
# 레이블이 달린 숫자 이미지 백 장도, NumPy로 짠 두 층짜리 구조도 1강과 같습니다. 다만 은닉 유닛을 32개에서 128개로 늘렸습니다. 이미지 한 장에
# 가중치가 백 개쯤 돌아가는 셈입니다.
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
# Training is the loop of lesson 01b with Adam. Three things are new, all of them switched off for now: a dropout rate, two
# penalties, and a function that may distort the images. Read it quickly for now; we come back to each of them.
# %% [markdown] lang="ko"
# 학습은 1b강에서 Adam으로 돌린 반복문 그대로입니다. 새로 넣은 것은 드롭아웃 비율, 페널티(penalty, 벌점) 두 가지, 이미지를 조금 바꾸는 함수이고, 지금은 모두
# 꺼 두었습니다. 우선 훑어만 보세요. 뒤에서 하나씩 다시 살펴봅니다.
# %%
def slopes_of(weights, x, y, dropout, l1, l2, rng):
    z = x @ weights["w1"] + weights["b1"]
    # ReLU and dropout.
    scale = (z > 0) * (rng.random(z.shape) >= dropout) / (1 - dropout)
    hidden = z * scale
    d_scores = softmax(hidden @ weights["w2"] + weights["b2"])
    d_scores[np.arange(len(y)), y] -= 1
    d_scores /= len(y)
    d_z = (d_scores @ weights["w2"].T) * scale
    slopes = {
        "w1": x.T @ d_z,
        "b1": d_z.sum(axis=0),
        "w2": hidden.T @ d_scores,
        "b2": d_scores.sum(axis=0),
    }
    for name in ("w1", "w2"):  # penalties on kernels, not on biases
        slopes[name] = (
            slopes[name] + 2 * l2 * weights[name] + l1 * np.sign(weights[name])
        )
    return slopes
# %%
def measure(weights, x, y):
    p = answer(weights, x)
    losses = -np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1))
    return losses.mean(), np.mean(p.argmax(axis=1) == y)

def train(
    x, y, seed=0, hidden=128, updates=400, dropout=0.0, l1=0.0, l2=0.0, distort=None
):
    """Returns the weights at the end, and every tenth update's losses and
    accuracies."""
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
# 레이블을 마구 뒤섞습니다. 3에 7이라는 레이블이 붙기도 합니다. 이제 찾아낼 규칙은 남아 있지 않습니다.
#
# **예측해 보세요.** 이 백 장에서 신경망의 정확도는 얼마나 될까요? 새 이미지에서는 어떨까요?
# %%
shuffled = np.random.default_rng(0).permutation(y)
_, nonsense = train(x, shuffled)
print(
    f"shuffled labels: training accuracy {100 * nonsense[-1, 2]:.0f} %, validation "
    f"accuracy {100 * nonsense[-1, 4]:.0f} %"
)
assert nonsense[-1, 2] > 0.99 and nonsense[-1, 4] < 0.2
# %% [markdown] lang="en"
# It knows all hundred answers by heart, and has learned nothing. A large network can store any answers (Zhang et al., 2017).
# So a perfect training accuracy says nothing about new images. Only images kept aside show what a network has really learned.
# %% [markdown] lang="ko"
# 모조리 외웠지만 배운 것은 없습니다. 큰 신경망은 어떤 답이든 통째로 외울 수 있습니다(Zhang 등, 2017). 그래서 학습 정확도가 100%여도 새 이미지를 얼마나
# 잘 맞힐지는 알 수 없습니다. 제대로 배웠는지 외우기만 했는지는 따로 떼어 둔 이미지로만 가릴 수 있습니다.
# %% [markdown] lang="en"
# ## The gap
#
# Now with the true labels. We follow two losses: on the training images, and on the 200 validation images that it never
# trains on. How far the two lie apart is the *generalization gap*.
#
# **Predict.** Both fall at first. What does each do later?
# %% [markdown] lang="ko"
# ## 벌어지는 간격
#
# 이번에는 올바른 레이블을 씁니다. 학습 이미지의 손실과 학습에 쓰지 않는 검증 이미지 200장의 손실을 나란히 살펴봅니다. 둘의
# 차이를 *일반화 격차*(generalization gap)라고 합니다.
#
# **예측해 보세요.** 처음에는 둘 다 내려갑니다. 나중에는 각각 어떻게 될까요?
# %%
_, path = train(x, y)
updates = path[:, 0].astype(int)
fig = plots.lines(
    {"training": (updates, path[:, 1]), "validation": (updates, path[:, 3])},
    "Update", "Loss", "One goes on falling; the other turns",
)
ft.show(
    fig,
    alt="Two loss curves over 400 updates. The training loss falls to zero; the "
    "validation loss falls, reaches its lowest point early and then rises slowly.",
)
turn = int(updates[path[:, 3].argmin()])
assert path[-1, 1] < 0.01 and path[-1, 3] > 1.05 * path[:, 3].min() and turn < 200
# %% [markdown] lang="en"
# The validation loss is lowest after {{turn}} updates. From there on the network gets better on the images it has seen, and
# worse on those it has not: it is *overfitting*. Everything we do against that is called *regularization*.
# %% [markdown] lang="ko"
# 검증 손실은 업데이트를 {{turn}}번 했을 때 가장 낮습니다. 그 뒤로 신경망은 본 이미지에서는 점점 나아지고 못 본 이미지에서는 점점 나빠집니다. 이것이
# *과적합*(overfitting)입니다. 과적합을 막으려고 하는 일을 통틀어 *정규화*(regularization)라고 합니다. *규제*라고 옮긴 책도 많습니다. 값의 크기를 맞추는
# 정규화(normalization)와는 다른 말입니다.
# %% [markdown] lang="en"
# ## Early stopping
#
# The cheapest cure is to stop in time, and to go back to the best weights. The validation loss is usually measured after
# each *epoch*, one pass over all training images. Its curve is bumpy, so we wait a few more epochs before we stop. How many
# is called the *patience*.
#
# ### Exercise 1: when to stop
#
# You get the validation losses, one per epoch. Return the number of the epoch whose weights we keep, counted from 0. Stop as
# soon as `patience` epochs in a row have brought no new lowest loss.
# %% [markdown] lang="ko"
# ## 조기 종료(early stopping)
#
# 가장 손쉬운 대책은 제때 멈추고 가장 좋았던 가중치로 돌아가는 것입니다. 검증 손실은 보통 학습 이미지를 한 번씩 다 쓸 때마다, 즉 *에폭*(epoch)마다
# 잽니다. 실제 곡선은 울퉁불퉁하므로 몇 에폭 더 기다려 보고 멈춥니다. 이때 기다리는 에폭 수를 *인내심*(patience)이라고 합니다.
#
# ### 연습 1: 언제 멈출까요?
#
# 에폭마다 잰 검증 손실을 받아, 어느 에폭의 가중치를 남길지 그 번호를 돌려주세요. 번호는 0부터 셉니다. 최저 기록이 `patience` 에폭 동안 한 번도 깨지지
# 않으면 바로 멈춥니다.
# %% tags=["exercise"]
def best_epoch(losses, patience):
    ...  # a loop
    return ...

# Stuck? ft.hint("02.1"), then ft.solution("02.1")
ft.check("02.1", best_epoch)
# %% [markdown] lang="en"
# Keras has a callback for this, `EarlyStopping`: an object that `model.fit` calls after every epoch. With
# `restore_best_weights=True` it goes back to the best weights; without it, the last ones stay. Here we call it by hand for
# our curve, and count each point, ten updates, as an epoch; at the end of the lesson `fit` calls it.
# %% [markdown] lang="ko"
# Keras에는 이 일을 하는 콜백(callback) `EarlyStopping`이 있습니다. 콜백은 `model.fit`이 에폭마다 불러 주는 객체입니다. `restore_best_weights=True`를 주면
# 가장 좋았던 가중치로 돌아가고, 주지 않으면 마지막 가중치가 남습니다. 여기서는 곡선의 점 하나(업데이트 열 번)를 한 에폭으로 치고 콜백을 직접 불러
# 봅시다. 수업 끝에서는 `fit`이 부릅니다.
# %%
stopper = keras.callbacks.EarlyStopping(
    monitor="val_loss", patience=5, restore_best_weights=True
)
stopper.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
stopper.on_train_begin()
for epoch, value in enumerate(path[:, 3]):
    stopper.on_epoch_end(epoch, {"val_loss": value})
    if stopper.stopped_epoch:
        break
early = path[stopper.best_epoch]
print(
    f"Keras stops after {updates[epoch]} updates; the best weights are those after "
    f"{updates[stopper.best_epoch]}"
)
print(f"validation loss there {early[3]:.2f}, at the end {path[-1, 3]:.2f}")
print(
    f"validation accuracy there {100 * early[4]:.1f} %, at the end "
    f"{100 * path[-1, 4]:.1f} %"
)
assert stopper.stopped_epoch and stopper.best_epoch == path[:, 3].argmin()
# %% [markdown] lang="en"
# Look at what we gain. At the best epoch the loss is lower, but the accuracy is almost the same. The network that went on
# training hardly makes more mistakes, and yet its loss is higher: taken over all images, it gives the right class a smaller
# share. Hardly more mistakes at a higher price: that speaks for answers that are wrong and too sure. Stopping in time saves
# work, and keeps the network from being too sure.
# %% [markdown] lang="ko"
# 무엇을 얻었는지 잘 보세요. 가장 좋은 에폭에서는 손실이 더 낮지만 정확도는 거의 같습니다. 더 오래 학습한 신경망이 더 많이 틀리는 것은 아닌데 손실은
# 더 큽니다. 전체로 보아 정답에 주는 확률이 전보다 작아졌다는 뜻입니다. 틀린 개수는 비슷한데 손실만 커졌으니, 틀리면서도 지나치게 확신하게 된 것으로 보입니다. 제때 멈추면 시간을 아끼고, 지나친 확신도 막을 수 있습니다.
# %% [markdown] lang="en"
# ## L2 and L1: weights cost something
#
# A network that learns by heart tends to need large weights, to tell apart what is nearly alike. So we make weights cost
# something. L2 adds `l2` times the sum of the squared weights to the loss; L1 takes absolute values instead of squares. Only
# the *kernels* pay, that is, all weights except the biases.
#
# ### Exercise 2: the L2 penalty
#
# Return two things: the penalty, and its slope, which says for each weight how fast the penalty grows with it.
# %% [markdown] lang="ko"
# ## L2와 L1: 가중치에 비용 매기기
#
# 외우는 신경망은 거의 똑같은 것까지 구별하려고 가중치를 키우기 쉽습니다. 그래서 가중치에 비용을 매깁니다. L2는 가중치 제곱의 합에 `l2`를 곱해 손실에
# 더하고, L1은 제곱 대신 절댓값을 씁니다. 편향에는 매기지 않고, 나머지 가중치인 *커널*(kernel)에만 매깁니다.
#
# ### 연습 2: L2 페널티
#
# 페널티와 그 기울기를 차례로 돌려주세요. 기울기는 가중치를 하나씩 조금 늘릴 때 페널티가 얼마나 빠르게 늘어나는지를 나타냅니다.
# %% tags=["exercise"]
def penalty(kernel, l2):
    return ..., ...

# Stuck? ft.hint("02.2"), then ft.solution("02.2")
ft.check("02.2", penalty)
# %% [markdown] lang="en"
# In Keras a layer gets its penalty as `kernel_regularizer=keras.regularizers.L2(0.001)`. Are the numbers the same as ours?
# %% [markdown] lang="ko"
# Keras에서는 층을 만들 때 `kernel_regularizer=keras.regularizers.L2(0.001)`처럼 페널티를 줍니다. 우리가 구한 값과 같을까요?
# %%
kernel = draw(0)["w1"].astype("float32")
theirs = {
    "L2": keras.regularizers.L2(0.001)(kernel),
    "L1": keras.regularizers.L1(0.001)(kernel),
}
ours = {"L2": 0.001 * np.sum(kernel**2), "L1": 0.001 * np.sum(np.abs(kernel))}
for name in ours:
    print(f"{name}: same as Keras: {np.isclose(ours[name], theirs[name])}")
    assert np.isclose(ours[name], theirs[name])
# %% [markdown] lang="en"
# The two pull differently. L2's slope is proportional to the weight: it pulls hard at large weights and hardly at small
# ones. L1's slope has the same size for every weight, so it also pulls small ones on towards 0, unless the data need them.
#
# **Predict.** Which pixels' weights will L1 bring close to 0?
# %% [markdown] lang="ko"
# 둘은 당기는 방식이 다릅니다. L2의 기울기는 가중치에 비례해서, 큰 가중치는 세게 당기고 작은 가중치는 거의 당기지 않습니다. L1의 기울기는 가중치가 크든
# 작든 세기가 같아서, 데이터에 필요하지 않으면 작은 가중치도 0까지 끌고 갑니다.
#
# **예측해 보세요.** L1은 어느 픽셀의 가중치를 0에 가깝게 만들까요?
# %%
kinds = {"no penalty": {}, "L2, 0.001": {"l2": 0.001}, "L1, 0.001": {"l1": 0.001}}
pictures, near_zero = [], {}
for name, options in kinds.items():
    weights, _ = train(x, y, **options)
    near_zero[name] = np.mean(np.abs(weights["w1"]) < 0.02)
    strength = np.abs(weights["w1"]).mean(axis=1).reshape(8, 8)
    pictures.append(255 * strength / strength.max())
    print(
        f"{name:<11} {100 * near_zero[name]:3.0f} % of the first layer's weights lie "
        "within 0.02 of 0"
    )
fig = plots.image_grid(
    np.array(pictures), titles=list(kinds), columns=3,
    title="How much each pixel counts (bright: large weights)",
)
ft.show(
    fig,
    alt="Three maps of 8 by 8 pixels. Without a penalty all pixels count alike, also "
    "the empty columns at the left and right; with L2 and more so with L1 these "
    "columns go dark.",
)
assert near_zero["L1, 0.001"] > near_zero["L2, 0.001"] > near_zero["no penalty"]
# %% [markdown] lang="en"
# The columns at the far left and right are almost always empty, so there is almost nothing to learn from them. Without a
# penalty they keep the random weights they started with; a penalty takes these away. L2 does so here, too, since Adam
# divides every slope by its size: where no data pull, even a small slope makes a full step.
# %% [markdown] lang="ko"
# 왼쪽 끝과 오른쪽 끝의 열은 거의 늘 비어 있어서 배울 것이 거의 없습니다. 페널티가 없으면 처음 뽑은 무작위 가중치가 그대로 남고, 페널티가 있으면 사라집니다.
# 여기서는 L2로도 사라집니다. Adam은 기울기를 그 크기로 나누므로, 데이터가 당기지 않는 곳에서는 작은 기울기로도 한 걸음을 온전히 내딛기 때문입니다.
# %% [markdown] lang="en"
# ## Dropout: no unit may rely on another
#
# In each update, and for each image anew, a random part of the hidden units is switched off. No unit can rely on another one
# being there, so each has to learn something that is useful by itself. In prediction all units take part.
#
# ### Exercise 3: write dropout
#
# Return a new array: `hidden`, but with each entry set to 0 with probability `rate`. Scale up the others so that, on average,
# the mean stays the same.
# %% [markdown] lang="ko"
# ## 드롭아웃(dropout): 다른 유닛에 기대지 못하게
#
# 업데이트할 때마다, 그리고 이미지마다 따로, 은닉 유닛의 일부를 무작위로 끕니다. 다른 유닛이 늘 켜져 있으리라는 보장이 없으므로, 유닛은 혼자서도
# 쓸모 있는 것을 배워야 합니다. 예측할 때는 모든 유닛을 씁니다.
#
# ### 연습 3: 드롭아웃 구현하기
#
# `hidden`의 값을 하나하나 `rate`의 확률로 0으로 만들고, 나머지는 평균이 달라지지 않을 만큼 키워서 새 배열로 돌려주세요.
# %% tags=["exercise"]
def dropout(hidden, rate, rng):
    return ...

# Stuck? ft.hint("02.3"), then ft.solution("02.3")
ft.check("02.3", dropout)
# %% [markdown] lang="en"
# In Keras, dropout is a layer of its own. It drops units only when it is called with `training=True`; `model.fit` does that
# by itself, and `model.predict` does not.
# %% [markdown] lang="ko"
# Keras에서는 드롭아웃이 층 하나입니다. `training=True`로 불러야만 유닛을 끕니다. `model.fit`은 알아서 그렇게 부르고, `model.predict`는 그렇게 부르지 않습니다.
# %%
ones = np.ones((1000, 50), "float32")
layer = keras.layers.Dropout(0.3, seed=0)
trained, predicted = (
    np.array(layer(ones, training=True)),
    np.array(layer(ones, training=False)),
)
print(
    f"in training    {100 * np.mean(trained == 0):.0f} % are 0, the others "
    f"{trained.max():.3f}, mean {trained.mean():.2f}"
)
print(
    f"in prediction  {100 * np.mean(predicted == 0):.0f} % are 0, the others "
    f"{predicted.max():.3f}, mean {predicted.mean():.2f}"
)
assert np.isclose(trained.max(), 1 / 0.7) and (predicted == 1).all()
# %% [markdown] lang="en"
# ## Augmentation: the same digit, moved
#
# Move a digit by one pixel: it is still the same digit, but its 64 numbers have changed. If we show it in a random place each
# time, we tell the network something that the hundred images alone do not: the exact place does not matter.
# %% [markdown] lang="ko"
# ## 데이터 증강(augmentation): 자리를 옮겨도 같은 숫자
#
# 숫자를 한 픽셀 옮겨도 같은 숫자이지만, 입력값 64개는 달라집니다. 보여 줄 때마다 무작위로 자리를 옮기면, 자리가 조금 달라도 같은 숫자라는 사실을 가르치는
# 셈입니다. 이미지 백 장만 보고는 알 수 없는 사실입니다.
# %%
def move(x, rng):
    """Every image moved by up to one pixel in each direction."""
    padded = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    rows, columns = rng.integers(0, 3, (2, len(x)))
    moved = [image[r : r + 8, c : c + 8] for image, r, c in zip(padded, rows, columns)]
    return np.array(moved).reshape(len(x), 64)

rng = np.random.default_rng(1)
shown = np.concatenate([np.repeat(x[:1], 10, axis=0), np.repeat(x[1:2], 10, axis=0)])
fig = plots.image_grid(
    255 * move(shown, rng).reshape(20, 8, 8),
    title="Two digits, ten times each, moved at random",
)
ft.show(
    fig,
    alt="Two rows of ten images: one digit per row, each time moved by up to a pixel.",
)
# %% [markdown] lang="en"
# ## One by one
#
# Now every cure by itself, at one usual strength, with five seeds. Each seed draws other images to label and other random
# weights to start from. The last bar is no trick at all, only more labels.
#
# **Predict.** Put them in order, from the least help to the most.
# %% [markdown] lang="ko"
# ## 하나씩 따로
#
# 이제 흔히 쓰는 세기로 대책을 하나씩 따로 시험합니다. 시드는 다섯 개이고, 시드마다 레이블을 달 이미지와 출발 가중치를 새로 뽑습니다. 마지막 막대는
# 특별한 기법 없이 그저 레이블을 늘린 것입니다.
#
# **예측해 보세요.** 도움이 가장 적을 것부터 차례로 늘어놓아 보세요.
# %%
cures = {
    "nothing": {},
    "smaller: 8 units": {"hidden": 8},
    "L1, 0.001": {"l1": 0.001},
    "L2, 0.001": {"l2": 0.001},
    "dropout, 0.5": {"dropout": 0.5},
    "augmentation": {"distort": move},
    "50 labels per class": {},
}
scores = {}
for name, options in cures.items():
    count = 50 if name.startswith("50") else 10
    ends = []
    for seed in range(5):
        drawn = track.task(labels_per_class=count, seed=seed)
        ends.append(
            train(flat(drawn.train), drawn.train.labels, seed, **options)[1][-1]
        )
    scores[name] = np.array(ends)[:, 4]
# %%
fig = plots.bars(
    {name: (s.mean(), s.min(), s.max()) for name, s in scores.items()},
    "Labels beat every trick",
    "Validation accuracy after 400 updates: mean, worst and best of five seeds",
    percent=True,
)
ft.show(
    fig,
    alt="Bars of validation accuracy. A network of eight units is worst; the "
    "penalties, dropout and augmentation differ from nothing by less than the seeds "
    "do; fifty labels per class are clearly best.",
)
means = {name: s.mean() for name, s in scores.items()}
tricks = [means[name] for name in cures if name[:2] in ("L1", "L2", "dr", "au")]
assert max(abs(mean - means["nothing"]) for mean in tricks) < np.ptp(scores["nothing"])
assert means["50 labels per class"] > max(*tricks, means["nothing"]) + 0.02
assert means["smaller: 8 units"] < means["nothing"] - 0.05
# %% [markdown] lang="en"
# A sobering picture. On this small network no trick changes the accuracy by more than the seeds do, and eight units are too
# few to read well. Even moving the digits gains little, perhaps because the scanner has centred them already; we have not tested it.
# Five times as many labels do help.
# %% [markdown] lang="ko"
# 조금 허탈한 결과입니다. 이 작은 신경망에서는 어떤 기법도 정확도를 시드에 따른 차이보다 크게 바꾸지 못하고, 유닛 여덟 개는 숫자를 제대로 읽기에
# 모자랍니다. 숫자를 옮겨 보여 주어도 별로 나아지지 않습니다. 스캐너가 이미 가운데로 맞추어 놓은 탓일 수 있지만, 확인해 보지는 않았습니다. 레이블을 다섯 배로
# 늘리면 정말로 좋아집니다.
# %% [markdown] lang="en"
# ## All in one object
#
# In `ftlib` one object holds all of this, `ft.Regularization`; you hand it to `ft.fit`. Four presets are there to start from.
# A setting that is not printed is off.
# %% [markdown] lang="ko"
# ## 객체 하나로
#
# `ftlib`에서는 이 모두를 `ft.Regularization` 객체 하나에 담아 `ft.fit`에 넘깁니다. 출발점으로 삼을 프리셋(preset)이 네 가지 있습니다. 출력에 나오지 않는
# 항목은 꺼져 있습니다.
# %%
for name in ("none", "light", "standard", "strong"):
    print(f"{name:<9}", ft.Regularization.preset(name))
# %% [markdown] lang="en"
# Some names are new. `weight_decay` makes every kernel a little smaller in each update, without going through the loss.
# `label_smoothing` asks for a little less than 1 for the right class. `mixup` and `cutmix` blend two images and their labels.
# And `augmentation` does more than move: it also turns, zooms, and changes contrast and brightness. `patience` counts epochs, and
# where a pass over the images has fewer than 20 updates, `ft.fit` takes 20 for an epoch: in the runs of 100 updates below it never stops early.
# %% [markdown] lang="ko"
# 처음 보는 이름이 몇 가지 있습니다. `weight_decay`(가중치 감쇠)는 손실을 거치지 않고 업데이트마다 커널을 조금씩 줄입니다. `label_smoothing`은 정답
# 클래스의 목표 확률을 1보다 조금 낮춥니다. `mixup`과 `cutmix`는 이미지 두 장과 그 레이블을 섞습니다. `augmentation`은 옮기는 데 그치지 않고 돌리고,
# 확대하거나 축소하고, 대비와 밝기도 바꿉니다. `patience`는
# 에폭으로 셉니다. 이미지를 한 번 다 보는 데 업데이트가 20번도 들지 않으면 `ft.fit`은 20번을 한 에폭으로 칩니다. 그래서 아래처럼 업데이트가 100번이면 일찍 멈추는 일이 없습니다.
# %% [markdown] lang="en"
# ### Exercise 4: your own mixture
#
# Start from `light`. Set dropout to 0.5 and label smoothing to 0.1, and leave the rest as it is. `dataclasses.replace` makes
# a copy with other values.
# %% [markdown] lang="ko"
# ### 연습 4: 나만의 조합
#
# `light`에서 출발해 드롭아웃을 0.5로, 레이블 스무딩(label smoothing)을 0.1로 바꾸고, 나머지는 그대로 두세요. 일부 값만 바꾼 복사본은
# `dataclasses.replace`로 만듭니다.
# %% tags=["exercise"]
my_settings = ...
# Stuck? ft.hint("02.4"), then ft.solution("02.4")
ft.check("02.4", my_settings)
# %% [markdown] lang="en"
# Is more always better? The repository holds recorded runs: `glyphnet` from scratch, with each preset, ten labels per class
# and five seeds. First we check the record: one run of our own, beside the recorded run of the same seed.
#
# **Predict.** Which preset wins with 100 updates, and which with 300?
# %% [markdown] lang="ko"
# 정규화는 강할수록 좋을까요? 저장소에는 프리셋마다 `glyphnet`을 처음부터 학습한 기록이 있습니다. 클래스당 레이블은 열 개, 시드는 다섯 개입니다. 먼저 직접
# 한 번 돌려서, 같은 시드의 기록과 맞는지 확인합시다.
#
# **예측해 보세요.** 업데이트를 100번 하면 어느 프리셋이 가장 좋을까요? 300번이면 어떨까요?
# %%
study = track.recorded("presets")

def recorded(preset, updates, score="val_accuracy"):
    return [
        r[score] for r in study.rows if (r["preset"], r["updates"]) == (preset, updates)
    ]

model = ft.classifier(track.backbone, task.num_classes)
run = ft.fit(model, task, "scratch", "none", updates=100, seed=0, verbose=False)
same, *others = recorded("none", 100)  # in the order of the seeds, from 0
print(f"live                 {100 * run.val_accuracy:.1f} %")
print(f"recorded, same seed  {100 * same:.1f} %")
print(
    f"{len(others)} other seeds        {100 * min(others):.1f} to "
    f"{100 * max(others):.1f} %"
)
assert abs(run.val_accuracy - same) < 0.015  # two images; computers round
# %%
presets = ("none", "light", "standard", "strong")
values = {
    f"{preset}, {updates} updates": [
        f(recorded(preset, updates)) for f in (np.mean, min, max)
    ]
    for updates in (100, 300)
    for preset in presets
}
fig = plots.bars(
    values, "At one fixed rate, regularization pays only with enough updates",
    "Validation accuracy: mean, worst and best of five seeds", percent=True,
)
ft.show(
    fig,
    alt="Bars of validation accuracy for four presets. After 100 updates no "
    "regularization is ahead and strong far behind; after 300 light and standard "
    "lead, and no regularization is last.",
)
levels = {
    key: np.mean(recorded(*key))
    for key in [(p, u) for p in presets for u in (100, 300)]
}
assert (
    levels["none", 100] > levels["light", 100] + 0.03
    and levels["none", 100] > levels["strong", 100] + 0.1
)
assert (
    levels["light", 300] > levels["none", 300] + 0.05
    and levels["standard", 300] > levels["none", 300] + 0.05
)
# %%
# Both presets at three times the rate: `light` as recorded for lesson 01b.
from ftlib.evidence.comparison import interval

def at_triple(rows):
    """Validation accuracy of five seeds at three times the rate, in their order."""
    chosen = [r for r in rows if r["rate_factor"] == 3 and r["seed"] < 5]
    return np.array(
        [r["val_accuracy"] for r in sorted(chosen, key=lambda r: r["seed"])]
    )

of_lesson_01b = [
    r
    for r in track.recorded("digits-updates").rows
    if (r["strategy"], r["labels_per_class"], r["updates"]) == ("scratch", 10, 100)
]
tripled = {
    "none": at_triple(track.recorded("presets-rate").rows),
    "light": at_triple(of_lesson_01b),
}
for preset, five in tripled.items():
    usual = levels[preset, 100]
    print(f"{preset:<6} {usual:.1%}, at three times the rate {five.mean():.1%}")
# %%
ahead, low, high = interval(tripled["light"] - tripled["none"], bounds=(-1, 1))
print(f"light over none at that rate: {ahead:+.1%} ({low:+.1%} to {high:+.1%})")
assert low > 0 and levels["none", 100] > levels["light", 100]
# %% [markdown] lang="en"
# Here the tricks do pay: `light` gains {{100 * (levels["light", 300] - levels["none", 300]):.0f}} points (percentage points, here and everywhere) with 300 updates. Dropout,
# weight decay and distortions that turn, zoom and move change together here, so we cannot say which of them did it. With 100 updates
# and the same rate it costs {{100 * (levels["none", 100] - levels["light", 100]):.0f}} points instead. But at three times that rate, which
# validation chose in lesson 01b, `light` reads {{100 * tripled["light"].mean():.0f}} % and `none` {{100 * tripled["none"].mean():.0f}} %: now
# `light` leads by {{100 * ahead:.0f}} points ({{100 * low:.0f}} to {{100 * high:.0f}}), seed against seed. What looked like the price of regularization
# was the low rate.
# %% [markdown] lang="ko"
# 여기서는 이런 기법이 효과가 있습니다. 업데이트를 300번 하면 `light`로 {{100 * (levels["light", 300] - levels["none", 300]):.0f}}%p가 오릅니다. 드롭아웃, 가중치
# 감쇠, 그리고 돌리고 확대하고 옮기는 변형이 한꺼번에 바뀌므로 어느 것 덕분인지는 알 수 없습니다. 업데이트가 100번이면 같은 학습률에서 오히려
# {{100 * (levels["none", 100] - levels["light", 100]):.0f}}%p를 잃습니다. 그런데 1b강에서 검증이 고른 대로 학습률을 세 배로 하면 `light`는 {{100 * tripled["light"].mean():.0f}}%,
# `none`은 {{100 * tripled["none"].mean():.0f}}%를 맞힙니다. 같은 시드끼리 견주면 이제 `light`가 {{100 * ahead:.0f}}%p({{100 * low:.0f}}~{{100 * high:.0f}}) 앞섭니다. 정규화 탓에
# 손해를 본 듯했지만, 사실은 학습률이 너무 낮은 탓이었습니다.
# %% [markdown] lang="en"
# ## The test images, once
#
# We compared the presets on validation images, so the choice is made. Now we look at the test accuracy of the recorded runs.
#
# **Predict.** Will the order of the presets be the same?
# %% [markdown] lang="ko"
# ## 테스트 데이터는 한 번만
#
# 프리셋은 검증 데이터로 비교했으니 선택은 끝났습니다. 이제 기록에 남은 테스트 정확도를 봅니다.
#
# **예측해 보세요.** 프리셋의 순위는 그대로일까요?
# %%
for preset in presets:
    val, test = (
        np.mean(recorded(preset, 300, f"{part}_accuracy")) for part in ("val", "test")
    )
    print(f"{preset:<9} validation {100 * val:.1f} %   test {100 * test:.1f} %")
chosen = max(presets, key=lambda preset: np.mean(recorded(preset, 300)))
gain = np.mean(recorded(chosen, 300, "test_accuracy")) - np.mean(
    recorded("none", 300, "test_accuracy")
)
print(f"{chosen!r}, chosen on validation: {100 * gain:+.1f} points over 'none'")
assert gain > 0.05
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Penalty and dropout are arguments and layers, early stopping is a callback of `fit`. (Augmentation is a layer, too:
# `keras.layers.RandomTranslation` moves images.) (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 페널티는 인자로, 드롭아웃은 층으로 넣고, 조기 종료는 `fit`의 콜백입니다. (데이터 증강도 층입니다. `keras.layers.RandomTranslation`이 이미지를 옮깁니다.) (코드는 접혀
# 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
keras.utils.set_random_seed(0)
plain = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(
            128, activation="relu", kernel_regularizer=keras.regularizers.L2(0.001)
        ),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
# %% tags=["folded"]
plain.compile(
    keras.optimizers.Adam(0.01),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
stop = keras.callbacks.EarlyStopping(
    monitor="val_loss", patience=10, restore_best_weights=True
)
history = plain.fit(
    x, y, batch_size=len(x), epochs=400, validation_data=(x_val, y_val),
    callbacks=[stop], verbose=0,
)
kept = plain.evaluate(x_val, y_val, verbose=0, return_dict=True)["accuracy"]
print(f"stopped after {len(history.epoch)} epochs, best after {stop.best_epoch + 1}")
print(f"validation accuracy: Keras {100 * kept:.1f} %, by hand {100 * early[4]:.1f} %")
assert len(history.epoch) < 400 and abs(kept - early[4]) < 0.06
# %% [markdown] lang="en"
# `fit` called the callback by itself: it stopped after {{len(history.epoch)}} of 400 epochs and went back to the
# weights of epoch {{stop.best_epoch + 1}}. They read {{100 * kept:.1f}} % of the validation digits; our own loop,
# stopped early and without penalty or dropout, read {{100 * early[4]:.1f}} %. In `ftlib` the same settings are one
# `ft.Regularization`.
# %% [markdown] lang="ko"
# 이번에는 `fit`이 콜백을 알아서 불렀습니다. 400에폭 중 {{len(history.epoch)}}에폭 만에 멈추고 {{stop.best_epoch + 1}}번째 에폭의 가중치로 돌아갔습니다. 이 가중치는
# 검증용 손글씨 숫자를 {{100 * kept:.1f}}% 맞힙니다. 페널티와 드롭아웃 없이 일찍 멈추기만 한 우리 반복문은 {{100 * early[4]:.1f}}%였습니다. `ftlib`에서는 이 설정을 모두
# `ft.Regularization` 하나에 담습니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 02.q1}}
# %% [markdown] lang="ko"
# {{quiz 02.q1}}
# %% tags=["exercise"]
ft.check("02.q1", ...)
# %% [markdown] lang="en"
# {{quiz 02.q2}}
# %% [markdown] lang="ko"
# {{quiz 02.q2}}
# %% tags=["exercise"]
ft.check("02.q2", ...)
# %% [markdown] lang="en"
# {{quiz 02.q3}}
# %% [markdown] lang="ko"
# {{quiz 02.q3}}
# %% tags=["exercise"]
ft.check("02.q3", ...)
# %% [markdown] lang="en"
# {{quiz 02.q4}}
# %% [markdown] lang="ko"
# {{quiz 02.q4}}
# %% tags=["exercise"]
ft.check("02.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A large network can learn any labels by heart, even shuffled ones. Only images kept aside show it.
# - Overfitting shows in the gap: the training loss goes on falling, the validation loss rises again (here after {{turn}}
#   updates).
# - L2 shrinks large weights most, L1 brings weights that nobody needs close to 0, dropout lets no unit rely on another. On a
#   small network they change little: {{100 * means["nothing"]:.1f}} % without, {{100 * means["dropout, 0.5"]:.1f}} % with dropout.
# - Five times the labels gave {{100 * means["50 labels per class"]:.0f}} %. glyphnet from scratch gained
#   {{100 * (levels["light", 300] - levels["none", 300]):.0f}} points with the whole preset `light`.
# - With few updates and a low rate, regularization cost points; at three times that rate it gained {{100 * ahead:.0f}}. Tune the rate before you
#   judge a regularization.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 큰 신경망은 뒤섞은 레이블까지 무엇이든 외울 수 있습니다. 외웠는지 배웠는지는 따로 떼어 둔 이미지로만 알 수 있습니다.
# - 과적합은 두 손실의 간격으로 드러납니다. 학습 손실은 계속 내려가는데 검증 손실은 다시 올라갑니다(여기서는 업데이트 {{turn}}번 뒤부터).
# - L2는 큰 가중치를 가장 많이 줄이고, L1은 필요 없는 가중치를 0 가까이 끌고 가고, 드롭아웃은 유닛이 서로에게 기대지 못하게 합니다. 작은 신경망에서는
#   정확도가 별로 달라지지 않습니다. 그냥 두면 {{100 * means["nothing"]:.1f}}%, 드롭아웃을 쓰면 {{100 * means["dropout, 0.5"]:.1f}}%입니다.
# - 레이블을 다섯 배로 늘리니 {{100 * means["50 labels per class"]:.0f}}%가 되었습니다. 처음부터 학습한 glyphnet은 프리셋 `light` 전체로
#   {{100 * (levels["light", 300] - levels["none", 300]):.0f}}%p 올랐습니다.
# - 업데이트가 적고 학습률이 낮으면 정규화는 손해였지만, 학습률을 세 배로 하니 {{100 * ahead:.0f}}%p 이득이었습니다. 정규화를 평가하기 전에 학습률부터
#   맞추세요.
# %% [markdown] lang="en"
# ## Next
#
# More labels help most, but nobody likes to make them. For *other* things there are plenty of labels. Lesson 03 trains a
# network on letters that a computer draws, labels included, and asks how much of that helps with digits.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 레이블은 많을수록 좋지만, 레이블 다는 일을 반기는 사람은 없습니다. 그런데 *다른* 것의 레이블이라면 얼마든지 있습니다. 3강에서는 컴퓨터가 레이블까지 붙여
# 그려 내는 글자로 신경망을 학습하고, 거기서 배운 것이 숫자를 읽는 데 얼마나 도움이 되는지 알아봅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Zhang et al., 2017, [networks that learn nonsense by heart](https://arxiv.org/abs/1611.03530); Srivastava et al., 2014,
#   [dropout](https://jmlr.org/papers/v15/srivastava14a.html); [mixup](https://arxiv.org/abs/1710.09412),
#   [CutMix](https://arxiv.org/abs/1905.04899)
# - Keras: [`EarlyStopping`](https://keras.io/api/callbacks/early_stopping/); TensorFlow:
#   [overfit and underfit](https://www.tensorflow.org/tutorials/keras/overfit_and_underfit)
# - Dive into Deep Learning: [weight decay](https://d2l.ai/chapter_linear-regression/weight-decay.html),
#   [dropout](https://d2l.ai/chapter_multilayer-perceptrons/dropout.html),
#   [generalization](https://d2l.ai/chapter_multilayer-perceptrons/generalization-deep.html)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Zhang 등, 2017, [엉터리까지 외우는 신경망](https://arxiv.org/abs/1611.03530). Srivastava 등, 2014,
#   [드롭아웃](https://jmlr.org/papers/v15/srivastava14a.html). [mixup](https://arxiv.org/abs/1710.09412),
#   [CutMix](https://arxiv.org/abs/1905.04899)
# - Keras: [`EarlyStopping`](https://keras.io/api/callbacks/early_stopping/). TensorFlow:
#   [과적합과 과소적합](https://www.tensorflow.org/tutorials/keras/overfit_and_underfit)
# - Dive into Deep Learning: [가중치 감쇠](https://d2l.ai/chapter_linear-regression/weight-decay.html),
#   [드롭아웃](https://d2l.ai/chapter_multilayer-perceptrons/dropout.html),
#   [일반화](https://d2l.ai/chapter_multilayer-perceptrons/generalization-deep.html)
