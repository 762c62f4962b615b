# %% [markdown] lang="en"
# # A first win in ten minutes
#
# Five labelled photos of each kind of flower: that is all there is. Can a network tell the kinds apart on photos that it has never seen?
# You type the recipe of the Keras guide, then three lines of `ftlib`, and then you find out which of the numbers to believe.
#
# **Questions**
# - What are a few labelled photos worth, when somebody else has trained the network?
# - How is that typed in Keras?
# - How do I know that it works?
#
# **You will**
# - train a classifier on five labelled images of each class, as the Keras guide does
# - get far more out of the same images, and see where it comes from
# - judge by several draws, and by one look at the test images
# - look at the mistakes, and point it at a folder of your own
#
# ⏱ {{minutes}} minutes, ten of them to the first win · Needs: a little Python · Runs in under a minute on a laptop, in some minutes on photos
# %% [markdown] lang="ko"
# # 10분 만에 얻는 첫 성과
#
# 꽃의 종류마다 레이블이 붙은 사진이 다섯 장뿐입니다. 신경망은 한 번도 본 적 없는 사진에서도 꽃을 구별할 수 있을까요? Keras 가이드의 방법을 직접 쓰고, `ftlib` 세 줄로도 해 본 다음,
# 어느 수치를 믿어도 되는지 알아봅니다.
#
# **질문**
# - 다른 사람이 신경망을 학습해 두었다면, 레이블이 붙은 사진 몇 장은 얼마나 쓸모 있을까요?
# - Keras로는 어떻게 쓸까요?
# - 잘된다는 것을 어떻게 알 수 있을까요?
#
# **이 수업을 마치면**
# - Keras 가이드대로, 클래스마다 레이블이 붙은 이미지 다섯 장으로 분류기를 학습할 수 있습니다
# - 같은 이미지로 훨씬 더 맞히고, 그 차이가 어디서 오는지 설명할 수 있습니다
# - 여러 번 뽑아 본 결과와, 한 번만 본 테스트 결과로 판단할 수 있습니다
# - 틀린 것을 눈으로 보고, 여러분의 폴더로 해 볼 수 있습니다
#
# ⏱ {{minutes}}분, 연습을 건너뛰면 첫 성과까지는 10분 · 미리 알아 둘 것: Python 조금 · 노트북 컴퓨터에서 1분 안에, 사진으로는 몇 분 안에 실행됩니다
# %%
import json
import pathlib
import tempfile

import keras
import numpy as np

import ftlib as ft
from ftlib import plots
from ftlib.records import records_folder

PHOTOS = "flowers"  # or "cats_vs_dogs", or a folder of your own: "./photos"
claims_hold = PHOTOS == "flowers"  # what is asserted below was measured on these
track = ft.track(photos=PHOTOS)
task = track.task(labels_per_class=5, seed=0, validation_count=200)
print(track)
print(task)
# %% [markdown] lang="en"
# With an internet connection, Keras fetches the photos, and a neural network trained on ImageNet, once (flowers 220 MB, cats and dogs 65 MB).
# Offline, 1,797 scanned digits and a small network that knows letters stand in for them, and the cells stay the same. The pages that you may be reading were made with the digits,
# so that they show nobody's photos; numbers of flowers come further below.
#
# *Training* images have labels that the network may learn from. *Validation* images are for our choices, and *test* images wait until the end.
# Look at yours before you train: even among the public flowers some labels are wrong.
# %% [markdown] lang="ko"
# 인터넷에 연결되어 있으면 Keras가 사진과 ImageNet 신경망을 한 번 내려받습니다(꽃 220MB, 고양이와 개 65MB). 연결이 없으면 스캔한 손글씨 숫자 1,797개와 글자를 아는 작은 신경망을 대신 쓰고, 셀은
# 그대로입니다. 웹에서 읽는 이 페이지는 다른 사람의 사진을 싣지 않으려고 숫자로 만들었습니다. 꽃의 수치는 아래에 나옵니다.
#
# *학습* 이미지에는 신경망이 배울 레이블이 있습니다. *검증* 이미지는 무엇을 고를 때 보고, *테스트* 이미지는 마지막까지 열지 않습니다. 학습하기 전에 사진을 먼저 살펴보세요. 공개된 꽃 사진에도
# 레이블이 틀린 것이 있습니다.
# %%
fitted = task.for_backbone(track.backbone)  # images of the size that it takes

