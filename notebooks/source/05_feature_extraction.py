# %% [markdown] lang="en"
# # Feature extraction
#
# Lesson 01 trained a network from random weights. It learned to read digits, but it wanted many labels and many updates to
# get there. A network that has already learned something similar should not have to start from nothing.
#
# **Questions**
# - What does a network know about images it has never seen?
# - How do I put a new classifier on an old network, and train only that?
# - What does freezing save, and what does it cost?
#
# **You will**
# - measure how much the features of a pre-trained network are worth, with a control
# - freeze a backbone, replace its head, and prove that nothing else moved
# - train on cached features and get the same network in a part of the time
# - say from how many labels on training from scratch catches up
#
# ⏱ 40 minutes · Needs: lesson 01 · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 특징 추출(feature extraction)
#
# 1강에서는 무작위 가중치에서 출발해 신경망을 학습했습니다. 숫자를 읽게 되기는 했지만 레이블도 업데이트도 많이 필요했습니다. 비슷한 것을 이미
# 배운 신경망이라면 맨바닥에서 시작할 필요가 없을 것입니다.
#
# **질문**
# - 신경망은 한 번도 본 적 없는 이미지에 대해 무엇을 알고 있을까요?
# - 오래된 신경망에 새 분류기를 얹고 그것만 학습하려면 어떻게 할까요?
# - 동결은 무엇을 아끼고, 무엇을 포기하게 할까요?
#
# **이 수업을 마치면**
# - 사전 학습된 신경망의 특징이 얼마나 값진지 대조군과 함께 측정할 수 있습니다
# - 백본을 동결하고 헤드를 바꾼 뒤, 다른 것은 하나도 움직이지 않았음을 증명합니다
# - 저장해 둔 특징으로 학습해, 같은 신경망을 더 짧은 시간에 얻습니다
# - 레이블이 몇 개쯤이면 처음부터 학습한 쪽이 따라잡는지 말할 수 있습니다
#
# ⏱ 40분 · 먼저 볼 것: 1강 · 노트북에서 1분 안에 실행됩니다
# %%
import keras
import numpy as np

import ftlib as ft
from ftlib import plots

track = ft.track()
task = track.task(labels_per_class=10, seed=0)
print(track)
print(task)
# %% [markdown] lang="en"
# ## The data and the backbone
#
# Our task has ten labelled images per class, from real scans. The test images come mostly from writers whose hand the
# training images never show.
# %% [markdown] lang="ko"
# ## 데이터와 백본
#
# 과제에는 클래스마다 레이블이 붙은 이미지가 열 장씩 있습니다. 모두 실제 스캔입니다. 테스트 이미지는 대부분 훈련 이미지에 없는 사람이
# 쓴 것입니다.
# %%
def pixels(split):
    return split.images[np.arange(len(split))]

order = np.argsort(task.train.labels, kind="stable")[::5]  # two of each class
ft.show(
    plots.image_grid(
        pixels(task.train)[order], [task.class_names[i] for i in task.train.labels[order]],
        title="Two of the ten training images of each class",
    ),
    alt="Rows of training images, two of each class, with the class name above each.",
)
# %% [markdown] lang="en"
# The **backbone** was trained on another task: to name {{len(ft.source_model()[1])}} letters of many alphabets, drawn from
# fonts. Digits were not among them; it has never seen one of our classes. Its old head, which named the letters, is cut off; what is left turns an image into a
# stack of feature maps.
# %% [markdown] lang="ko"
# **백본(backbone)** 은 다른 과제로 학습되었습니다. 글꼴에서 그린 여러 문자의 글자 {{len(ft.source_model()[1])}}종을 맞히는 과제입니다. 숫자는 그 가운데
# 없었으므로, 우리 클래스는 한 번도 본 적이 없습니다. 글자 이름을 대던 원래의 헤드(head)는 잘라 냈고, 남은 부분은 이미지를
# 특징 맵(feature map)으로 바꿉니다.
# %% tags=["nbval-check-output"]
backbone = track.backbone
fitted = task.for_backbone(backbone)  # the same images at the size that the backbone takes
maps = backbone(pixels(fitted.train))
print("images      ", pixels(fitted.train).shape)
print("feature maps", tuple(maps.shape))
# %% [markdown] lang="en"
# Averaging each map over its area leaves one number per map: how strongly that feature is present. This short vector is
# all that a classifier will get to see.
# %% [markdown] lang="ko"
# 특징 맵을 넓이에 걸쳐 평균 내면 맵마다 숫자 하나가 남습니다. 그 특징이 얼마나 강하게 나타나는지를 뜻합니다. 분류기가 보게 될 것은 이
# 짧은 벡터뿐입니다.
# %%
def features(network, split):
    """The feature vectors of a split, one row per image."""
    return np.mean(network(pixels(split)), axis=(1, 2))

