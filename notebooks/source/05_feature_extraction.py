# %% [markdown] lang="en"
# # Feature extraction
#
# Lessons 04 and 04b left us with a backbone: its old head is off, its pixels are right. It has learned letters, and nobody has ever
# shown it a digit. Somebody who can read letters learns digits quickly. Does a network, too?
#
# **Questions**
# - What does a network know about images it has never seen?
# - How do I put a new classifier on a pre-trained network, and train only that?
# - What does freezing save, and what does it rule out?
#
# **You will**
# - measure what pre-trained features are worth, with a control
# - freeze a backbone, replace its head, and prove that nothing else moved
# - train on cached features and get the same predictions in less time
# - say how many labels it takes until training from scratch catches up
#
# ⏱ {{minutes}} minutes · Needs: lesson 01 (better: up to 04b) · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 특징 추출(feature extraction)
#
# 4강과 4b강에서 백본(backbone)을 골라 원래 헤드(head)를 떼고 픽셀도 맞추었습니다. 이 백본이 배운 것은 글자이고, 숫자는 한 번도 본 적이
# 없습니다. 글자를 읽을 줄 아는 사람은 숫자도 금방 익힙니다. 신경망도 그럴까요?
#
# **질문**
# - 신경망은 한 번도 본 적 없는 이미지에 대해 무엇을 알고 있을까요?
# - 사전 학습된 신경망에 새 분류기를 얹고 그것만 학습하려면 어떻게 할까요?
# - 동결하면 무엇을 아끼고, 무엇을 할 수 없게 될까요?
#
# **이 수업을 마치면**
# - 사전 학습된 특징이 얼마나 쓸모 있는지 대조군과 함께 측정할 수 있습니다
# - 백본을 동결하고 헤드를 바꾼 뒤, 다른 것은 전혀 움직이지 않았음을 증명할 수 있습니다
# - 저장해 둔 특징으로 학습해, 같은 예측을 더 짧은 시간에 얻을 수 있습니다
# - 레이블이 몇 개쯤이면 처음부터 학습해도 따라잡는지 말할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 1강(4b강까지 보면 더 좋습니다) · 노트북 컴퓨터에서 1분 안에 실행됩니다
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
# The task has ten labelled images per class, all from real scans. We make every choice on the validation images. The test
# images stay closed until the end. (Most images of both are by people from whom there is no training image.)
# %% [markdown] lang="ko"
# ## 데이터와 백본
#
# 레이블이 붙은 이미지는 클래스마다 열 장이고, 모두 실제 손글씨를 스캔한 것입니다. 무엇을 고를 때는 언제나 검증 이미지를 봅니다.
# 테스트 이미지는 마지막까지 열지 않습니다. (검증 이미지도 테스트 이미지도 대부분 학습 이미지에 없는 사람이 쓴 글씨입니다.)
# %%
def pixels(split):
    return split.images[np.arange(len(split))]

order = np.argsort(task.train.labels, kind="stable")[::5]  # two of each class
ft.show(
    plots.image_grid(
        pixels(task.train)[order],
        [task.class_names[i] for i in task.train.labels[order]],
        title="Two of the ten training images of each class",
    ),
    alt="Rows of training images, two of each class, with the class name above each.",
)
# %% [markdown] lang="en"
# The **backbone** comes from another task. In pre-training it learned to name {{len(ft.source_model()[1])}} letters of many
# alphabets, drawn by a program; there was no digit among them. The old head, which named the letters, has been cut off.
# What is left turns an image into a stack of feature maps. It takes images of one size, so ours are resized first.
# %% [markdown] lang="ko"
# **백본**은 다른 태스크에서 왔습니다. 사전 학습(pre-training) 때는 프로그램으로 그린 세계 여러 문자의 글자
# {{len(ft.source_model()[1])}}종을 보고 무슨 글자인지 맞히는 법을 배웠습니다. 숫자는 하나도 없었습니다. 글자를 맞히던 원래 헤드는 잘라 냈고, 남은
# 부분은 이미지를 여러 장의 특징 맵(feature map)으로 바꿉니다. 백본이 받는 크기는 정해져 있어서 이미지를 먼저 그 크기로 맞춥니다.
# %% tags=["nbval-check-output"]
backbone = track.backbone
# The same images at the size that the backbone takes.
fitted = task.for_backbone(backbone)
validation = fitted.validation
maps = backbone(pixels(fitted.train))
print("images      ", pixels(fitted.train).shape)
print("feature maps", tuple(maps.shape))
# %% [markdown] lang="en"
# Averaging each map over its area leaves one number per map: how strongly that feature shows anywhere in the image.
# These {{maps.shape[-1]}} numbers are all that a classifier will get to see.
# %% [markdown] lang="ko"
# 특징 맵을 한 장씩 평균 내면 맵마다 값 하나가 남습니다. 그 특징(feature)이 이미지 안에 얼마나 강하게 나타나는지를 뜻합니다. 분류기가
# 보게 될 것은 이 값 {{maps.shape[-1]}}개뿐입니다.
# %% tags=["nbval-check-output"]
def features(network, split):
    """The feature vectors of a split, one row per image."""
    return np.mean(network(pixels(split)), axis=(1, 2))

print("features", features(backbone, fitted.train).shape)
# %% [markdown] lang="en"
# ## What are the features worth?
#
# Nothing has been trained on digits yet. Let us only look: we squeeze the validation images into two dimensions, their
# principal components (the two directions in which they differ most), once starting from pixels and once from features.
#
# **Predict.** In which of the two pictures will images of the same class lie together?
# %% [markdown] lang="ko"
# ## 특징은 얼마나 쓸모 있을까요?
#
# 숫자 이미지로는 아직 아무것도 학습하지 않았습니다. 우선 들여다보기만 합시다. 검증 이미지를 2차원으로 줄여 봅니다. 이미지들이 서로 가장 많이
# 달라지는 두 방향인 주성분(principal component)만 남기는 것입니다. 한 번은 픽셀에서, 한 번은 특징에서 출발합니다.
#
# **예측해 보세요.** 같은 클래스의 이미지끼리 모이는 것은 어느 그림일까요?
# %% tags=["exercise"]
ft.guess("05.p1", ...)  # "raw pixels" or "features"
# %%
from sklearn.decomposition import PCA