def arrays(split):
    return split.images[np.arange(len(split))], split.labels

(x, y), (x_val, y_val) = arrays(fitted.train), arrays(fitted.validation)
by_class = np.argsort(y, kind="stable")
ft.show(
    plots.image_grid(
        x[by_class],
        [task.class_names[label] for label in y[by_class]],
        columns=5 if task.num_classes <= 5 else 10,
        title="All that has a label: five images of each class",
    ),
    alt="Five training images of each class, with the name of the class above each.",
)
# %% [markdown] lang="en"
# ## The Keras guide
#
# This is [transfer learning](https://keras.io/guides/transfer_learning/) as Keras writes it. Take a network that somebody has trained on other
# images (the *backbone*), cut off the layers that named its classes (`include_top=False`), *freeze* it, so that it does not learn, and put a
# new layer on top for your classes (the *head*). `training=False` is meant to keep the averages that some layers (BatchNorm) have stored; in the
# second round below it fails to (lesson 06).
# %% [markdown] lang="ko"
# ## Keras 가이드대로
#
# Keras가 쓰는 [전이 학습](https://keras.io/guides/transfer_learning/)(transfer learning)은 이렇습니다. 다른 이미지로 학습해 둔 신경망, 곧 *백본*(backbone)을 가져와, 원래 클래스의
# 이름을 맞히던 층을 떼고(`include_top=False`), 학습되지 않게 *동결*(freeze)합니다. 그 위에 우리 클래스를 맞힐 새 층, 곧 *헤드*(head)를 얹습니다. `training=False`는 백본의 BatchNorm 층이
# 기억하는 통계(사전 학습 때 본 값의 평균과 분산)를 그대로 두려는 것인데, 아래의 두 번째 학습에서는 뜻대로 되지 않습니다(6강).
# %%
keras.utils.set_random_seed(0)
shape = x.shape[1:]
if track.name == "photo":
    base = keras.applications.MobileNetV2(
        input_shape=shape, include_top=False, weights="imagenet",
    )
    prepare = keras.Sequential([
        keras.layers.RandomFlip("horizontal"), keras.layers.RandomRotation(0.1),
        keras.layers.Rescaling(1 / 127.5, offset=-1),  # pixels from -1 to 1
    ])
else:  # offline: a small network, which prepares its pixels itself
    base, prepare = track.backbone, keras.layers.Identity()

base.trainable = False
inputs = keras.Input(shape)
features = base(prepare(inputs), training=False)
pooled = keras.layers.GlobalAveragePooling2D()(features)
outputs = keras.layers.Dense(task.num_classes)(keras.layers.Dropout(0.2)(pooled))
model = keras.Model(inputs, outputs)
counts = [int(np.prod(w.shape)) for w in model.trainable_weights]
print(f"{sum(counts):,} weights train, of {model.count_params():,}")
# %% [markdown] lang="en"
# `fit` shows the labelled images to the network again and again, one *epoch* each time, and looks at the validation images in between.
# `EarlyStopping` ends it when these have not got better for three epochs, and goes back to the best one.
#
# **Predict.** This head, twenty epochs, and a second round in which the backbone learns as well: what part of the validation images will be right?
# Guessing blindly gives {{100 / task.num_classes:.0f}} %. Write your number in the place of the `...`; without one, everything runs just the same.
# %% [markdown] lang="ko"
# `fit`은 레이블이 붙은 이미지를 거듭 보여 줍니다. 한 바퀴가 *에폭*(epoch)이고, 그 사이에 검증 이미지를 봅니다. `EarlyStopping`은 세 에폭 동안 나아지지 않으면 학습을 끝내고 가장 좋았던
# 에폭으로 돌아갑니다.
#
# **예측해 보세요.** 이 헤드를 스무 에폭 학습하고, 백본까지 한 번 더 학습합니다. 검증 이미지를 얼마나 맞힐까요? 찍으면 {{100 / task.num_classes:.0f}}%입니다.
# `...` 자리에 예측한 값을 쓰세요. 쓰지 않아도 모두 똑같이 실행됩니다.
# %% tags=["exercise"]
ft.guess("00.p1", ...)  # in percent, such as 50
# %%
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)