print("features", features(backbone, fitted.train).shape)
# %% [markdown] lang="en"
# ## What are the features worth?
#
# Before any training, let us look. We squeeze the validation images into two dimensions, once from raw pixels and once from
# features.
#
# **Predict.** In which of the two pictures will images of the same class lie together?
# %% [markdown] lang="ko"
# ## 특징은 얼마나 값질까요?
#
# 학습하기 전에 먼저 살펴봅시다. 검증 이미지를 2차원으로 줄여 보는데, 한 번은 픽셀에서, 한 번은 특징에서 줄입니다.
#
# **예측해 보세요.** 두 그림 가운데 어느 쪽에서 같은 클래스의 이미지끼리 모여 있을까요?
# %%
from sklearn.decomposition import PCA

def flat(split):
    return pixels(split).reshape(len(split), -1)

views = {"raw pixels": flat(fitted.validation), "features": features(backbone, fitted.validation)}
flattened = {name: PCA(2, random_state=0).fit_transform(rows) for name, rows in views.items()}
ft.show(
    plots.scatter(flattened, fitted.validation.labels, task.class_names, "Features sort what pixels mix"),
    alt="Two clouds of validation images in two principal components. From raw pixels the classes "
    "overlap; from features most classes form islands of their own.",
)
# %% [markdown] lang="en"
# A picture persuades; a number with a control proves. The simplest classifier there is, the nearest labelled neighbour, has
# nothing to learn, so its accuracy belongs to the features alone. As a control, the same architecture with random weights.
# %% [markdown] lang="ko"
# 그림은 설득하지만, 증명하는 것은 대조군이 있는 숫자입니다. 가장 단순한 분류기인 최근접 이웃(nearest neighbour)은 배우는 것이 없으므로, 그
# 정확도는 온전히 특징의 몫입니다. 대조군은 구조는 같고 가중치만 무작위인 신경망입니다.
# %%
from sklearn.neighbors import KNeighborsClassifier

def nearest(view, drawn):
    model = KNeighborsClassifier(1).fit(view(drawn.train), drawn.train.labels)
    return model.score(view(drawn.validation), drawn.validation.labels)

scores = {"raw pixels": [], "features, random weights": [], "features, pre-trained": []}
for seed in range(5):  # another draw of labels, and other random weights, each time
    drawn = track.task(10, seed).for_backbone(backbone)
    untrained = ft.reinitialize(track.backbone, "he_normal", seed=seed)
    views = (flat, lambda s: features(untrained, s), lambda s: features(backbone, s))
    for values, view in zip(scores.values(), views):
        values.append(nearest(view, drawn))