def flat(split):
    return pixels(split).reshape(len(split), -1)

views = {"raw pixels": flat(validation), "features": features(backbone, validation)}
plane = {
    name: PCA(2, random_state=0).fit_transform(rows) for name, rows in views.items()
}
ft.show(
    plots.scatter(
        plane, validation.labels, task.class_names, "Features sort what pixels mix"
    ),
    alt="Two clouds of validation images in two principal components. From raw "
    "pixels the classes run into each other; from features most of them form groups "
    "of their own.",
)
# %% [markdown] lang="en"
# To check the impression with a number, we ask of every point: which share of its five nearest neighbours has its own
# class?
# %% [markdown] lang="ko"
# 눈으로 받은 인상을 수치로 확인합시다. 점마다 묻습니다. 가장 가까운 이웃 다섯 중 같은 클래스는 얼마나 될까요?
# %%
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

def same_class(points, labels):
    """Mean share of the five nearest neighbours that have the class of the point
    itself."""
    search = NearestNeighbors(n_neighbors=5).fit(points)
    return np.mean(labels[search.kneighbors(return_distance=False)] == labels[:, None])

together = {
    name: same_class(points, validation.labels) for name, points in plane.items()
}
print({name: f"{100 * share:.0f} %" for name, share in together.items()})
ft.reveal("05.p1", max(together, key=together.get))
assert together["features"] > together["raw pixels"]
# %% [markdown] lang="en"
# {{100 * together["raw pixels"]:.0f}} % from pixels, {{100 * together["features"]:.0f}} % from features. But two
# dimensions are a narrow view, and perhaps any network would do this, even one that has never learned anything. We need
# all dimensions, and a control.
# %% [markdown] lang="ko"
# 픽셀에서는 {{100 * together["raw pixels"]:.0f}}%, 특징에서는 {{100 * together["features"]:.0f}}%입니다. 하지만 2차원은 일부만 보여 줍니다. 게다가
# 아무것도 배우지 않은 신경망도 이 정도는 할지 모릅니다. 모든 차원을 써야 하고, 대조군도 필요합니다.
# %% [markdown] lang="en"
# Answering with the class of the nearest labelled image, the nearest neighbour, makes a classifier, too, and one with
# nothing to train. So its accuracy belongs to the features alone. The control is the same architecture with random weights.
#
# **Predict.** Raw pixels, features of random weights, pre-trained features: which is best, which is worst?
# %% [markdown] lang="ko"
# 레이블이 있는 이미지 중 가장 가까운 것의 클래스를 그대로 답하는 최근접 이웃(nearest neighbour)도 분류기입니다. 학습할 것이 없으니 그 정확도는
# 오롯이 특징에서 나옵니다. 대조군은 구조는 같고 가중치만 무작위인 신경망입니다.
#
# **예측해 보세요.** 픽셀, 무작위 가중치의 특징, 사전 학습된 특징 중 무엇이 가장 낫고 무엇이 가장 못할까요?
# %%
def nearest(view, drawn):
    model = KNeighborsClassifier(1).fit(view(drawn.train), drawn.train.labels)
    return model.score(view(drawn.validation), drawn.validation.labels)

scores = {"the pixels": [], "features, random weights": [], "features, pre-trained": []}
random = track.backbone
for seed in range(5):  # another draw of labels, and other random weights, each time
    drawn = track.task(10, seed).for_backbone(backbone)
    ft.reinitialize(random, "he_normal", seed=seed)
    views = (flat, lambda s: features(random, s), lambda s: features(backbone, s))
    for values, view in zip(scores.values(), views):
        values.append(nearest(view, drawn))