model.compile(keras.optimizers.Adam(), loss, metrics=["accuracy"])
first = model.fit(
    x, y, batch_size=32, epochs=20, validation_data=(x_val, y_val),
    callbacks=[stop], verbose=0,
)
head_alone = model.evaluate(x_val, y_val, verbose=0)[1]
base.trainable = True
model.compile(keras.optimizers.Adam(1e-5), loss, metrics=["accuracy"])  # a small rate
second = model.fit(
    x, y, batch_size=32, epochs=10, validation_data=(x_val, y_val),
    callbacks=[stop], verbose=0,
)
guide = model.evaluate(x_val, y_val, verbose=0)[1]
print(f"epochs: {len(first.epoch)} frozen, then {len(second.epoch)} with all weights")
print(f"validation: {head_alone:.1%} after the first, {guide:.1%} after the second")
ft.reveal("00.p1", guide)
assert guide > 1.5 / task.num_classes or not claims_hold
# %% [markdown] lang="en"
# Better than blind, and nothing to be proud of. The second round changed next to nothing here; what such a round can break, lesson 06 shows. Is
# that all that five images are worth? Before you blame the images, look at the settings. First: how often have the weights moved at all?
# %% [markdown] lang="ko"
# 찍는 것보다는 낫지만 자랑할 정도는 아닙니다. 두 번째 학습으로는 거의 달라지지 않았습니다. 이런 학습이 무엇을 망가뜨릴 수 있는지는 6강에 나옵니다. 이미지 다섯 장으로는 이것이 한계일까요? 이미지를 탓하기 전에 설정을
# 살펴봅시다. 먼저, 가중치는 몇 번이나 움직였을까요?
# %% [markdown] lang="en"
# ### Exercise: how many updates?
#
# The weights move once for each *batch*. With 25 photos, `batch_size=32` and 20 epochs: how many times?
# %% [markdown] lang="ko"
# ### 연습: 업데이트는 몇 번일까요?
#
# 가중치는 *배치*(batch)마다 한 번 움직입니다. 사진 25장, `batch_size=32`, 20에폭이면 몇 번일까요?
# %% tags=["exercise"]
updates = ...
# Stuck? ft.hint("00.1"), then ft.solution("00.1")
ft.check("00.1", updates)
# %% [markdown] lang="en"
# ## The same images, three lines
#
# `ft.fit` counts in updates. Here it gets 120: once to train the head alone (`feature_extraction_long`), and once the head first and then
# the last stage of the backbone with it (`top`).
#
# **Predict.** The same images, the same kind of network: what part will be right now, when the head and then the last stage have trained?
# %% [markdown] lang="ko"
# ## 같은 이미지, 세 줄
#
# `ft.fit`은 업데이트로 셉니다. 여기서는 120번입니다. 한 번은 헤드만 학습하고(`feature_extraction_long`), 한 번은 헤드를 먼저 학습한 뒤 백본의 마지막 스테이지까지 학습합니다(`top`). *스테이지*(stage)는 이어진 층 여러 개를 묶은 토막이고, 마지막 스테이지는 헤드 바로 아래에 있습니다.
#
# **예측해 보세요.** 이미지도 신경망의 종류도 같습니다. 헤드를 학습하고 이어서 마지막 스테이지까지 학습하면 이번에는 얼마나 맞힐까요?
# %% tags=["exercise"]
ft.guess("00.p2", ...)  # in percent
# %%
classifier = ft.classifier(track.backbone, task.num_classes)
options = {"updates": 120, "verbose": False}
frozen = ft.fit(classifier, task, "feature_extraction_long", seed=0, **options)
tuned = ft.fit(classifier, task, "top", seed=0, **options)
# %%
came = ft.reveal("00.p2", tuned.val_accuracy)
scores = {
    "the Keras guide": guide,
    "ftlib, frozen backbone": frozen.val_accuracy,
    "ftlib, head and last stage": tuned.val_accuracy,
}
ft.show(
    plots.bars(
        scores, "The same images, other settings", "Validation accuracy",
        percent=True, guess=came.number,
    ),
    alt="Bars of validation accuracy: the Keras guide is lowest; a frozen backbone "
    "with a head trained longer, and one whose last stage trained too, are far above.",
)
came
assert min(frozen.val_accuracy, tuned.val_accuracy) > guide or not claims_hold
# %% [markdown] lang="en"
# {{100 * tuned.val_accuracy:.0f}} % instead of {{100 * guide:.0f}} %, and no magic in it. Most of it is in the head, and three of its settings
# differ: it starts at zero and not at random, it gets 120 updates, and its rate is 0.01, ten times the guide's (on photos, whose head has more
# features, about the same). Which of the three was it? Plain Keras can tell: a frozen backbone gives the same *features* for the same image every
# time, so compute them once and train four heads on them, two starts at two rates. Look at each twice: after 20 epochs, as many as the guide's
# first round has, and after 60.
#
# **Predict.** Change one setting of the guide's and leave the other two: which change brings most?
# %% [markdown] lang="ko"
# {{100 * guide:.0f}}%가 아니라 {{100 * tuned.val_accuracy:.0f}}%입니다. 마술은 아닙니다. 차이는 대부분 헤드에 있고, 헤드의 설정은 세 가지가 다릅니다. 무작위가 아니라 0에서 출발하고,
# 120번 업데이트하고, 학습률이 가이드의 열 배인 0.01입니다(사진에서는 헤드가 보는 특징이 더 많아 학습률이 가이드와 비슷합니다). 셋 중 무엇 때문일까요? 순수한 Keras로 알아볼 수 있습니다. 동결한 백본은 같은 이미지에 언제나
# 같은 *특징*(feature)을 냅니다. 특징을 한 번만 계산해 두고, 그 위에서 헤드 네 개를 학습합니다. 출발점이 둘, 학습률이 둘입니다. 정확도는 두 번 봅니다. 가이드의 첫 번째 학습과 같은 20에폭 뒤와 60에폭 뒤입니다.
#
# **예측해 보세요.** 가이드의 설정에서 하나만 바꾸고 나머지 둘은 그대로 둡니다. 무엇을 바꿀 때 가장 많이 좋아질까요?
# %%
body = classifier.get_layer("backbone")  # as it was pre-trained: `ft.fit` tunes copies
features, features_val = (
    np.mean(body(images), axis=(1, 2))  # as GlobalAveragePooling2D does
    for images in (x, x_val)
)
heads = {}
for start in ("glorot_uniform", "zeros"):  # Keras's own choice, and a calm one
    for rate in (0.001, 0.01):  # the guide's, and that of `ft.fit` for the digits
        keras.utils.set_random_seed(0)
        layer = keras.layers.Dense(task.num_classes, kernel_initializer=start)
        head = keras.Sequential([layer])
        head.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
        for epochs, more in ((20, 20), (60, 40)):
            head.fit(features, y, batch_size=32, epochs=more, verbose=0)
            score = head.evaluate(features_val, y_val, verbose=0)[1]
            heads[start, rate, epochs] = score
            print(f"{start:<15} rate {rate:<6} {epochs} epochs {score:6.1%}")