# %%
ft.show(
    plots.bars(
        {name: (np.mean(v), min(v), max(v)) for name, v in scores.items()},
        "It is the pre-training, not the architecture", "Nearest-neighbour accuracy, five draws of labels", percent=True,
    ),
    alt="Bars of nearest-neighbour accuracy: pre-trained features highest, raw pixels next, features of "
    "random weights lowest; lines show the spread over five draws.",
)
assert min(scores["features, pre-trained"]) > max(scores["features, random weights"])
# %% [markdown] lang="en"
# Pre-trained features get {{100 * np.mean(scores["features, pre-trained"]):.1f}} % with no training at all, raw pixels
# {{100 * np.mean(scores["raw pixels"]):.1f}} %, and features of random weights
# {{100 * np.mean(scores["features, random weights"]):.1f}} %. So it is not the architecture that knows something. It is what
# the weights learned elsewhere.
# %% [markdown] lang="ko"
# 사전 학습된 특징은 학습을 전혀 하지 않고도 {{100 * np.mean(scores["features, pre-trained"]):.1f}} %입니다. 픽셀은
# {{100 * np.mean(scores["raw pixels"]):.1f}} %, 무작위 가중치의 특징은
# {{100 * np.mean(scores["features, random weights"]):.1f}} %입니다. 무언가를 아는 것은 구조가 아닙니다. 가중치가 다른 곳에서 배워 온
# 것입니다.
# %% [markdown] lang="en"
# ## A new head on a frozen backbone
#
# `ft.classifier` puts a new head on the backbone: average, dropout, one Dense layer with softmax. `ft.freeze` then stops
# everything below the head from learning.
#
# **Predict.** The features have {{maps.shape[-1]}} numbers and there are {{task.num_classes}} classes. How many weights will train?
# %% [markdown] lang="ko"
# ## 동결한 백본 위의 새 헤드
#
# `ft.classifier`는 백본 위에 새 헤드를 얹습니다. 평균, 드롭아웃(dropout), 소프트맥스를 쓰는 Dense 층 하나입니다. 그다음 `ft.freeze`가
# 헤드 아래의 모든 것을 배우지 못하게 합니다. 이것이 동결(freeze)입니다.
#
# **예측해 보세요.** 특징은 숫자 {{maps.shape[-1]}}개이고 클래스는 {{task.num_classes}}개입니다. 학습되는 가중치는 몇 개일까요?
# %% tags=["nbval-check-output"]
model = ft.classifier(backbone, task.num_classes)
report = ft.freeze(model)
print(report)
assert report.trainable == maps.shape[-1] * task.num_classes + task.num_classes
# %%
ft.show(
    plots.stage_picture(report.rows),
    alt="The stages of the network from input to head. All backbone stages are hatched, which means frozen; only "
    "the small head trains.",
)
# %% [markdown] lang="en"
# One weight for each pair of feature and class, and one bias per class. That is {{100 * report.trainable / report.params:.1g}} % of
# the network. The head starts at zero: it has no opinion yet, so every class is equally likely.
# %% [markdown] lang="ko"
# 특징과 클래스의 쌍마다 가중치 하나, 클래스마다 편향 하나입니다. 신경망 전체의 {{100 * report.trainable / report.params:.1g}} %입니다.
# 헤드는 0에서 출발합니다. 아직 아무 의견이 없으므로 모든 클래스의 확률이 같습니다.
# %% [markdown] lang="en"
# ### Exercise 1: count before you run
#
# A colleague puts a head for 5 classes on a frozen backbone whose features have 1,280 numbers. How many weights train?
# %% [markdown] lang="ko"
# ### 연습 1: 실행하기 전에 세어 보기
#
# 동료가 특징이 1,280개인 동결된 백본에 클래스 5개짜리 헤드를 얹었습니다. 학습되는 가중치는 몇 개일까요?
# %% tags=["exercise"]
trainable = ...
# Stuck? ft.hint("05.1"), then ft.solution("05.1")
ft.check("05.1", trainable)
# %% [markdown] lang="en"
# ### Exercise 2: replace the head
#
# Build a model of your own on `track.backbone`: a head for three classes, everything below it frozen.
# %% [markdown] lang="ko"
# ### 연습 2: 헤드 바꾸기
#
# `track.backbone` 위에 직접 모델을 만들어 보세요. 헤드는 클래스 세 개짜리이고, 그 아래는 모두 동결합니다.
# %% tags=["exercise"]
three = ...
# Stuck? ft.hint("05.2"), then ft.solution("05.2")
ft.check("05.2", three)
# %% [markdown] lang="en"
# ## Training the head, in plain Keras
#
# Nothing here is magic, so we train it with Keras alone. Around `fit` stands `ft.prove`: it takes a checksum of every
# weight before and after, and raises an error if something moved that should not have.
# %% [markdown] lang="ko"
# ## 순수한 Keras로 헤드 학습하기
#
# 여기에 마법은 없습니다. 그래서 Keras만으로 학습합니다. `fit`은 `ft.prove`로 감쌉니다. 학습 전후로 모든 가중치의 체크섬을 비교해, 움직이지
# 말아야 할 것이 움직였으면 오류를 냅니다.
# %%
keras.utils.set_random_seed(0)
model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
with ft.prove(model, task) as proof:
    model.fit(pixels(fitted.train), fitted.train.labels, epochs=25, verbose=0)