# %%
ft.show(
    plots.bars(
        {name: (np.mean(v), min(v), max(v)) for name, v in scores.items()},
        "It is the pre-training, not the architecture",
        "Accuracy of the nearest neighbour (lines: lowest to highest of 5)",
        percent=True,
    ),
    alt="Bars of nearest-neighbour accuracy for raw pixels, features of random "
    "weights and pre-trained features, which are highest; lines show the spread over "
    "five draws.",
)
raw, untrained, trained = scores.values()
assert min(trained) > max(untrained) and min(trained) > max(raw)
assert track.name == "photo" or max(untrained) < min(raw)
# %% [markdown] lang="en"
# Pre-trained features reach {{100 * np.mean(trained):.1f}} % with no training at all, raw pixels
# {{100 * np.mean(raw):.1f}} %. Random weights give only
# {{100 * np.mean(untrained):.1f}} %: for the nearest neighbour an untrained network is worse than none. (In lesson 03 a
# logistic regression read such features, weighed them, and came close to the pixels. How good features are also depends on
# who reads them.) What knows something is not the architecture but the weights, and they learned it on letters.
# %% [markdown] lang="ko"
# 사전 학습된 특징은 학습을 전혀 하지 않고도 {{100 * np.mean(trained):.1f}}%입니다. 픽셀은
# {{100 * np.mean(raw):.1f}}%이고, 무작위 가중치는 {{100 * np.mean(untrained):.1f}}%에
# 그칩니다. 최근접 이웃으로 읽으면 학습하지 않은 신경망은 없느니만 못한 셈입니다. (3강에서는 로지스틱 회귀로 특징마다 가중치를 매겨 읽었고, 그때는
# 픽셀과 비슷했습니다. 특징이 얼마나 좋은지는 무엇으로 읽느냐에 따라서도 달라집니다.) 무언가를 아는 것은 구조가 아니라 가중치이고, 가중치는 그것을 글자에서 배웠습니다.
# %% [markdown] lang="en"
# ## A new head on a frozen backbone
#
# The simplest **transfer learning**: keep the feature extractor as it is, and put a new classifier on top. `ft.classifier`
# adds the new head: the average over the area, dropout, and one Dense layer with softmax. `ft.freeze` closes all stages
# (sections of the backbone) below it: a frozen weight does not learn. To train only such a head is called *feature
# extraction*, and in papers *linear probing*.
#
# **Predict.** There are {{maps.shape[-1]}} features and {{task.num_classes}} classes. How many weights will train?
# %% [markdown] lang="ko"
# ## 동결한 백본에 얹는 새 헤드
#
# 가장 단순한 **전이 학습**(transfer learning)은 특징 추출기를 그대로 두고 새 분류기를 얹는 것입니다. `ft.classifier`가 얹는 새 헤드는 맵별 평균,
# 드롭아웃(dropout), 소프트맥스를 쓰는 Dense 층 하나로 이루어집니다. `ft.freeze`는 그 아래의 스테이지(stage, 백본을 나눈 토막)를 모두
# 동결(freeze)합니다. 동결된 가중치는 학습되지 않습니다. 이렇게 헤드만 학습하는 것이 *특징 추출*이고, 논문에서는 *선형 프로빙*(linear
# probing)이라고도 합니다.
#
# **예측해 보세요.** 특징은 {{maps.shape[-1]}}개, 클래스는 {{task.num_classes}}개입니다. 학습되는 가중치는 몇 개일까요?
# %% tags=["exercise"]
ft.guess("05.p2", ...)  # a number
# %% tags=["nbval-check-output"]
model = ft.classifier(backbone, task.num_classes)
report = ft.freeze(model)
print(report)
assert report.trainable == maps.shape[-1] * task.num_classes + task.num_classes
# %%
ft.show(
    plots.stage_picture(report.rows),
    alt="The stages of the network from input to head. All backbone stages are "
    "hatched, which means frozen; only the small head trains.",
)
ft.reveal("05.p2", report.trainable)
# %% [markdown] lang="en"
# One weight for each pair of feature and class, and one bias per class: {{100 * report.trainable / report.params:.1g}} % of
# the network. There is no magic in `ft.freeze`. In plain Keras it is one attribute, set before `compile`.
# %% [markdown] lang="ko"
# 그림에서 빗금 친 막대는 동결한 스테이지, 파란 막대는 학습되는 헤드이고, 길이는 가중치 수(로그 눈금)입니다. 헤드의 가중치는
# 특징과 클래스의 쌍마다 하나, 그리고 클래스마다 편향 하나입니다. 신경망 전체의
# {{100 * report.trainable / report.params:.1g}}%입니다. `ft.freeze`가 특별한 일을 하는 것은 아닙니다. 순수한 Keras에서는
# `compile`하기 전에 속성 하나만 바꾸면 됩니다.
# %% tags=["nbval-check-output"]
plain = ft.classifier(track.backbone, task.num_classes)
plain.get_layer("backbone").trainable = False
count = sum(int(np.prod(w.shape)) for w in plain.trainable_weights)
print(count, "weights train")
assert count == report.trainable
# %% [markdown] lang="en"
# What does the new head say before it has learned anything?
#
# **Predict.** Which probability does it give to the right class, on average?
# %% [markdown] lang="ko"
# 아직 아무것도 배우지 않은 새 헤드는 무엇이라고 답할까요?
#
# **예측해 보세요.** 정답 클래스에 평균 얼마의 확률을 줄까요?
# %% tags=["exercise"]
ft.guess("05.p3", ...)  # in percent
# %%
start = np.array(plain(pixels(validation)))
print(f"every probability lies between {start.min():.3f} and {start.max():.3f}")
ft.reveal("05.p3", start.mean())
assert np.allclose(start, 1 / task.num_classes)
# %% [markdown] lang="en"
# All classes are equally likely, since `ft.classifier` starts the Dense layer at zero. Keras by default would draw it at
# random. A few images cannot correct all of that: what they do not touch would stay in the head as noise. And zeros can learn
# here: in lesson 01b two layers of zeros blocked each other, while this is one layer on features that differ, and its slope is
# feature times error.
# %% [markdown] lang="ko"
# 모든 클래스의 확률이 같습니다. `ft.classifier`가 Dense 층을 0에서 출발시키기 때문입니다. Keras의 기본값은 무작위 초기화입니다. 이미지 몇 장으로는
# 그 무작위 값을 다 바로잡지 못하고, 바로잡지 못한 부분은 헤드에 잡음으로 남습니다. 여기서는 0에서 출발해도 배울 수 있습니다. 1b강에서는 0인 층 둘이
# 서로를 막았지만, 여기서는 값이 제각각인 특징 위에 층이 하나뿐이고 기울기는 특징에 오차를 곱한 값이기 때문입니다.
# %% [markdown] lang="en"
# ### Exercise 1: count before you run
#
# A colleague puts a head for 5 classes on a frozen backbone that gives 1,280 features. How many weights train?
# %% [markdown] lang="ko"
# ### 연습 1: 실행하기 전에 세어 보기
#
# 동료가 특징 1,280개를 내는 동결된 백본에 클래스 5개짜리 헤드를 얹었습니다. 학습되는 가중치는 몇 개일까요?
# %% tags=["exercise"]
trainable = ...
# Stuck? ft.hint("05.1"), then ft.solution("05.1")
ft.check("05.1", trainable)
# %% [markdown] lang="en"
# ### Exercise 2: replace the head
#
# Build a model of your own on `track.backbone`: a head for **three** classes, and everything below it frozen. Use `ftlib` or
# plain Keras, as you like.
# %% [markdown] lang="ko"
# ### 연습 2: 헤드 바꾸기
#
# `track.backbone`으로 직접 모델을 만들어 보세요. 헤드는 클래스 **세 개**짜리이고, 그 아래는 모두 동결합니다. `ftlib`을 써도 되고 순수한 Keras로
# 해도 됩니다.
# %% tags=["exercise"]
three = ...
# Stuck? ft.hint("05.2"), then ft.solution("05.2")
ft.check("05.2", three)
# %% [markdown] lang="en"
# ## Training the head
#
# First with Keras alone. Around `fit` stands `ft.prove`: it takes a checksum, a fingerprint of the bytes, of every weight
# before and after, and raises an error if anything moved that should not have.
#
# **Predict.** BatchNorm layers, which bring what passes through to mean 0 and spread 1, keep running statistics of it. Will these move?
# %% [markdown] lang="ko"
# ## 헤드 학습하기
#
# 먼저 Keras만으로 해 봅니다. `fit`은 `ft.prove`로 감쌉니다. 모든 가중치의 체크섬(checksum, 바이트에서 뽑은 지문)을 학습 전후로 비교해서,
# 움직이지 말아야 할 것이 움직였으면 오류를 냅니다.
#
# **예측해 보세요.** BatchNorm은 지나가는 값을 평균 0, 표준편차 1로 맞추는 층이고, 그 값의 통계를 기록해 둡니다. 이 통계는 움직일까요?
# %%
plain = ft.classifier(track.backbone, task.num_classes)  # anew: the cell can run twice
plain.get_layer("backbone").trainable = False
keras.utils.set_random_seed(0)
plain.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
with ft.prove(plain, task) as proof:
    plain.fit(
        pixels(fitted.train), fitted.train.labels, batch_size=25, epochs=25, verbose=0
    )