assert heads["zeros", 0.001, 60] > guide or not claims_hold
# %% [markdown] lang="en"
# No single one of them. On the digits any one change is nearly enough: a start from zeros reads {{100 * heads["zeros", 0.001, 20]:.1f}} %, a higher
# rate {{100 * heads["glorot_uniform", 0.01, 20]:.1f}} %, three times the epochs {{100 * heads["glorot_uniform", 0.001, 60]:.1f}} %. What fails is few
# small steps away from a random start. So the recipe was right, and its settings were those of a large set, where a few epochs are many updates.
# (On photos, read your own lines: they may weigh the three differently.) `ftlib` also keeps the averages that `training=False` does not, and proves
# it (lesson 06).
# %% [markdown] lang="ko"
# 어느 하나 때문이 아닙니다. 숫자에서는 하나만 바꾸어도 거의 충분합니다. 0에서 출발하면 {{100 * heads["zeros", 0.001, 20]:.1f}}%, 학습률을 높이면 {{100 * heads["glorot_uniform", 0.01, 20]:.1f}}%, 에폭을 세 배로
# 늘리면 {{100 * heads["glorot_uniform", 0.001, 60]:.1f}}%입니다. 무작위 출발점에서 작은 걸음을 몇 번만 내디딘 것이 문제였습니다. 가이드의 방법은 맞지만, 에폭 몇 번이면 업데이트가 많아지는 큰 데이터에 설정이 맞추어져
# 있었던 것입니다. (사진으로 실행했다면 여러분의 줄을 보세요. 셋의 비중이 다를 수 있습니다.) 사실 `training=False`만으로는 BatchNorm의 통계가 지켜지지 않습니다. `ftlib`은 통계까지 그대로 두고, 그랬다는 것을 증명합니다(6강).
# %% [markdown] lang="en"
# ## How do we know?
#
# **Other draws.** Those five images may have been lucky ones. Draw five others, twice, for the frozen backbone.
# %% [markdown] lang="ko"
# ## 어떻게 알 수 있을까요?
#
# **다시 뽑아 보기.** 운 좋은 다섯 장이었을 수도 있습니다. 백본을 동결한 채 다른 다섯 장을 두 번 더 뽑아 봅시다.
# %%
draws = [frozen.val_accuracy]
for seed in (1, 2):
    drawn = track.task(labels_per_class=5, seed=seed, validation_count=200)
    run = ft.fit(classifier, drawn, "feature_extraction_long", seed=seed, **options)
    draws.append(run.val_accuracy)