print(proof)
# %% [markdown] lang="en"
# Read the lines one by one. No example is in two splits. Every frozen weight and every BatchNorm statistic is identical to
# the last bit. Only the head moved, and the optimizer held exactly the weights it should.
# %% [markdown] lang="ko"
# 한 줄씩 읽어 봅시다. 두 분할에 함께 들어 있는 예는 없습니다. 동결한 가중치와 BatchNorm 통계는 마지막 비트까지 같습니다. 움직인 것은 헤드뿐이고,
# 옵티마이저는 다루어야 할 가중치만 다루었습니다.
# %% [markdown] lang="en"
# Does the proof notice a small crime? We change one frozen weight a little while the head trains.
#
# **Predict.** What will the error name?
# %% [markdown] lang="ko"
# 이 증명은 작은 반칙도 알아챌까요? 헤드를 학습하는 동안 동결한 가중치 하나를 조금 바꿔 봅시다.
#
# **예측해 보세요.** 오류는 무엇을 지목할까요?
# %%
victim = model.get_layer("backbone").weights[0]
innocent = victim.numpy()
caught = None
try:
    with ft.prove(model):
        model.fit(pixels(fitted.train), fitted.train.labels, epochs=1, verbose=0)
        victim.assign(innocent * 1.000001)
except ft.ProofError as error:
    caught = error
victim.assign(innocent)  # put back
print(caught)
assert caught is not None
# %% [markdown] lang="en"
# ## The same in one line
#
# `ft.fit` does all of that by itself: copy, freeze, train, prove, and keep the weights of the best epoch. The strategy has a name,
# `"feature_extraction"`, and a regularization comes with it.
# %% [markdown] lang="ko"
# ## 한 줄로 같은 일
#
# `ft.fit`은 이 모든 일을 알아서 합니다. 모델을 복사하고, 동결하고, 학습하고, 증명하고, 가장 좋았던 에폭의 가중치를 남깁니다. 전략의 이름은
# `"feature_extraction"`이고 정규화(regularization)도 함께 적용됩니다.
# %%
run = ft.fit(model, task, "feature_extraction", updates=track.updates, seed=0)
print()
print(run.summary())
# %% [markdown] lang="en"
# ## Compute the features once
#
# The frozen part gives the same output for an image every time. Why compute it in every epoch? We compute the features once
# and train a head on them.
#
# **Predict.** Will the predictions be the same as those of the model above, nearly the same, or worse?
# %% [markdown] lang="ko"
# ## 특징은 한 번만 계산하기
#
# 동결된 부분은 같은 이미지에 언제나 같은 값을 냅니다. 에폭마다 다시 계산할 까닭이 있을까요? 특징을 한 번만 계산해 두고, 그 위에서 헤드를
# 학습합니다.
#
# **예측해 보세요.** 예측은 위의 모델과 같을까요, 거의 같을까요, 더 나쁠까요?
# %%
def new_head():
    keras.utils.set_random_seed(0)
    head = keras.Sequential([
        keras.Input((maps.shape[-1],)),
        keras.layers.Dense(task.num_classes, activation="softmax", kernel_initializer="zeros"),
    ])
    head.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
    return head

cached = features(backbone, fitted.train)
head = new_head()
history = head.fit(cached, fitted.train.labels, epochs=25, verbose=0)
# %%
whole = ft.classifier(backbone, task.num_classes)
ft.freeze(whole)
keras.utils.set_random_seed(0)
whole.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
whole.fit(pixels(fitted.train), fitted.train.labels, epochs=25, verbose=0)

by_whole = np.array(whole(pixels(fitted.validation)))
by_head = np.array(head(features(backbone, fitted.validation)))
assert np.abs(by_whole - by_head).max() < 1e-3
print("the same probabilities, to three digits, on all", len(by_head), "validation images")
# %% tags=["timing"]
import time

def seconds(network, inputs):
    everything = {"batch_size": len(inputs), "verbose": 0}
    network.fit(inputs, fitted.train.labels, **everything)  # the first call compiles
    start = time.perf_counter()
    network.fit(inputs, fitted.train.labels, epochs=20, **everything)
    return time.perf_counter() - start