print(proof)
# %% [markdown] lang="en"
# Read it line by line; it counts arrays, not single numbers. No example is in two splits. Every frozen weight and every
# BatchNorm statistic is the same, bit for bit: a frozen BatchNorm layer does not update its statistics. The head moved, and
# its {{len(plain.trainable_weights)}} arrays, kernel and bias, are all that the optimizer had in hand.
# %% [markdown] lang="ko"
# 한 줄씩 읽어 봅시다. 여기서 세는 것은 가중치 하나하나가 아니라 배열입니다. 두 분할에 함께 들어 있는 예제는 없습니다. 동결한 가중치도 BatchNorm
# 통계도 비트 하나까지 그대로입니다. 동결된 BatchNorm 층은 통계를 갱신하지 않습니다. 움직인 것은 헤드뿐이고, 옵티마이저가 맡은 것도 헤드의 배열
# {{len(plain.trainable_weights)}}개, 커널과 편향이 전부입니다.
# %%
by_plain = np.array(plain(pixels(validation)))
accuracy = np.mean(by_plain.argmax(axis=1) == validation.labels)
print(f"validation accuracy {100 * accuracy:.1f} %")
assert accuracy > np.mean(raw)
# %% [markdown] lang="en"
# With {{len(task.train)}} labelled images the head reaches {{100 * accuracy:.1f}} %. The nearest neighbour in the same features
# had {{100 * trained[0]:.1f}} % on this draw ({{100 * np.mean(trained):.1f}} % in the mean of five), so the features carry the result. What the head adds is a network in
# one piece: it gives probabilities and need not keep the training images.
# %% [markdown] lang="ko"
# 레이블이 붙은 이미지 {{len(task.train)}}장으로 헤드는 {{100 * accuracy:.1f}}%에 이릅니다. 같은 특징에 최근접 이웃을 썼을 때는
# 이번에 뽑은 이미지로는 {{100 * trained[0]:.1f}}%(다섯 번 평균은 {{100 * np.mean(trained):.1f}}%)였으니, 결과를 만드는 것은 특징입니다. 헤드를 얹으면 입력에서 답까지 하나로 이어진 신경망이 됩니다. 확률을 내고, 학습
# 이미지를 간직하지 않아도 됩니다.
# %% [markdown] lang="en"
# Would the proof notice? We change one frozen array by one part in a million while the head trains.
#
# **Predict.** What will the error name?
# %% [markdown] lang="ko"
# 이 증명은 작은 반칙도 알아챌까요? 헤드를 학습하는 동안 동결한 가중치 배열 하나를 100만분의 1만큼 바꿔 봅시다.
#
# **예측해 보세요.** 오류는 무엇을 지목할까요?
# %%
before, caught = plain.get_weights(), None
try:
    with ft.prove(plain):
        plain.fit(pixels(fitted.train), fitted.train.labels, batch_size=25, verbose=0)
        victim = plain.get_layer("backbone").weights[0]
        victim.assign(victim * 1.000001)
except ft.ProofError as error:
    caught = error
plain.set_weights(before)  # as if nothing had happened
print(caught)
assert caught is not None
# %% [markdown] lang="en"
# It names the array. `ft.fit` does all of this in one line: it copies the model, freezes, trains, proves, and keeps the
# weights of the best epoch. The strategy `"feature_extraction"` trains only the head, for a third of the
# {{track.updates}} updates that a run may have here, with light regularization.
# %% [markdown] lang="ko"
# 배열의 이름을 정확히 짚어 냅니다. `ft.fit`은 이 모든 일을 한 줄로 합니다. 모델을 복사해 동결하고, 학습하고, 증명하고, 가장 좋았던 에폭의 가중치를
# 남깁니다. 전략 `"feature_extraction"`은 한 번 돌릴 때 쓸 수 있는 업데이트 {{track.updates}}번 중 3분의 1만 쓰고, 그동안 헤드만 학습합니다. 가벼운
# 정규화(regularization)도 적용합니다.
# %%
run = ft.fit(model, task, "feature_extraction", updates=track.updates, seed=0)
print()
print(run.summary())
# %% [markdown] lang="en"
# Each line of the log is one look at the validation images, after 20 updates: several passes over so few images, counted as one epoch.
# `best` marks the lowest validation loss so far, and the weights
# of the last such epoch are kept. Macro-F1 is the F1 score (precision and recall in one) of each class, averaged, so that
# rare classes count as much as frequent ones. The *moments* of the optimizer are what lesson 01b called its memory. The proofs are those from above.
# %% [markdown] lang="ko"
# 로그의 한 줄은 업데이트 20번마다 검증 이미지를 한 번 본 결과입니다. 이미지가 적어 그사이 여러 번 되풀이해 보지만, 이것을 한 에폭으로 셉니다. `best`는 검증 손실이 그때까지 가장 낮았다는 표시이고, 마지막으로 `best`가 붙은 에폭의 가중치를
# 남깁니다. macro-F1은 정밀도와 재현율을 합친 F1 점수를 클래스별로 구해 평균 낸 값입니다. 드문 클래스도 흔한 클래스와 똑같이 칩니다. 옵티마이저의 모멘트(moments)는
# 1b강에서 옵티마이저의 기억(`memory`)이라고 부른 것입니다. 증명은 앞에서 본 것과 같습니다.
# %% [markdown] lang="en"
# ## Compute the features once
#
# The frozen part gives the same output for the same image, epoch after epoch. So `ft.fit` has computed it only once, as its
# log says. Let us do that by hand: compute the features and train a head on these rows of numbers.
#
# **Predict.** Compared with the plain Keras model: the same predictions, nearly the same, or worse?
# %% [markdown] lang="ko"
# ## 특징은 한 번만 계산하기
#
# 동결된 부분은 에폭이 바뀌어도 같은 이미지에는 똑같은 값을 냅니다. 그래서 `ft.fit`은 로그에 적힌 대로 이 값을 한 번만 계산했습니다(computed once).
# 이번에는 직접 해 봅시다. 특징을 계산해 두고, 이 값들로 헤드를 학습합니다.
#
# **예측해 보세요.** 앞의 순수한 Keras 모델과 비교해 예측은 같을까요, 거의 같을까요, 더 나쁠까요?
# %%
cached = features(backbone, fitted.train)
head = keras.Sequential(
    [
        keras.Input((cached.shape[1],)),
        keras.layers.Dense(
            task.num_classes, activation="softmax", kernel_initializer="zeros"
        ),
    ]
)
keras.utils.set_random_seed(0)
head.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy")
history = head.fit(cached, fitted.train.labels, batch_size=25, epochs=25, verbose=0)