print("frozen backbone, three draws:", *(f"{score:.1%}" for score in draws))
assert np.mean(draws) > guide or not claims_hold
# %% [markdown] lang="en"
# They range from {{100 * min(draws):.1f}} to {{100 * max(draws):.1f}} %; with photos, draws lie further apart than with digits. One draw says
# little: two ways must be compared on the same draws, and on several.
#
# **A record.** On real flowers all of this has been measured with five draws of five photos: MobileNetV2 at 160 pixels, 200 test photos, the
# guide with ten frozen and ten open epochs (`benchmarks/guide.py`).
#
# **Predict.** By how many points is `ftlib`, head and last stages, ahead of the guide there?
# %% [markdown] lang="ko"
# {{100 * min(draws):.1f}}%에서 {{100 * max(draws):.1f}}%까지 나옵니다. 사진으로 하면 숫자로 할 때보다 차이가 더 큽니다. 한 번 뽑은 결과로는 말할 수 있는 것이 적습니다. 두 방법은 똑같이
# 뽑은 이미지로, 그것도 여러 번 비교해야 합니다.
#
# **기록.** 실제 꽃 사진으로, 다섯 장씩 다섯 번 뽑아 이 모두를 재 둔 기록이 있습니다. 160픽셀 MobileNetV2, 테스트 사진 200장이고, 가이드는 동결한 채 열 에폭, 동결을 풀고 열 에폭입니다
# (`benchmarks/guide.py`).
#
# **예측해 보세요.** 헤드와 마지막 스테이지들을 학습한 `ftlib`은 가이드보다 몇 %p 앞설까요?
# %% tags=["exercise"]
ft.guess("00.p3", ...)  # in points: from 50 % to 60 % is 10 points
# %%
(path,) = records_folder("benchmarks/results").glob("guide_tuning.json")
record = json.loads(path.read_text(encoding="utf-8"))["rows"][0]
names = {
    "guide": "the Keras guide", "probe": "ftlib, frozen backbone",
    "ours": "ftlib, head and last stages",
}
flowers = {}
for key, name in names.items():
    tests = [run["test"] for run in record[key]]
    flowers[name] = (np.mean(tests), min(tests), max(tests))
ft.show(
    plots.bars(
        flowers, "Five photos of each of five flowers",
        "Test accuracy (lines: worst to best of five draws)", percent=True,
    ),
    alt="Bars of test accuracy on flowers, with the range of five draws: the Keras "
    "guide is lowest, a frozen backbone far above it, head and last stages highest.",
)
lead = record["over_guide"]
print(f"ahead of the guide by {100 * lead['mean']:.1f} points, 95 % interval "
      f"{100 * lead['low']:.1f} to {100 * lead['high']:.1f}")