ratio = seconds(whole, pixels(fitted.train)) / seconds(head, cached)
print(f"an epoch on cached features is about {ratio:.0f} times as fast here")
# %% [markdown] lang="en"
# The same network in a part of the time. This backbone is tiny; with a large one the factor is in the hundreds. The price: a cache
# fixes the images. Random shifts and flips would need new features each time, so caching rules out augmentation, unless
# one stores several views of each image.
# %% [markdown] lang="ko"
# 같은 신경망을 더 짧은 시간에 얻었습니다. 이 백본은 아주 작습니다. 큰 백본에서는 차이가 수백 배에 이르기도 합니다. 대가도 있습니다. 저장해 둔 특징은
# 이미지를 고정합니다. 무작위로 옮기고 뒤집으려면 매번 특징을 다시 계산해야 하므로, 이미지마다 여러 모습을 저장하지 않는 한 데이터
# 증강(augmentation)은 쓸 수 없습니다.
# %% [markdown] lang="en"
# ### Exercise 3: a classifier of your own
#
# Good features make simple classifiers work. Write one: give each query the class whose **mean** feature vector is nearest.
# `labels` are class indices, not necessarily 0, 1, 2.
# %% [markdown] lang="ko"
# ### 연습 3: 직접 만드는 분류기
#
# 특징이 좋으면 단순한 분류기로도 됩니다. 하나 써 보세요. 질문마다 **평균** 특징 벡터가 가장 가까운 클래스를 답합니다. `labels`는 클래스
# 번호이며, 꼭 0, 1, 2일 필요는 없습니다.
# %% tags=["exercise"]
def nearest_mean(train, labels, queries):
    """Returns one label per row of `queries`."""
    return ...

# Stuck? ft.hint("05.3"), then ft.solution("05.3")
ft.check("05.3", nearest_mean)
# %% [markdown] lang="en"
# ## How many labels does it save?
#
# One task at one size says little. The recorded grid has 1, 3, 10 and 50 labels per class with several seeds, each strategy with
# as many updates and its own choice of rates. `feature_extraction_long` is the frozen backbone with all 300 updates.
#
# **Predict.** At how many labels per class has training from scratch caught up?
# %% [markdown] lang="ko"
# ## 레이블을 얼마나 아껴 줄까요?
#
# 한 가지 크기의 과제 하나로는 말할 수 있는 것이 적습니다. 기록해 둔 결과에는 클래스당 레이블 1, 3, 10, 50개가 여러 시드로 들어 있습니다. 업데이트 횟수는
# 모두 같고, 학습률은 전략마다 따로 골랐습니다. `feature_extraction_long`은 업데이트 300번을 모두 쓴 동결 백본입니다.
#
# **예측해 보세요.** 클래스당 레이블이 몇 개일 때 처음부터 학습한 쪽이 따라잡을까요?
# %%
record = track.recorded("digits")
if record:
    shown = ("scratch", "feature_extraction_long")
    rows = [r for r in record.table() if r["strategy"] in shown]
    gap = {r["labels_per_class"]: r["test_mean"] for r in rows if r["strategy"] == shown[1]}
    for r in rows:
        gap[r["labels_per_class"]] -= r["test_mean"] if r["strategy"] == shown[0] else 0
    ft.show(plots.accuracy_curves(rows), alt="Test accuracy against labels per class. The frozen backbone is far "
            "above training from scratch at 1 and 3 labels and a little above it at 50.")
else:
    print("The photo track has no recorded runs; the picture here comes from the glyph track.")
# %% [markdown] lang="en"
# With one label per class the frozen backbone is {{100 * gap[1]:.0f}} points ahead, with ten
# {{100 * gap[10]:.1f}}, with fifty {{100 * gap[50]:.1f}}. Features bought elsewhere are worth most where labels are few.
# We run one cell of the grid again, live, and hold it against the record.
# %% [markdown] lang="ko"
# 레이블이 클래스당 하나일 때 동결 백본이 {{100 * gap[1]:.0f}}%p 앞서고, 열 개일 때 {{100 * gap[10]:.1f}}%p, 쉰 개일 때
# {{100 * gap[50]:.1f}}%p 앞섭니다. 다른 곳에서 얻어 온 특징은 레이블이 적을수록 값집니다. 표의 한 칸을 지금 직접 다시 돌려 기록과
# 견주어 봅시다.
# %%
if record:
    cell = [r for r in record.rows if (r["strategy"], r["labels_per_class"]) == (shown[1], 10)]
    recipe = ft.strategy(shown[1]).scaled(cell[0]["rate_factor"])
    again = ft.fit(model, task, recipe, updates=300, seed=0, verbose=False)
    low, high = min(r["val_accuracy"] for r in cell), max(r["val_accuracy"] for r in cell)
    print(f"live {100 * again.val_accuracy:.1f} %, recorded seeds {100 * low:.1f} to {100 * high:.1f} %")
    assert low - 0.02 <= again.val_accuracy <= high + 0.02