by_head = np.array(head(features(backbone, validation)))
assert np.abs(by_plain - by_head).max() < 1e-3
print(
    "the same probabilities, to three digits, on all", len(by_head), "validation images"
)
# %% [markdown] lang="en"
# The same, up to rounding. Now the time of one update, on all training images at once.
# %% [markdown] lang="ko"
# 반올림 오차를 빼면 똑같습니다. 이제 학습 이미지 전체로 업데이트를 한 번 하는 데 걸리는 시간을 재 봅시다.
# %% tags=["timing"]
import time

def seconds(network, inputs, times=10):
    network.train_on_batch(inputs, fitted.train.labels)  # the first call compiles
    start = time.perf_counter()
    for _ in range(times):
        network.train_on_batch(inputs, fitted.train.labels)
    return time.perf_counter() - start

ratio = seconds(plain, pixels(fitted.train)) / seconds(head, cached)
print(f"an update on cached features is about {ratio:.0f} times as fast here")
# %% [markdown] lang="en"
# The larger the backbone, the more a cache saves. It has a price: it fixes the images. A shifted or mirrored image has other
# features, so with a cache there is no random augmentation, unless one stores the features of several versions of each
# image. `ft.fit`, too, left the images as they are while only the head was training.
# %% [markdown] lang="ko"
# 백본이 클수록 더 많이 아낍니다. 대가도 있습니다. 특징을 저장하면 이미지가 고정됩니다. 옮기거나 뒤집은 이미지는 특징이 달라지므로, 이미지마다 여러
# 모습의 특징을 저장해 두지 않는 한 무작위 데이터 증강(augmentation)은 쓸 수 없습니다. `ft.fit`도 헤드만 학습하는 동안에는 이미지를 원래대로 씁니다.
# %% [markdown] lang="en"
# ### Exercise 3: a classifier of your own
#
# With good features simple classifiers work. Write one that has no `fit`: give each row of `queries` the class whose **mean**
# feature vector is nearest (or any other idea). The goal: 97 % of the validation images right (50 % on the photo track).
# %% [markdown] lang="ko"
# ### 연습 3: 직접 만드는 분류기
#
# 특징이 좋으면 단순한 분류기로도 충분합니다. `fit`이 없는 분류기를 하나 작성해 보세요. 특징 벡터의 **평균**이 가장 가까운 클래스를 답하면 됩니다.
# 다른 방법도 좋습니다. 목표는 검증 이미지의 97%를 맞히는 것입니다(`FTLIB_TRACK=photo`로 사진을 쓸 때는 50%).
# %% tags=["exercise"]
def classify(train, labels, queries):
    """Returns one class index for each row of `queries`."""
    return ...