ft.reveal("00.p3", lead["mean"])
assert record["labels_per_class"] == 5 and lead["low"] > 0 < record["over_probe"]["low"]
assert flowers["ftlib, head and last stages"][1] > flowers["the Keras guide"][2]
# %% [markdown] lang="en"
# The draws lie apart by several points, so a single number says little. But the worst draw with `ftlib`, head and last stages, is above the best
# of the guide: that is more than enough to say *better*. Often ranges overlap; then one looks at the difference draw by draw, as the printed line
# does. Its *interval* says how far five draws pin down the mean difference (lessons 05 and 08).
#
# **One look at the test.** We have chosen by the validation images, so they flatter us a little. The test images have decided nothing. We
# look once, at the run that we keep.
# %% [markdown] lang="ko"
# 뽑을 때마다 몇 %p씩 달라지므로 수치 하나로는 말할 수 있는 것이 적습니다. 그런데 헤드와 마지막 스테이지들을 학습한 `ftlib`은 가장 나쁜 결과도 가이드의 가장 좋은 결과보다 높습니다. *더 낫다*고 하기에 충분하고도 남습니다. 범위가
# 겹칠 때도 많습니다. 그때는 출력된 줄처럼 뽑을 때마다의 차이를 봅니다. *신뢰 구간*은 다섯 번 뽑아서 평균 차이를 얼마나 정확히 알 수 있는지를 말합니다(5강, 8강).
#
# **테스트는 한 번만.** 우리는 검증 이미지를 보고 골랐으니 검증 정확도는 조금 후하게 나옵니다. 테스트 이미지로는 아무것도 고르지 않았습니다. 남겨 둘 실행으로 한 번만 봅니다.
# %%
print(f"validation {tuned.val_accuracy:.1%}, test {tuned.test_accuracy:.1%}")
assert tuned.test_accuracy > guide or not claims_hold
# %% [markdown] lang="en"
# ## Look at the mistakes
#
# A number does not say what is wrong. These are the validation images that it got wrong, those it was surest of first. Would you have
# known them all?
# %% [markdown] lang="ko"
# ## 틀린 것을 눈으로 보기
#
# 수치는 무엇을 틀렸는지 말해 주지 않습니다. 검증 이미지 중 틀린 것을, 자신 있게 틀린 것부터 봅시다. 여러분이라면 모두 맞혔을까요?
# %%
said = tuned.predictions("validation")
ft.show(
    plots.mistakes(
        x_val, y_val, said.argmax(axis=1), said.max(axis=1),
        task.class_names, count=8,
    ),
    alt="Validation images that the model got wrong, the surest first, each with its "
    "true class and with the one that the model said.",
)
# %% [markdown] lang="en"
# ## A folder of your own
#
# Put your photos into one folder for each class. Here we write our labelled images into such a folder, and Keras reads it.
# %% [markdown] lang="ko"
# ## 여러분의 폴더로
#
# 클래스마다 폴더를 하나씩 만들어 사진을 넣으세요. 여기서는 레이블이 붙은 이미지로 그런 폴더를 만들고, Keras로 읽어 봅니다.
# %%
room = tempfile.TemporaryDirectory()  # it goes when the notebook is closed
mine = pathlib.Path(room.name) / "mine"
for number, (image, label) in enumerate(zip(x, y)):
    place = mine / task.class_names[label]
    place.mkdir(parents=True, exist_ok=True)
    keras.utils.save_img(place / f"{number}.png", image, scale=False)

