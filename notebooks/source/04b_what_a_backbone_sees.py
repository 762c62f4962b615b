# %% [markdown] lang="en"
# # What a backbone sees, and the pixels it needs
#
# Lesson 04 took famous networks apart without their weights. Now the weights count. What does a unit look at, early and late? And what
# becomes of all that was learned if the pixels are not those of the pre-training?
#
# **Questions**
# - How much of an image does a unit see, and what does it prefer?
# - What happens if the pixels are scaled in the wrong way?
# - Who notices, and how is it mended?
#
# **You will**
# - see how the view of a stage grows, from edges to whole shapes
# - tell four rules of preprocessing apart
# - feed a network wrong pixels, hear nobody complain, and mend it
#
# ⏱ {{minutes}} minutes · Needs: lesson 04 · Runs in under a minute on a laptop
# %% [markdown] lang="ko"
# # 백본이 보는 것, 백본에 필요한 픽셀
#
# 4강에서는 유명한 신경망을 가중치 없이 해부했습니다. 이번에는 가중치가 주인공입니다. 앞쪽 유닛과 뒤쪽 유닛은 무엇을 볼까요? 그리고 픽셀이 사전 학습 때와 다르면, 배운 것은
# 어떻게 될까요?
#
# **질문**
# - 유닛 하나는 이미지를 얼마나 보고, 무엇을 좋아할까요?
# - 픽셀을 잘못 변환해서 넣으면 어떻게 될까요?
# - 누가 알아채고, 어떻게 바로잡을까요?
#
# **이 수업을 마치면**
# - 뒤쪽 스테이지일수록 더 넓게 본다는 것을, 경계에서 전체 모양까지 눈으로 확인할 수 있습니다
# - 전처리(preprocessing) 규칙 네 가지를 구별할 수 있습니다
# - 틀린 픽셀을 넣어도 아무 경고가 없다는 것을 확인하고, 바로잡을 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 4강 · 노트북 컴퓨터에서 1분 안에 실행됩니다
# %%
import dataclasses
import warnings

import keras
import numpy as np

import ftlib as ft
from ftlib import plots

track = ft.track("glyph")
backbone = track.backbone
print(backbone.name, [stage.name for stage in ft.stages(backbone)])
# %% [markdown] lang="en"
# ## How far a stage can see
#
# The trained weights are those that ship with the course: `glyphnet`, pre-trained on letters. Like the large networks it is a stem, its
# first convolution, and a few stages. Here are its parts as models of their own, each from the image to the end of a stage.
# %% [markdown] lang="ko"
# ## 스테이지는 얼마나 넓게 볼까요?
#
# 학습된 가중치로는 이 과정에 들어 있는 `glyphnet`을 씁니다. 글자로 사전 학습한 신경망입니다. 큰 신경망처럼 첫 합성곱인
# 스템(stem)과 스테이지 몇 개로 되어 있습니다. 이미지에서 스테이지 끝까지를 각각 모델 하나로 만듭니다.
# %%
stem = keras.Model(backbone.input, backbone.get_layer("stem_relu").output)
looks = {"stem": stem}
for stage in ft.stages(backbone):
    if stage.can_split:
        looks[stage.name], _ = ft.split_model(backbone, stage)
    else:
        looks[stage.name] = backbone  # the last stage: all of it
for name, look in looks.items():
    print(f"{name:<8} maps {look.output_shape[1:]}")
# %% [markdown] lang="en"
# What can one unit see? We disturb an image, one row or column at a time, and note whether the unit in the middle
# of the maps notices.
#
# **Predict.** A unit of the stem looks through one 3 × 3 kernel. How many pixels does a unit of `stage1` see, two layers on?
# %% [markdown] lang="ko"
# 그 안의 유닛 하나는 무엇을 볼 수 있을까요? 이미지를 한 번에 한 행이나 한 열씩 바꾸어 가며 맵 한가운데의 유닛이 알아채는지 봅시다.
#
# **예측해 보세요.** 스템의 유닛은 3×3 커널 하나로 봅니다. 두 층 더 간 `stage1`의 유닛은 픽셀을 몇 개나 볼까요?
# %%
image = np.random.default_rng(0).uniform(0, 255, (32, 32)).astype("float32")
disturbed = np.repeat(image[None], 64, axis=0)
for place in range(32):
    disturbed[place, place] = 255 - image[place]  # this row inverted
    disturbed[32 + place, :, place] = 255 - image[:, place]  # or this column