said = classify(cached, fitted.train.labels, features(backbone, validation))
# Stuck? ft.hint("05.3"), then ft.solution("05.3")
ft.check("05.3", said)
# %% [markdown] lang="en"
# ## How many labels does it save?
#
# One run with ten labels per class says little. The recorded grid has 1, 3, 10 and 50 labels, several seeds each, the same
# number of updates for both strategies, and learning rates chosen for each. `feature_extraction_long` is the frozen
# backbone with all of the updates.
#
# **Predict.** With how many labels per class has training from scratch caught up?
# %% [markdown] lang="ko"
# ## 레이블을 얼마나 아껴 줄까요?
#
# 클래스당 레이블 열 개로 한 번 돌려 본 것만으로는 말할 수 있는 것이 적습니다. 미리 기록해 둔 결과에는 레이블이 1, 3, 10, 50개일 때를 시드를 바꿔
# 가며 여러 번 돌린 값이 들어 있습니다. 두 전략은 업데이트 횟수가 같고, 학습률은 각각 알맞은 것을 골랐습니다. `feature_extraction_long`은 백본을
# 동결한 채 업데이트를 모두 쓰는 전략입니다.
#
# **예측해 보세요.** 클래스당 레이블이 몇 개일 때 처음부터 학습한 쪽이 따라잡을까요?
# %%
frozen, record = "feature_extraction_long", track.recorded("digits")
rows = [r for r in record.table() if r["strategy"] in ("scratch", frozen)]
ft.show(
    plots.accuracy_curves(rows),
    alt="Test accuracy against labels per class. The frozen backbone is far "
    "above training from scratch with 1 label; the gap narrows with each step to "
    "50.",
)
# %%
means = {(r["strategy"], r["labels_per_class"]): r["test_mean"] for r in rows}
ahead = {n: means[frozen, n] - means["scratch", n] for n in (1, 3, 10, 50)}
print({labels: f"{100 * points:.1f} points" for labels, points in ahead.items()})
assert ahead[1] > ahead[10] > ahead[50]
wrong = {
    row["strategy"]: 1 - row["test_mean"]
    for row in rows
    if row["labels_per_class"] == 50
}
print(
    f"with 50, scratch makes {wrong['scratch'] / wrong[frozen]:.1f} times the "
    "mistakes"
)
assert 1.5 < wrong["scratch"] / wrong[frozen] < 2.5
# %% [markdown] lang="en"
# With one label per class the frozen backbone is {{100 * ahead[1]:.0f}} points ahead, with ten {{100 * ahead[10]:.1f}}, with fifty
# {{100 * ahead[50]:.1f}}: even there scratch makes about twice as many mistakes. Pre-training replaces labels, and is worth most where there
# are few. The bars are 95 % intervals of the mean over seeds: drawn from as many seeds again and again, such an interval holds the true
# mean 19 times out of 20. Where two do not overlap, the difference is more than luck. Where they do, nothing is said yet: the
# difference itself, taken seed by seed, may have an interval clear of 0. Lessons 08 and 09 look at differences in this way.
# %% [markdown] lang="ko"
# 동결한 백본은 레이블이 클래스당 하나일 때 {{100 * ahead[1]:.0f}}%p, 열 개일 때 {{100 * ahead[10]:.1f}}%p, 쉰 개일 때
# {{100 * ahead[50]:.1f}}%p 앞섭니다. 쉰 개라도 처음부터 학습한 쪽은 두 배 가까이 많이 틀립니다. 사전 학습은 레이블을 대신하며, 레이블이 적을수록 가치가 큽니다. 그림의 선은 시드에 걸친 평균의 95%
# 신뢰 구간입니다. 같은 수의 시드로 거듭 구하면 스무 번 중 열아홉 번은 참된 평균을 담는 구간입니다. 두 구간이 겹치지 않으면 그 차이는 운이 아닙니다. 겹칠 때는 아직 아무것도 말할 수
# 없습니다. 시드별로 구한 차이의 구간은 0을 벗어날 수도 있기 때문입니다. 8강과 9강에서는 차이를 이렇게 봅니다.
# %% [markdown] lang="en"
# Labels are not all that it saves: it also gets there in far fewer updates, as the picture `results/updates.png` of the
# repository shows.
#
# Believe no record that you cannot repeat. We run its hardest case live, a single image of each class, and hold it against the
# recorded run of the same seed. The other seeds show how far luck goes.
# %% [markdown] lang="ko"
# 아껴 주는 것은 레이블만이 아닙니다. 업데이트도 훨씬 적게 듭니다. 저장소의 그림 `results/updates.png`에서 볼 수 있습니다.
#
# 다시 해 볼 수 없는 기록은 믿지 않는 편이 좋습니다. 가장 어려운 경우인, 클래스마다 이미지가 단 한 장일 때를 직접 돌려 같은 시드의 기록과 비교해 봅시다. 다른 시드들은 운에 따라 얼마나 달라지는지 보여
# 줍니다.
# %%
hardest = (frozen, 1)
seeds = [r for r in record.rows if (r["strategy"], r["labels_per_class"]) == hardest]
recipe = ft.strategy(frozen).scaled(seeds[0]["rate_factor"])
one = track.task(labels_per_class=1, seed=0)
few = ft.fit(model, one, recipe, updates=track.updates, seed=0, verbose=False)
print(
    f"one image per class, live: {100 * few.val_accuracy:.1f} % of the validation "
    "images"
)
(same,) = (r["val_accuracy"] for r in seeds if r["seed"] == 0)
others = [r["val_accuracy"] for r in seeds if r["seed"] != 0]
print(f"digits, recorded, same seed: {100 * same:.1f} %")
print(
    f"digits, recorded, {len(others)} other seeds: {100 * min(others):.1f} to "
    f"{100 * max(others):.1f} %"
)
# Two images; computers round.
assert track.name == "photo" or abs(few.val_accuracy - same) < 0.015
# %% [markdown] lang="en"
# ## What it still gets wrong
#
# Which classes look alike to features that were learned elsewhere? With one image per class there are enough mistakes to
# see a pattern.
# %% [markdown] lang="ko"
# ## 아직 틀리는 것
#
# 다른 곳에서 배운 특징에는 어떤 클래스끼리 비슷해 보일까요? 클래스마다 이미지가 한 장뿐일 때는 틀린 예가 많아서 경향을 볼 수 있습니다.
# 다음 혼동 행렬(confusion matrix)에서 세로는 정답, 가로는 신경망의 답이고, 대각선에 있는 것이 맞힌 이미지입니다.
# %%
ft.show(
    plots.confusion_matrix(few.confusion("validation"), task.class_names),
    alt="Confusion matrix of the run with one image per class: most counts lie on the "
    "diagonal, and the mistakes gather in a few pairs of classes.",
)
# %% [markdown] lang="en"
# With ten images per class most of that is gone. These are the mistakes that are left, those that the network was surest of
# first. Would you have read them all?
# %% [markdown] lang="ko"
# 이미지가 클래스마다 열 장이면 실수는 대부분 사라집니다. 남은 실수는 다음과 같습니다. 신경망이 자신 있게 틀린 것부터 보여 줍니다. 여러분이라면
# 모두 맞혔을까요?
# %%
said = run.predictions("validation")
ft.show(
    plots.mistakes(
        pixels(validation),
        validation.labels,
        said.argmax(axis=1),
        said.max(axis=1),
        task.class_names,
        count=8,
    ),
    alt="The validation images that the model got wrong, those it was surest of "
    "first, each with its true class and the class that the model said.",
)
assert run.val_accuracy > few.val_accuracy
# %% [markdown] lang="en"
# ## The test set, once
#
# Every choice was made on validation images. Now one look at the test images, and beside it the recorded seeds of the same
# strategy.
# %% [markdown] lang="ko"
# ## 테스트 데이터는 한 번만
#
# 모든 선택은 검증 이미지로 했습니다. 이제 테스트 이미지를 한 번만 봅니다. 같은 전략을 여러 시드로 돌려 기록해 둔 결과도 나란히 놓습니다.
# %%
tested = run.test_accuracy
print(f"validation {100 * run.val_accuracy:.1f} %   test {100 * tested:.1f} %")
others = track.recorded("digits-others")
seeds = [r["test_accuracy"] for r in others.rows if r["strategy"] == run.strategy]
low, high = min(seeds), max(seeds)
print(
    f"digits, test, {len(seeds)} recorded seeds: {100 * low:.1f} to {100 * high:.1f} %"
)
assert track.name == "photo" or low - 0.02 <= tested <= high + 0.02
assert tested > 1.5 / task.num_classes
# %% [markdown] lang="en"
# {{100 * tested:.1f}} % instead of {{100 * run.val_accuracy:.1f}} %: other images, most of them by other people. The number
# that counts is this one, and it counts only because nothing was chosen by it. How far it depends on luck, the recorded
# seeds tell.
# %% [markdown] lang="ko"
# {{100 * run.val_accuracy:.1f}}%가 아니라 {{100 * tested:.1f}}%입니다. 다른 이미지이고, 쓴 사람도 대부분 다릅니다. 믿을 것은 이쪽입니다. 이 값을 보고
# 고른 것이 하나도 없기 때문입니다. 이 값이 운에 얼마나 좌우되는지는 기록된 시드들이 말해 줍니다.
# %% [markdown] lang="en"
# ## On photos
#
# The question of the labels was asked of photos, too: five kinds of flowers, MobileNetV2 as ImageNet left it, 120 updates, five draws of photos. From
# scratch the same network begins at random, at the better of two rates. (`ft.track("photo")` in the first cell runs this lesson on them.)
#
# **Predict.** With 5, 20 and 80 photos of each kind: how far ahead is the frozen backbone? Does the gap narrow as it does on digits?
# %% [markdown] lang="ko"
# ## 사진에서는
#
# 레이블이 몇 개 필요한지 사진에도 물어보았습니다. 꽃 다섯 종류, ImageNet으로 사전 학습한 MobileNetV2, 업데이트 120번, 사진은 다섯 번 다르게 뽑았습니다. 처음부터 학습할 때는 같은 신경망이 무작위로 출발하고, 학습률
# 두 가지 중 나은 쪽을 썼습니다. (첫 셀에 `ft.track("photo")`라고 쓰면 이 수업을 사진으로 실행합니다.)
#
# **예측해 보세요.** 종류마다 사진이 5장, 20장, 80장일 때 동결한 백본은 얼마나 앞설까요? 숫자에서처럼 차이가 줄어들까요?
# %%
from ftlib.evidence.comparison import interval