dataset = keras.utils.image_dataset_from_directory(
    mine, image_size=shape[:2], batch_size=32,
)
own = ft.load_task(mine, image_size=shape[:2])
print(own)
assert dataset.class_names == list(own.class_names) == sorted(task.class_names)
# %% [markdown] lang="en"
# `dataset` goes into `model.fit` in the place of `x` and `y`. `ft.load_task` also sets validation and test images apart. And in a terminal all of
# this is one line:
#
# ```
# ftlib fit mine
# ```
#
# It checks the pictures, chooses a strategy and rates, trains, and writes a report with intervals and mistakes. Five photos of each class
# teach a head; they do not test it. Bring more of them for that: lesson 17 tells how to test.
# %% [markdown] lang="ko"
# `dataset`은 `model.fit`에 `x`와 `y` 대신 넣으면 됩니다. `ft.load_task`는 검증 이미지와 테스트 이미지도 따로 떼어 놓습니다. 터미널에서는 이 모든 일이 한 줄입니다.
#
# ```
# ftlib fit mine
# ```
#
# 사진을 점검하고, 전략과 학습률을 고르고, 학습하고, 구간과 틀린 예가 담긴 보고서를 씁니다. 클래스마다 다섯 장이면 헤드를 가르칠 수는 있어도 시험하기에는 모자랍니다. 시험할 사진은 더
# 모으세요. 어떻게 시험하는지는 17강에 나옵니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 00.q1}}
# %% [markdown] lang="ko"
# {{quiz 00.q1}}
# %% tags=["exercise"]
ft.check("00.q1", ...)
# %% [markdown] lang="en"
# {{quiz 00.q2}}
# %% [markdown] lang="ko"
# {{quiz 00.q2}}
# %% tags=["exercise"]
ft.check("00.q2", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Transfer learning in Keras: a backbone without its top, `trainable = False`, a new head, `fit` with `validation_data` and
#   `EarlyStopping`; then `trainable = True`, `compile` again, a small rate.
# - With few images an epoch is few updates, and a head that starts at random does not get far with small steps. Look at three settings: the
#   start, the rate, the updates. The guide's gave {{100 * guide:.0f}} %, others on the same images
#   {{100 * tuned.val_accuracy:.0f}} %; on real flowers {{100 * flowers["the Keras guide"][0]:.0f}} and
#   {{100 * flowers["ftlib, head and last stages"][0]:.0f}} %.
# - Judge by several draws, choose on validation images, look at the test images once.
# - Look at the mistakes.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - Keras의 전이 학습: 맨 위를 뗀 백본, `trainable = False`, 새 헤드, `validation_data`와 `EarlyStopping`을 준 `fit`. 그다음 `trainable = True`, 다시 `compile`, 작은 학습률.
# - 이미지가 적으면 한 에폭은 업데이트 몇 번에 지나지 않고, 무작위로 출발한 헤드는 작은 걸음으로는 멀리 가지 못합니다. 출발점, 학습률, 업데이트 횟수를 살펴보세요. 가이드의 설정으로는 {{100 * guide:.0f}}%, 같은
#   이미지에 다른 설정으로는 {{100 * tuned.val_accuracy:.0f}}%입니다. 실제 꽃에서는 {{100 * flowers["the Keras guide"][0]:.0f}}%와 {{100 * flowers["ftlib, head and last stages"][0]:.0f}}%입니다.
# - 여러 번 뽑아 보고 판단합니다. 검증 이미지로 고르고, 테스트 이미지는 한 번만 봅니다.
# - 틀린 것을 눈으로 봅니다.
# %% [markdown] lang="en"
# ## Next
#
# You have used a network that somebody else trained. Lesson 01 trains one from nothing, weight by weight, so that you know what was in it. In a
# hurry? Read lesson 01 all the same, then go on with lesson 05.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 지금까지는 다른 사람이 학습한 신경망을 썼습니다. 1강에서는 아무것도 없는 데서 시작해 가중치 하나하나를 학습해 봅니다. 그러면 그 안에 무엇이 있었는지 알게 됩니다. 시간이 없다면 1강만
# 읽고 5강으로 가도 됩니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Keras: [transfer learning and fine-tuning](https://keras.io/guides/transfer_learning/), the guide that we typed, and
#   [loading image folders](https://keras.io/api/data_loading/image/)
# - fast.ai: [lesson 1](https://course.fast.ai/Lessons/lesson1.html), another first win
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Keras: [전이 학습과 미세 조정](https://keras.io/guides/transfer_learning/). 위에서 따라 쓴 가이드입니다. [이미지 폴더 읽기](https://keras.io/api/data_loading/image/)
# - fast.ai: [1강](https://course.fast.ai/Lessons/lesson1.html). 또 다른 첫 성과