def middle_unit(look, images):
    maps = np.array(look(images[..., None]))
    return maps[:, maps.shape[1] // 2, maps.shape[2] // 2]

sees = {}
for name, look in looks.items():
    change = np.abs(middle_unit(look, disturbed) - middle_unit(look, image[None]))
    notices = change.max(axis=1) > 1e-3
    rows_seen, columns_seen = notices[:32], notices[32:]
    sees[name] = np.outer(rows_seen, columns_seen)
    seen = f"{rows_seen.sum()} x {columns_seen.sum()}"
    print(f"{name:<8} one unit sees {seen} pixels")
# %%
digits = track.task(labels_per_class=50, seed=0).for_backbone(backbone)
fives = digits.train.images[digits.train.labels == 5]
# The most typical five.
digit = fives[np.argmin(((fives - fives.mean(axis=0)) ** 2).sum(axis=(1, 2, 3)))]
faint = 0.25 * digit + 30
views = [np.where(seen[..., None], digit, faint) for seen in sees.values()]
ft.show(
    plots.image_grid(
        np.array([digit, *views]),
        ["a digit", *sees],
        columns=5,
        title="Early units see a corner, late ones everything",
    ),
    alt="The digit 5 five times: whole, then as much of it as one unit of the stem, "
    "of stage1, stage2 and stage3 can see. The lit part grows from a few pixels to "
    "the whole image.",
)
areas = [int(seen.sum()) for seen in sees.values()]
assert areas == sorted(areas) and areas[0] <= 9 and areas[2] == areas[3] == 32 * 32
# %% [markdown] lang="en"
# A unit of the stem has {{areas[0]}} pixels to judge by: enough for the edge of a stroke, not for a digit. In `stage1` it
# sees {{areas[1]}} pixels, a bend or a crossing. From `stage2` on everything is in view. So the first features cannot be
# more than edges: more does not fit in. Further on the view is no limit, and training decides what a unit looks for. What do
# the stages make of a letter and of a digit?
# %% [markdown] lang="ko"
# 스템의 유닛은 픽셀 {{areas[0]}}개만 보고 판단합니다. 획의 경계라면 몰라도 숫자 하나를 알아볼 수는 없습니다. `stage1`에서는 {{areas[1]}}개가 보이니 굽은
# 곳이나 교차점이 들어옵니다. `stage2`부터는 전부가 보입니다. 그러니 맨 앞의 특징은 경계 이상일 수 없습니다. 그 이상은 시야에 들어오지
# 않습니다. 그 뒤로 유닛이 무엇을 찾을지는 시야가 아니라 학습이 정합니다. 그렇다면 스테이지마다 글자와 숫자에서 어떤 특징 맵(feature map)을 만들어 낼까요?
# %%
source_task = track.source_task
letters = source_task.validation
letter = letters.images[np.argmax(letters.labels == source_task.class_names.index("R"))]
for image, what in ((letter, "the letter R"), (digit, "the digit 5")):
    batch = image[None].astype("float32")
    maps = {name: np.array(look(batch))[0] for name, look in looks.items()}
    ft.show(
        plots.feature_maps(maps, image, f"What the stages make of {what}"),
        alt=f"Rows of feature maps of {what}. In the stem and stage1 the strokes can "
        "be traced; in stage2 they dissolve into spots; stage3 has four by four "
        "places.",
    )
# %% [markdown] lang="en"
# **Try it.** Here is a canvas of eight by eight pixels. Click some, then *Look*. Paint a digit of your own; then clear the canvas and paint
# nothing but one upright stroke, and after that one level stroke. Up to which row can you tell the two apart?
# %% [markdown] lang="ko"
# **직접 해 보세요.** 가로세로 여덟 픽셀짜리 캔버스입니다. 픽셀을 눌러 칠하고 *보기*를 누르세요. 먼저 숫자를 하나 그려 보고, 그다음 캔버스를 지우고 세로획 하나만, 다시 지우고 가로획 하나만 그려 보세요. 둘을
# 구별할 수 있는 것은 몇째 줄까지일까요?
# %%
def draw_maps(image):
    pixels = keras.ops.image.resize(image[None].astype("float32"), (32, 32))
    maps = {name: np.array(look(pixels))[0] for name, look in looks.items()}
    return plots.feature_maps(maps, pixels[0], "What the stages make of the painting")

small = track.task(labels_per_class=10, seed=0).train
two = small.images[small.labels == 2][4]  # one with thin strokes
ft.paint(
    draw_maps,
    two,
    alt="Rows of feature maps of a coarsely painted digit 2. In the stem and stage1 "
    "its strokes can be traced, further on they dissolve into spots.",
)
# %% [markdown] lang="en"
# Trace the strokes with a finger: in the stem and in `stage1` you can, for the letter and for the digit alike. In the last
# row a few bright spots are left, and what they mean cannot be read off. So we ask the other way round: which digits excite
# a unit most?
#
# **Predict.** Take the ten digits that excite one unit most. How many of them are of the same kind, early and late?
# %% [markdown] lang="ko"
# 손가락으로 획을 따라가 보세요. 스템과 `stage1`에서는 글자든 숫자든 따라갈 수 있습니다. 마지막 줄에는 밝은 점 몇 개만 남아서 보아도 뜻을 알 수
# 없습니다. 그러니 거꾸로 물어봅시다. 유닛 하나를 가장 크게 자극하는 숫자는 어떤 것일까요?
#
# **예측해 보세요.** 유닛 하나를 가장 크게 자극하는 숫자 이미지 열 장을 뽑습니다. 그중 같은 숫자는 몇 장일까요? 앞쪽과 뒤쪽은 어떻게 다를까요?
# %%
def favourites_of(look):
    """The ten digits that excite each unit most: (units, 10)."""
    # Wherever in the image a unit is most excited.
    strength = np.array(look(digits.train.images)).max(axis=(1, 2))
    excited = strength[:, strength.max(axis=0) > 0]
    return np.argsort(-excited, axis=0, kind="stable")[:10].T

def count_alike(tens):
    """How many of its ten are of one kind, for each unit."""
    return np.array([np.bincount(digits.train.labels[ten]).max() for ten in tens])

favourites, alike = {}, {}
for name, look in looks.items():
    tens = favourites_of(look)
    same = count_alike(tens)
    alike[name] = same.mean()
    middling = np.argsort(same, kind="stable")[len(same) // 2]
    favourites[name] = tens[middling]
# %%
names, shown = [], []
for name, ten in favourites.items():
    names += [name] + [""] * 9
    shown += list(ten)
ft.show(
    plots.image_grid(
        digits.train.images[shown], names, title="Ten favourites of a typical unit"
    ),
    alt="Four rows of ten digits: those that excite a typical unit of the stem, "
    "stage1, stage2 and stage3 most. In the early rows digits of many kinds are "
    "mixed, in the last row most have the same bend.",
)
# %% [markdown] lang="en"
# How many of ten would be of one kind without any training? Two controls: the same network with random weights, and ten digits drawn
# blindly.
# %% [markdown] lang="ko"
# 학습하지 않았다면 열 장 중 몇 장이 같은 숫자일까요? 대조군이 둘 있습니다. 가중치가 무작위인 같은 신경망, 그리고 눈 감고 뽑은 숫자 열 장입니다.
# %%
random_alike = []
for seed in range(3):
    untrained = ft.reinitialize(track.backbone, "he_normal", seed=seed)
    random_alike.append(count_alike(favourites_of(untrained)).mean())

labels = np.tile(digits.train.labels, (2000, 1))
shuffled = np.random.default_rng(0).permuted(labels, axis=1)
blind = np.mean([np.bincount(ten).max() for ten in shuffled[:, :10]])
# %%
lowest, highest = min(random_alike), max(random_alike)
counts = {
    **alike,
    "stage3, random weights": (np.mean(random_alike), lowest, highest),
    "drawn blindly": blind,
}
ft.show(
    plots.bars(
        counts,
        "Late units prefer one kind of digit",
        "Digits of one kind among ten favourites",
    ),
    alt="Bars: about four or five of ten in the stem and stage1, more in stage2, "
    "most in stage3; the last stage with random weights lies below the trained one.",
)
assert alike["stage3"] > alike["stage2"] > max(alike["stem"], alike["stage1"]) > blind
assert alike["stage3"] > highest
# %% [markdown] lang="en"
# In the stem {{alike["stem"]:.1f}} of ten are of one kind, in the last stage {{alike["stage3"]:.1f}}. Part of that is
# not learned: even random weights give {{np.mean(random_alike):.1f}} there. The rest was learned, and not from digits. Late units
# stand for shapes of letters, and digits have such shapes, too: that is what one hopes for when taking over a backbone.
# %% [markdown] lang="ko"
# 스템에서는 열 장 중 {{alike["stem"]:.1f}}장, 마지막 스테이지에서는 {{alike["stage3"]:.1f}}장이 같은 숫자입니다. 그중 일부는 배운 것이 아닙니다. 무작위
# 가중치로도 거기서는 {{np.mean(random_alike):.1f}}장이 나옵니다. 나머지는 배운 것이고, 숫자에서 배운 것도 아닙니다. 뒤쪽 유닛은 글자의 모양을 나타내는데 숫자에도
# 그런 모양이 있습니다. 남이 학습한 백본을 가져다 쓸 때 바라는 것이 바로 이것입니다.
# %% [markdown] lang="en"
# ## The pixels it was trained on
#
# One condition is easily missed. Each family was trained with pixels scaled in its own way, its **preprocessing**, and its weights
# make sense only with that. Let us send one pixel of pure red, (255, 0, 0), through the functions that
# `keras.applications` provides.
# %% [markdown] lang="ko"
# ## 사전 학습 때의 픽셀
#
# 놓치기 쉬운 조건이 하나 있습니다. 픽셀 값을 변환하는 방식이 계열마다 다르고, 가중치는 학습할 때 쓴 그 **전처리**(preprocessing)와 함께 써야 제대로
# 동작합니다. 새빨간 픽셀 (255, 0, 0) 하나를 `keras.applications`의 전처리 함수들에 넣어 봅시다.
# %%
packages = {
    "VGG16": "vgg16", "ResNet50": "resnet50", "InceptionV3": "inception_v3",
    "MobileNetV2": "mobilenet_v2", "DenseNet121": "densenet",
    "EfficientNetB0": "efficientnet", "ConvNeXtTiny": "convnext",
}
rules = {info.name: info.preprocessing for info in ft.list_backbones()}
red = np.array([[[[255, 0, 0]]]], "float32")
for name, package in packages.items():
    prepare = getattr(keras.applications, package).preprocess_input
    pixel = prepare(red.copy()).ravel()
    numbers = " ".join(f"{value:7.1f}" for value in pixel)
    print(f"{name:<15} {rules[name]:<7} {numbers}")
    assert (rules[name] == "inside") == (pixel == red.ravel()).all()
# %% [markdown] lang="en"
# Four rules. `caffe` turns the colours round, to blue, green, red, and subtracts the mean of ImageNet; `tf` scales to -1..1;
# `torch` standardizes each channel; `inside` leaves the pixels alone, since the network has the layer itself. For
# `ft.load_backbone` there is one rule: pixels 0-255. It puts the rest inside.
# %% [markdown] lang="ko"
# 규칙이 네 가지입니다. `caffe`는 색의 순서를 파랑, 초록, 빨강으로 뒤집고 ImageNet의 평균을 뺍니다. `tf`는 -1에서 1로 맞춥니다. `torch`는 채널마다
# 표준화합니다. `inside`는 픽셀을 그대로 둡니다. 변환하는 층이 신경망 안에 있기 때문입니다. `ft.load_backbone`의 규칙은 하나, 픽셀은 0에서
# 255까지입니다. 나머지는 모델 안에 넣어 줍니다.
# %% [markdown] lang="en"
# What does the wrong rule cost? `ft.source_model` is glyphnet with the head of its pre-training, which names
# {{len(source_task.class_names)}} letters. It takes 0-255, bright ink on black. We also feed it what other rules
# would give, and the negative.
#
# **Predict.** How many letters does it still read in each case, and which of them makes Keras complain?
# %% [markdown] lang="ko"
# 규칙이 틀리면 무엇을 잃을까요? `ft.source_model`은 glyphnet에 사전 학습 때의 헤드를 얹은 것으로, 글자 {{len(source_task.class_names)}}종을
# 구별합니다. 픽셀은 0에서 255까지, 검은 바탕에 밝은 획을 받습니다. 여기에 다른 규칙으로 변환한 픽셀과 명암을 뒤집은 픽셀도 넣어 봅시다.
#
# **예측해 보세요.** 각각 글자를 얼마나 읽을까요? Keras가 경고하는 것은 어느 경우일까요?
# %%
changes = {
    "0 to 255, as trained": lambda x: x,
    "0 to 1": lambda x: x / 255,
    "-1 to 1 (tf)": lambda x: x / 127.5 - 1,
    "less the mean (caffe)": lambda x: x - 120,
    "inverted": lambda x: 255 - x,
}
source, _ = ft.source_model()
every_twelfth = letters.take(np.arange(0, len(letters), 12))
reads = {}
with warnings.catch_warnings(record=True) as complaints:
    warnings.simplefilter("always")
    for name, change in changes.items():
        pixels = change(every_twelfth.images.astype("float32"))
        answers = np.argmax(source(pixels), axis=1)
        reads[name] = np.mean(answers == every_twelfth.labels)
print(f"warnings: {len(complaints)}")
# %%
kinds = len(source_task.class_names)
ft.show(
    plots.bars(
        reads,
        "Wrong pixels, and not a word",
        f"Letters read, of {kinds} kinds",
        percent=True,
    ),
    alt="Bars: about nine of ten letters are read from pixels as in the "
    "pre-training, a third from those less the mean, none from the others.",
)
right, *wrong = reads.values()
assert right > 0.85 and max(wrong) < 0.5 * right and complaints == []
# %% [markdown] lang="en"
# From {{100 * right:.0f}} % down to {{100 * reads["inverted"]:.0f}} %, without an error and without a warning. At least here the
# damage is plain to see. In transfer learning it is not: a new head is trained on whatever the features are. How would you
# notice then?
#
# **Predict.** A head for the ten digits, trained and tested on equally wrong pixels: how many digits will it read?
# %% [markdown] lang="ko"
# {{100 * right:.0f}}%가 {{100 * reads["inverted"]:.0f}}%까지 떨어지는데 오류도 경고도 없습니다. 그래도 여기서는 망가진 것이 눈에 보입니다.
# 전이 학습(transfer learning)에서는 그렇지 않습니다. 특징이 어떻든 새 헤드는 거기에 맞추어 학습됩니다. 그럴 때는 어떻게 알아챌까요?
#
# **예측해 보세요.** 새 헤드를 학습할 때도 평가할 때도 똑같이 틀린 픽셀을 쓰면, 숫자를 얼마나 읽을까요?
# %%
# A Dense layer with softmax, but quick.
from sklearn.linear_model import LogisticRegression

draws = [
    track.task(labels_per_class=10, seed=seed).for_backbone(backbone)
    for seed in range(3)
]
validation = draws[0].validation  # the same for every seed

def pooled_features(images):
    return np.mean(backbone(images), axis=(1, 2))

def new_head_scores(change):
    """Validation accuracies of new heads, with the same change of all pixels."""
    validation_features = pooled_features(change(validation.images))
    scores = []
    for drawn in draws:
        head = LogisticRegression(max_iter=1000)
        head.fit(pooled_features(change(drawn.train.images)), drawn.train.labels)
        scores.append(head.score(validation_features, validation.labels))
    return scores
# %%
heads, means, bars = {}, {}, {}
for name, change in changes.items():
    heads[name] = new_head_scores(change)
    means[name] = np.mean(heads[name])
    bars[name] = means[name], min(heads[name]), max(heads[name])
ft.show(
    plots.bars(
        bars,
        "A new head hides the mistake",
        "Validation accuracy of a new head (lines: lowest to highest of 3)",
        percent=True,
    ),
    alt="Bars of validation accuracy of a new head: highest on the right pixels, a "
    "few points lower on inverted ones and on those less the mean, far lower on 0 to "
    "1 and -1 to 1.",
)
best, *others = heads.values()
assert all(max(scores) < min(best) for scores in others)
assert means["inverted"] > 0.9 > 10 * reads["inverted"]
# %% [markdown] lang="en"
# Inverted pixels, with which the letters were gone, still give {{100 * means["inverted"]:.0f}} % instead of
# {{100 * means["0 to 255, as trained"]:.0f}} %. Nothing looks broken. One would say that the backbone is not so good, and
# look for another one. Check the pixels before you judge a backbone.
# %% [markdown] lang="ko"
# 명암을 뒤집으면 글자는 읽지 못했는데, 새 헤드는 {{100 * means["0 to 255, as trained"]:.0f}}% 대신 {{100 * means["inverted"]:.0f}}%를 냅니다.
# 겉보기에는 멀쩡합니다. 그래서 백본이 별로라고 생각하고 다른 것을 찾기 쉽습니다. 백본을 탓하기 전에 픽셀부터 확인하세요.
# %% [markdown] lang="en"
# `ft.fit` looks at the pixels before it trains anything. Let us hand it the task in 0..1, and less the mean.
# %% [markdown] lang="ko"
# `ft.fit`은 학습하기 전에 픽셀부터 살핍니다. 태스크를 0에서 1까지로 바꾸어, 또 평균을 빼서 넘겨 봅시다.
# %%
task = track.task(labels_per_class=10, seed=0)
model = ft.classifier(backbone, task.num_classes)
images = task.train.images
refused = []
for wrong_images in (images / np.float32(255), images - np.float32(120)):
    wrong_train = dataclasses.replace(task.train, images=wrong_images)
    try:
        ft.fit(model, dataclasses.replace(task, train=wrong_train), verbose=False)
    except ValueError as error:
        refused.append(str(error))
print("\n".join(refused))
assert len(refused) == 2
# %% [markdown] lang="en"
# It cannot notice everything: inverted pixels lie between 0 and 255, too. For those there is only one way, to look at some of
# your images beside some of the pre-training.
# %% [markdown] lang="ko"
# 두 번 다 거절했습니다. 첫 오류는 "픽셀은 0에서 255까지여야 하고 백본이 스스로 변환하는데 0에서 1까지가 들어왔으니 255를 곱하라", 둘째 오류는 "-120에서 135까지가 들어왔다"는 뜻입니다.
# 하지만 모든 것을 알아채지는 못합니다. 뒤집은 픽셀도 0에서 255 사이에 있습니다. 이런 것은 내 이미지를 사전 학습 때의 이미지와 나란히 놓고 직접 보는 수밖에
# 없습니다.
# %%
mine = 255 - digits.train.images[:10]
ft.show(
    plots.image_grid(
        np.concatenate([letters.images[np.arange(10)], mine]),
        title="Above: from the pre-training. Below: mine. What is different?",
    ),
    alt="Two rows of ten images: letters with bright strokes on black above, digits "
    "with dark strokes on white below.",
)
# %% [markdown] lang="en"
# ### Exercise 1: mend the pixels
#
# A phone gives you photos of digits: dark ink on white paper, floats from 0 (black) to 1 (white). Write the function that
# turns them into what glyphnet was trained on.
# %% [markdown] lang="ko"
# ### 연습 1: 픽셀 바로잡기
#
# 휴대 전화로 찍은 숫자 사진이 있습니다. 흰 종이에 어두운 획이고, 값은 0(검은색)에서 1(흰색)까지의 실수입니다. 이것을 glyphnet이 학습한 것과 같은 픽셀로 바꾸는
# 함수를 작성해 보세요.
# %% tags=["exercise"]
def mend(photos):
    return ...

# Stuck? ft.hint("04b.1"), then ft.solution("04b.1")
ft.check("04b.1", mend)
# %% [markdown] lang="en"
# ### Exercise 2: the rule `tf` by hand
#
# Many networks want pixels from -1 to 1. Write the function for pixels from 0 to 255. A good test: 0, 127.5 and 255 should become -1, 0
# and 1.
# %% [markdown] lang="ko"
# ### 연습 2: `tf` 규칙을 손으로
#
# -1에서 1까지의 픽셀을 받는 신경망이 많습니다. 0에서 255까지의 픽셀을 그렇게 바꾸는 함수를 작성해 보세요. 0, 127.5, 255가 -1, 0, 1이 되는지 보면 됩니다.
# %% tags=["exercise"]
def scale_tf(pixels):
    return ...

# Stuck? ft.hint("04b.2"), then ft.solution("04b.2")
ft.check("04b.2", scale_tf)
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Each rule takes a layer or two. Put them at the beginning of the model: then they are saved with it, and nobody can forget them. Here
# are three of the four; `inside` needs none. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 규칙마다 층 한두 개면 됩니다. 모델의 맨 앞에 넣으세요. 그러면 모델과 함께 저장되고, 아무도 잊을 수 없습니다. 넷 중 세 가지이고, `inside`에는 필요 없습니다. (코드는 접혀 있습니다. 누르면
# 펼쳐집니다.)
# %% tags=["folded"]
def with_layers(*layers):
    """A model that takes pixels from 0 to 255 and prepares them."""
    return keras.Sequential([keras.Input((None, None, 3)), *layers])

channel_means = [103.939, 116.779, 123.68]  # of ImageNet: blue, green, red
inside_model = {
    "mobilenet_v2": with_layers(keras.layers.Rescaling(1 / 127.5, offset=-1)),
    "resnet50": with_layers(
        keras.layers.Lambda(lambda pixels: pixels[..., ::-1]),
        keras.layers.Normalization(mean=channel_means, variance=[1, 1, 1]),
    ),
    "densenet": with_layers(
        keras.layers.Rescaling(1 / 255),
        keras.layers.Normalization(
            mean=[0.485, 0.456, 0.406], variance=[0.229**2, 0.224**2, 0.225**2]
        ),
    ),
}
# %% tags=["folded"]
photo = np.random.default_rng(0).uniform(0, 255, (1, 4, 4, 3)).astype("float32")
same = {}
for package, prepared in inside_model.items():
    by_function = getattr(keras.applications, package).preprocess_input(photo.copy())
    same[package] = np.allclose(prepared(photo), by_function, rtol=1e-3, atol=1e-3)
    print(f"{package:<13} layers and function agree: {same[package]}")
assert all(same.values())
# %% [markdown] lang="en"
# All {{len(same)}} agree with the functions of `keras.applications`. What you have to know by heart is which rule belongs to which
# family; `ft.load_backbone` looks it up, and puts it inside.
# %% [markdown] lang="ko"
# {{len(same)}}가지 모두 `keras.applications`의 함수와 같습니다. 어느 계열이 어떤 규칙을 쓰는지는 직접 외워야 합니다. `ft.load_backbone`은 그 규칙을 찾아서 모델 안에 넣습니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 04b.q1}}
# %% [markdown] lang="ko"
# {{quiz 04b.q1}}
# %% tags=["exercise"]
ft.check("04b.q1", ...)
# %% [markdown] lang="en"
# {{quiz 04b.q2}}
# %% [markdown] lang="ko"
# {{quiz 04b.q2}}
# %% tags=["exercise"]
ft.check("04b.q2", ...)
# %% [markdown] lang="en"
# {{quiz 04b.q3}}
# %% [markdown] lang="ko"
# {{quiz 04b.q3}}
# %% tags=["exercise"]
ft.check("04b.q3", ...)
# %% [markdown] lang="en"
# {{quiz 04b.q4}}
# %% [markdown] lang="ko"
# {{quiz 04b.q4}}
# %% tags=["exercise"]
ft.check("04b.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Units of the stem see {{areas[0]}} pixels, those of the last stage the whole image: first edges, then shapes.
# - Late units prefer one kind of digit, {{alike["stage3"]:.1f}} of ten, though they were trained on letters. Random weights give
#   {{np.mean(random_alike):.1f}}.
# - Weights need pixels prepared as in their pre-training. Inverted ones cut the letters from {{100 * right:.0f}} % to
#   {{100 * reads["inverted"]:.0f}} %, but a new head only from {{100 * means["0 to 255, as trained"]:.0f}} % to
#   {{100 * means["inverted"]:.0f}} %, and Keras said nothing.
# - Put the preprocessing into the model, and look at your images beside those of the pre-training.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 스템의 유닛은 픽셀 {{areas[0]}}개를, 마지막 스테이지의 유닛은 이미지 전체를 봅니다. 경계가 먼저, 모양이 나중입니다.
# - 뒤쪽 유닛은 글자로 학습했는데도 한 가지 숫자를 좋아합니다(열 장 중 {{alike["stage3"]:.1f}}장). 무작위 가중치로는 {{np.mean(random_alike):.1f}}장입니다.
# - 픽셀은 사전 학습 때와 똑같이 변환해야 합니다. 명암을 뒤집으면 글자는 {{100 * right:.0f}}%에서 {{100 * reads["inverted"]:.0f}}%로 떨어지지만, 새
#   헤드는 {{100 * means["0 to 255, as trained"]:.0f}}%에서 {{100 * means["inverted"]:.0f}}%로 줄 뿐입니다. Keras는 아무 말도 하지 않습니다.
# - 전처리는 모델 안에 넣고, 내 이미지를 사전 학습 때의 이미지와 나란히 놓고 보세요.
# %% [markdown] lang="en"
# ## Next
#
# The backbone is chosen, its old head is off, its pixels are right. What are its features worth on images that it has never
# seen? Lesson 05 freezes it, trains nothing but a new head, and proves that nothing else moved.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 백본을 골랐고, 원래 헤드를 뗐고, 픽셀도 맞추었습니다. 한 번도 본 적 없는 이미지에서 그 특징은 얼마나 쓸모 있을까요? 5강에서는 백본을 동결하고 새 헤드만
# 학습한 다음, 다른 것은 전혀 움직이지 않았음을 증명합니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Distill: [how far a stage can see](https://distill.pub/2019/computing-receptive-fields/), the *receptive field*
# - Zeiler and Fergus, 2013, [what units prefer](https://arxiv.org/abs/1311.2901), on photos
# - Keras: [the networks and their preprocessing](https://keras.io/api/applications/),
#   [preprocessing layers](https://keras.io/guides/preprocessing_layers/)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Distill: [스테이지가 보는 넓이](https://distill.pub/2019/computing-receptive-fields/). *수용 영역*(receptive field)이라고 합니다
# - Zeiler와 Fergus, 2013, [유닛이 좋아하는 것](https://arxiv.org/abs/1311.2901), 사진으로
# - Keras: [신경망과 그 전처리](https://keras.io/api/applications/), [전처리 층](https://keras.io/guides/preprocessing_layers/)