photos = track.recorded("photos")
photo_counts = (5, 20, 80)

def on_flowers(method, score, labels):
    """What the recorded draws of a method scored on flowers, in their order."""
    return photos.scores(score, method=method, labels=labels)

def tested_flowers(methods, labels):
    """Test accuracy of the method that did best on validation."""
    best = max(methods, key=lambda m: on_flowers(m, "val_accuracy", labels).mean())
    return on_flowers(best, "test_accuracy", labels)

starts = {
    "pre-trained, frozen": ["frozen"],
    "random weights": ["scratch x1", "scratch x3"],
}
# %%
curves = {
    start: (
        photo_counts,
        *np.transpose([interval(tested_flowers(ms, n)) for n in photo_counts]),
    )
    for start, ms in starts.items()
}
fig = plots.lines(
    curves,
    "Photos of each kind",
    "Test accuracy (bars: 95 % intervals)",
    "On flowers, 120 updates from random weights lead nowhere near",
    log_x=True,
    percent=True,
    x_ticks={n: str(n) for n in photo_counts},
)
ft.show(
    fig,
    alt="Test accuracy on flowers against photos of each kind. The frozen backbone "
    "rises from 57 to 73 %; from random weights it is chance with 5 photos and "
    "stays below 50 % with 80.",
)
# %%
flower_lead = {
    n: 100 * np.array(interval(frozen_flowers - scratch_flowers, bounds=(-1, 1)))
    for n in photo_counts
    for frozen_flowers, scratch_flowers in [
        [tested_flowers(methods, n) for methods in starts.values()]
    ]
}
for n, (lead, low, high) in flower_lead.items():
    between = f"{low:.0f} to {high:.0f}"
    print(f"{n:>2} photos of each kind: ahead by {lead:.0f} points ({between})")
# %%
def scratch_flowers(labels):
    """Validation accuracy with running statistics, and with those of each batch."""
    scores = ("val_accuracy", "val_accuracy_by_batch")
    return [on_flowers("scratch x1", score, labels).mean() for score in scores]