# %% [markdown] lang="en"
# ## What it still gets wrong
#
# The most confident mistakes show what the features do not tell apart. Remember them: in lesson 06 the backbone may move.
# %% [markdown] lang="ko"
# ## 아직 틀리는 것
#
# 가장 자신 있게 틀린 예를 보면 특징이 무엇을 구별하지 못하는지 알 수 있습니다. 기억해 두세요. 6강에서는 백본이 움직입니다.
# %%
guess = run.predictions("validation")
ft.show(
    plots.mistakes(
        pixels(fitted.validation), fitted.validation.labels, guess.argmax(axis=1), guess.max(axis=1),
        task.class_names, count=8,
    ),
    alt="The validation images that the model got wrong, those it was surest of first, with true and said class.",
)
# %% [markdown] lang="en"
# ## The test set, once
#
# All choices were made on validation images. Now, and only now, the test images: other writers, one look.
# %% [markdown] lang="ko"
# ## 테스트 데이터는 한 번만
#
# 모든 선택은 검증 이미지로 했습니다. 이제 처음으로, 한 번만, 다른 사람들이 쓴 테스트 이미지를 봅니다.
# %%
print(f"validation {100 * run.val_accuracy:.1f} %   test {100 * run.test_accuracy:.1f} %")
assert run.test_accuracy > (0.9 if record else 1.5 / task.num_classes)
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 05.q1}}
# %% [markdown] lang="ko"
# {{quiz 05.q1}}
# %% tags=["exercise"]
ft.check("05.q1", ...)
# %% [markdown] lang="en"
# {{quiz 05.q2}}
# %% [markdown] lang="ko"
# {{quiz 05.q2}}
# %% tags=["exercise"]
ft.check("05.q2", ...)
# %% [markdown] lang="en"
# {{quiz 05.q3}}
# %% [markdown] lang="ko"
# {{quiz 05.q3}}
# %% tags=["exercise"]
ft.check("05.q3", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A pre-trained backbone turns images into features; on new classes they were worth
#   {{100 * np.mean(scores["features, pre-trained"]):.0f}} % before any training, random weights
#   {{100 * np.mean(scores["features, random weights"]):.0f}} %.
# - Freeze, replace the head, train only it: {{report.trainable:,}} of {{report.params:,}} weights.
# - A proof is a checksum: frozen weights and BatchNorm statistics stay identical, bit for bit.
# - Frozen features can be computed once. That saves time and rules out augmentation.
# - The fewer the labels, the more it helps.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 사전 학습된 백본은 이미지를 특징으로 바꿉니다. 새 클래스에서 학습 없이도 {{100 * np.mean(scores["features, pre-trained"]):.0f}} %였고, 무작위
#   가중치로는 {{100 * np.mean(scores["features, random weights"]):.0f}} %였습니다.
# - 동결하고, 헤드를 바꾸고, 헤드만 학습합니다. 가중치 {{report.params:,}}개 가운데 {{report.trainable:,}}개입니다.
# - 증명은 체크섬입니다. 동결한 가중치와 BatchNorm 통계는 비트 하나까지 같습니다.
# - 동결된 특징은 한 번만 계산해도 됩니다. 시간이 절약되지만 데이터 증강은 쓸 수 없습니다.
# - 레이블이 적을수록 더 큰 도움이 됩니다.
# %% [markdown] lang="en"
# ## Next
#
# The backbone stood still all the time, and still sees the world as it was pre-trained. Lesson 06 lets it move: how far may it go
# before it forgets what made it useful?
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 백본은 내내 가만히 있었고, 아직도 사전 학습 때의 눈으로 세상을 봅니다. 6강에서는 백본을 움직이게 합니다. 쓸모 있던 것을 잊지 않으면서
# 얼마나 멀리 갈 수 있을까요?