with_five, with_twenty = scratch_flowers(5), scratch_flowers(20)
assert min(lead for lead, *_ in flower_lead.values()) > 20
assert with_five[0] < with_five[1] < with_twenty[1] < with_twenty[0]
# %% [markdown] lang="en"
# It narrows far less: {{flower_lead[5][0]:.0f}} points with five photos of each kind, {{flower_lead[80][0]:.0f}} with eighty. A network of two million weights
# does not get far in 120 updates. Is BatchNorm to blame, whose running statistics follow slowly in MobileNetV2? With five photos, a little: on
# validation these networks read {{100 * with_five[0]:.0f}} %, and {{100 * with_five[1]:.0f}} % by the statistics of each batch. With twenty it is the other way round,
# {{100 * with_twenty[0]:.0f}} and {{100 * with_twenty[1]:.0f}} %. How many updates and photos scratch would need to catch up was not measured. They are what
# pre-training has paid for.
# %% [markdown] lang="ko"
# 차이가 훨씬 덜 줄어듭니다. 종류마다 다섯 장일 때 {{flower_lead[5][0]:.0f}}%p, 여든 장일 때 {{flower_lead[80][0]:.0f}}%p입니다. 가중치가 200만 개가 넘는 신경망은 업데이트 120번으로는 얼마 가지 못합니다. MobileNetV2에서
# 이동 통계가 느리게 따라오는 BatchNorm 탓일까요? 다섯 장일 때는 조금 그렇습니다. 검증 정확도가 {{100 * with_five[0]:.0f}}%인데, 배치마다 그 배치의 통계를 쓰면 {{100 * with_five[1]:.0f}}%입니다. 스무 장일 때는
# 반대로 {{100 * with_twenty[0]:.0f}}%와 {{100 * with_twenty[1]:.0f}}%입니다. 업데이트와 사진이 얼마나 더 있어야 따라잡을지는 재지 않았습니다. 그 값을 미리 치러 준 것이 사전 학습입니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# The whole lesson as a Keras user types it: freeze, new head, `compile`, and `fit` with validation data and early
# stopping. On photos the first line would read `keras.applications.MobileNetV2(weights="imagenet", include_top=False)`.
# (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 이 수업 전체를 Keras 사용자는 이렇게 씁니다. 동결하고, 새 헤드를 얹고, `compile`한 다음 검증 데이터와 조기 종료를 주어 `fit`을 부릅니다. 사진이라면 첫 줄이
# `keras.applications.MobileNetV2(weights="imagenet", include_top=False)`가 됩니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
base = track.backbone
base.trainable = False
keras.utils.set_random_seed(0)
inputs = keras.Input(base.input_shape[1:])
x = base(inputs, training=False)
x = keras.layers.GlobalAveragePooling2D()(x)
outputs = keras.layers.Dense(task.num_classes, activation="softmax")(x)
keras_model = keras.Model(inputs, outputs)
keras_model.compile(
    keras.optimizers.Adam(1e-2),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
# %% tags=["folded"]
stop = keras.callbacks.EarlyStopping(
    monitor="val_loss", patience=5, restore_best_weights=True
)
history = keras_model.fit(
    pixels(fitted.train),
    fitted.train.labels,
    batch_size=25,
    epochs=25,
    validation_data=(pixels(validation), validation.labels),
    callbacks=[stop],
    verbose=0,
)
keras_accuracy = history.history["val_accuracy"][stop.best_epoch]
print(f"plain Keras: validation accuracy {100 * keras_accuracy:.1f} %")
print(f"ft.fit:      validation accuracy {100 * run.val_accuracy:.1f} %")
assert len(keras_model.trainable_weights) == 2 and keras_accuracy > 0.5
# %% [markdown] lang="en"
# {{100 * keras_accuracy:.1f}} % here, {{100 * run.val_accuracy:.1f}} % by `ft.fit`. What the few lines leave out is
# what the lesson was about: the proof that nothing else moved, the cache, and the record.
# %% [markdown] lang="ko"
# 여기서는 {{100 * keras_accuracy:.1f}}%, `ft.fit`으로는 {{100 * run.val_accuracy:.1f}}%입니다. 이 몇 줄에 없는 것이 바로 이 수업의 내용입니다. 다른 것은
# 움직이지 않았다는 증명, 캐시, 그리고 기록입니다.
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
# {{quiz 05.q4}}
# %% [markdown] lang="ko"
# {{quiz 05.q4}}
# %% tags=["exercise"]
ft.check("05.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A pre-trained backbone turns images into features. On classes it had never seen these gave
#   {{100 * np.mean(trained):.0f}} % by nearest neighbour, without any training; random weights gave
#   {{100 * np.mean(untrained):.0f}} %.
# - Freeze the backbone, replace the head, train only the head: {{report.trainable:,}} of {{report.params:,}} weights.
# - Do not believe that a frozen network stood still: compare checksums, BatchNorm statistics included.
# - Frozen features need computing only once. That saves time and rules out augmentation.
# - With one label per class the frozen backbone was {{100 * ahead[1]:.0f}} points ahead of training from scratch, with fifty
#   {{100 * ahead[50]:.1f}}: the fewer the labels, the more it helps.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 사전 학습된 백본은 이미지를 특징으로 바꿉니다. 본 적 없는 클래스에서도 학습 없이 최근접 이웃만으로 {{100 * np.mean(trained):.0f}}%를
#   맞혔고, 무작위 가중치로는 {{100 * np.mean(untrained):.0f}}%였습니다.
# - 백본을 동결하고, 헤드를 바꾸고, 헤드만 학습합니다. 가중치 {{report.params:,}}개 중 {{report.trainable:,}}개입니다.
# - 동결했으니 그대로일 것이라고 믿지 말고 체크섬을 비교합니다. BatchNorm 통계도 잊지 않습니다.
# - 동결된 특징은 한 번만 계산하면 됩니다. 시간은 절약되지만 데이터 증강은 쓸 수 없습니다.
# - 동결한 백본은 처음부터 학습한 신경망보다 레이블이 클래스당 하나일 때 {{100 * ahead[1]:.0f}}%p, 쉰 개일 때 {{100 * ahead[50]:.1f}}%p 앞섰습니다.
#   레이블이 적을수록 더 큰 도움이 됩니다.
# %% [markdown] lang="en"
# ## Next
#
# The backbone stood still all the time, and still sees digits with eyes trained on letters. Lesson 06 lets it move: how far
# may it go before it forgets what made it useful?
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 백본은 내내 가만히 있었고, 아직도 글자에 익숙해진 눈으로 숫자를 봅니다. 6강에서는 백본도 움직이게 합니다. 쓸모 있던 것을 잊지 않으면서 얼마나 멀리 갈
# 수 있을까요?
# %% [markdown] lang="en"
# ## Read on
#
# - Donahue et al., 2014, [DeCAF](https://arxiv.org/abs/1310.1531), and Razavian et al., 2014,
#   [features off the shelf](https://arxiv.org/abs/1403.6382): frozen features on tasks that they were not made for; Kornblith et
#   al., 2019, [do better ImageNet models transfer better?](https://arxiv.org/abs/1805.08974)
# - Keras: [transfer learning and fine-tuning](https://keras.io/guides/transfer_learning/), the guide for this lesson and the next
# - fast.ai: [lesson 1](https://course.fast.ai/Lessons/lesson1.html), a photo classifier in a few lines
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Donahue 등, 2014, [DeCAF](https://arxiv.org/abs/1310.1531)와 Razavian 등, 2014,
#   [바로 꺼내 쓰는 특징](https://arxiv.org/abs/1403.6382): 동결한 특징을 다른 태스크에 써 본 논문들입니다. Kornblith 등, 2019,
#   [ImageNet에서 좋은 모델이 전이도 잘될까](https://arxiv.org/abs/1805.08974)
# - Keras: [전이 학습과 미세 조정](https://keras.io/guides/transfer_learning/). 이 수업과 다음 수업의 공식 가이드입니다
# - fast.ai: [1강](https://course.fast.ai/Lessons/lesson1.html). 코드 몇 줄로 사진 분류기 만들기
