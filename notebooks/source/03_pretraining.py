# %% [markdown] lang="en"
# # Pre-training
#
# In lesson 02 no trick helped a small network as much as more labels, and the best preset still left glyphnet several points short
# on the test images. Labels of digits are
# expensive. But a program can draw letters, as many as we like, and it knows what it has drawn.
#
# **Questions**
# - How can labels of other things stand in for the labels that I lack?
# - What does a network learn in pre-training, and how do I measure what that is worth elsewhere?
# - What does it cost, and who pays for it?
#
# **You will**
# - pre-train a network on letters, from random weights, while you watch
# - look at its filters before and after, and at what its stages make of an image
# - measure what its features are worth for digits and for textures, with three controls
# - say why pre-training is done once and shared
#
# ⏱ {{minutes}} minutes · Needs: lesson 02 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 사전 학습(pre-training)
#
# 2강의 작은 신경망에는 레이블을 늘리는 것만 한 방법이 없었고, 가장 좋은 프리셋을 쓴 glyphnet도 테스트 이미지에서는 정확도가 아직 몇 %p 낮았습니다. 숫자 레이블은 구하기 어렵습니다. 하지만
# 글자라면 프로그램이 얼마든지 그려 낼 수 있고, 무엇을 그렸는지도 압니다.
#
# **질문**
# - 모자란 레이블을 다른 것의 레이블로 메울 수 있을까요?
# - 신경망은 사전 학습에서 무엇을 배울까요? 그것이 다른 곳에서 얼마나 쓸모 있는지는 어떻게 잴까요?
# - 비용은 얼마나 들고, 누가 낼까요?
#
# **이 수업을 마치면**
# - 무작위 가중치에서 출발해, 글자로 신경망을 직접 사전 학습할 수 있습니다
# - 학습 전과 후의 필터를 비교하고, 스테이지마다 이미지가 무엇으로 바뀌는지 들여다볼 수 있습니다
# - 특징이 숫자와 질감에 얼마나 쓸모 있는지 세 가지 대조군과 비교해 잴 수 있습니다
# - 사전 학습을 한 번만 하고 결과를 나누어 쓰는 이유를 설명할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 2강 · 노트북 컴퓨터에서 1분쯤이면 실행됩니다
# %% [markdown] lang="en"
# ## Source task and target task
#
# From now on there are two tasks. The **target task** is the one we care about: ten digits, ten labels of each. The **source
# task** is a detour: letters of many alphabets, drawn by a program with crooked strokes and pens of any width. There is no
# digit among them.
# %% [markdown] lang="ko"
# ## 원천 태스크와 목표 태스크
#
# 이제부터 태스크(task)는 둘입니다. **목표 태스크**(target task)는 정말로 풀고 싶은 문제입니다. 숫자 열 가지를 구별하는데, 레이블은 종류마다 열 개뿐입니다.
# **원천 태스크**(source task)는 거기까지 가는 우회로입니다. 세계 여러 문자의 글자를 프로그램이 비뚤비뚤한 획과 굵기가 제각각인 펜으로 그립니다. 숫자는
# 하나도 없습니다.
# %%
import json
import pathlib
import time

import keras
import numpy as np

import ftlib as ft
from ftlib import plots
from ftlib.tasks.glyphs import render

track = ft.track("glyph")
letters, digits = track.source_task, track.task(labels_per_class=10, seed=0)
print("source:", letters)
print("target:", digits)
# %%
# 15 drawings of each letter; as many more as you like.
x, y = render(15 * letters.num_classes, seed=0)
x_val, y_val = np.asarray(letters.validation.images), letters.validation.labels

shown = [letters.class_names.index(name) for name in "AgRΩЖßՖღᐊⵣ"]
drawings = np.concatenate([x[y == label][:3] for label in shown]).reshape(10, 3, 32, 32)
fig = plots.image_grid(
    np.concatenate(drawings.transpose(1, 0, 2, 3)),
    [letters.class_names[i] for i in shown] * 3,
    title=f"Ten of {letters.num_classes} letters, each drawn three times",
)
ft.show(
    fig,
    alt="Three rows of ten letters from several alphabets. Each row has the same ten "
    "letters, every time bent, slanted and drawn with another pen.",
)
# %% [markdown] lang="en"
# The program knows what it has drawn, so these {{len(x):,}} labels cost nothing. For photos no program can do that. There the
# source task is usually ImageNet: over a million photos in 1,000 classes, sorted by people (Russakovsky et al., 2015). Hardly
# anyone needs just these classes. What everyone uses is the networks that have learned them; lesson 04 is about those.
# %% [markdown] lang="ko"
# 무엇을 그렸는지 프로그램이 알고 있으니 레이블 {{len(x):,}}개가 모두 공짜입니다. 사진은 이렇게 만들어 낼 수 없습니다. 그래서 사진에서는 흔히
# ImageNet을 원천 태스크로 삼습니다. 사람들이 클래스 1,000개로 나눈 사진이 백만 장을 넘습니다(Russakovsky 등, 2015). 바로 그 클래스들이 필요한
# 사람은 거의 없습니다. 정작 널리 쓰이는 것은 그 클래스를 학습한 신경망이고, 4강에서 만나 봅니다.
# %% [markdown] lang="en"
# ## A small network
#
# A convolution moves small filters over the whole image: what it learns in one place it knows everywhere. Each filter leaves a picture of
# where it found its pattern: a *map*. `Conv2D` gets the number of filters, their size, and the step: with a step of 4 it looks at every fourth
# place, so the map is a quarter as wide. Three stages, groups of layers whose maps have one size (lesson 04 gives the exact rule). From stage to
# stage the picture shrinks and the number of features doubles. `padding="same"` puts zeros around the image, so that the filters fit at its
# edge as well. BatchNorm, a layer that
# brings every map to mean 0 and spread 1 over the batch, sets the scale, so the
# weights may start smaller than He's rule in lesson 01b says. It also takes off every mean, with it whatever a bias would add: hence
# `use_bias=False`.
# %% [markdown] lang="ko"
# ## 작은 신경망
#
# 합성곱(convolution)은 작은 필터(filter)를 이미지 전체에 옮겨 가며 적용하고, 필터마다 결과를 그림 한 장으로 내놓습니다. 이 그림이 특징 맵(feature map)입니다. 특징 맵의 크기가 같은 층을 묶은 것이 스테이지(stage)이고, 여기에는 세 개가 있습니다(정확한 규칙은 4강에 나옵니다). 필터의 가중치는 모든 자리에서 같습니다. 그래서 한 자리에서 배운 것이 어느
# 자리에서나 통합니다. `Conv2D`에는 필터의 수, 필터의 크기, 보폭을 차례로 줍니다. 보폭이 4이면 네 칸마다 한 번씩 보므로 맵의 너비가 4분의 1이 됩니다. 스테이지를 지날 때마다 그림은 작아지고 특징(feature)의 수는 두 배가 됩니다. BatchNorm은 특징 맵마다 배치의 평균을 0, 표준편차를 1로 맞추는 층입니다. 값의 크기를 이 층이 맞춰 주므로, 가중치는 1b강의 He
# 초기화보다 작은 값에서 출발해도 됩니다. 편향을 더해도 평균을 0으로 맞출 때 사라지므로 `use_bias=False`로 뺍니다. `padding="same"`은 이미지 둘레에 0을 채워, 필터가 가장자리에도 놓이게 합니다.
# %% tags=["nbval-check-output"]
def small_network(seed):
    keras.utils.set_random_seed(seed)
    image = keras.Input((32, 32, 1))
    maps = keras.layers.Rescaling(1 / 255)(image)
    for stage, (filters, size, step) in enumerate(
        [(32, 7, 4), (64, 3, 2), (128, 3, 2)], start=1
    ):
        start = keras.initializers.RandomNormal(stddev=0.02)
        maps = keras.layers.Conv2D(
            filters,
            size,
            step,
            padding="same",
            use_bias=False,
            kernel_initializer=start,
            name=f"filters{stage}",
        )(maps)
        maps = keras.layers.BatchNormalization(momentum=0.9)(maps)
        maps = keras.layers.ReLU()(maps)
    return keras.Model(image, maps)

backbone = small_network(seed=0)
for stage in ft.stages(backbone):
    print(f"{stage.name}   {str(stage.output_shape):<12}{stage.params:>8,} weights")
# %% [markdown] lang="en"
# On top comes a head with one output for each of the {{letters.num_classes}} letters. It starts from zeros, so at first every
# letter is as likely as any other. Was a start from zeros not hopeless in lesson 01b? There two layers of zeros lay on top of each
# other, and each kept the slopes from the other. A single layer of zeros on features that differ learns well: its slope is
# feature times error, neither is 0, and the error is another one for each class.
#
# **Predict.** In lesson 01 a network that knew nothing about ten classes had a loss of ln 10. What is it here?
# %% [markdown] lang="ko"
# 그 위에 헤드(head)를 얹습니다. 출력은 글자 {{letters.num_classes}}종마다 하나씩이고, 0에서 출발하므로 처음에는 모든 글자의 확률이 같습니다. 1b강에서는 0에서 출발하면
# 배우지 못한다고 했는데 왜 괜찮을까요? 거기서는 0인 층이 둘 포개져 서로 기울기를 막았습니다. 값이 제각각인 특징 위에 0인 층이 하나뿐이면 잘 배웁니다. 기울기는 특징에 오차를 곱한
# 값인데, 둘 다 0이 아니고 오차는 클래스마다 다르기 때문입니다.
#
# **예측해 보세요.** 1강에서 클래스 열 개를 하나도 구별하지 못하던 신경망의 손실은 ln 10이었습니다. 여기서는 얼마일까요?
# %%
model = ft.classifier(backbone, letters.num_classes)
loss = keras.losses.SparseCategoricalCrossentropy()(y_val, model(x_val))
print(
    f"loss {loss:.2f}, and ln {letters.num_classes} = {np.log(letters.num_classes):.2f}"
)
assert np.isclose(loss, np.log(letters.num_classes), atol=1e-3)
# %% [markdown] lang="en"
# ## Pre-training
#
# There is nothing special about it. It is the training of lessons 01 and 01b, only with more labels: Adam with the weight decay of
# lesson 02, in batches of 64. The learning rate climbs for a moment, then sinks to zero along a cosine. Eight times on the way
# we stop and look.
# %% [markdown] lang="ko"
# ## 사전 학습
#
# 특별한 것은 없습니다. 1강과 1b강의 학습을 더 많은 레이블로 할 뿐입니다. Adam에 2강의 가중치 감쇠를 더하고 배치(batch) 64장씩 학습합니다. 학습률(learning
# rate)은 잠깐 올라갔다가 코사인 곡선을 따라 0으로 내려갑니다. 도중에 여덟 번 멈추고 들여다봅니다.
# %%
UPDATES, BATCH = 480, 64

def prepare(network, classes, updates):
    """The network under a new head, ready for so many updates."""
    model = ft.classifier(network, classes)
    schedule = keras.optimizers.schedules.CosineDecay
    rate = schedule(0.0, updates, warmup_target=1e-2, warmup_steps=updates // 10)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=0.02),
        "sparse_categorical_crossentropy",
    )
    # Else TensorFlow traces the first update twice.
    model.optimizer.build(model.trainable_variables)
    return model
# %%
def train(model, images, labels, updates=UPDATES, looks=1, look=lambda model: None):
    """Trains in so many parts, and looks at the model after each."""
    rng, needed = np.random.default_rng(0), updates * BATCH
    order = np.concatenate(
        [rng.permutation(len(labels)) for _ in range(needed // len(labels) + 1)]
    )
    for part in np.split(order[:needed], looks):
        model.fit(
            images[part], labels[part], batch_size=BATCH, shuffle=False, verbose=0
        )
        look(model)
    return model

def accuracy(model, images, labels):
    return np.mean(np.argmax(model(np.asarray(images)), axis=1) == labels)
# %% [markdown] lang="en"
# What do we look at? At letters in drawings that it has not seen. And at digits: each time we take the features of the last
# stage, throw the letters' head away, and train a fresh linear head on our hundred digits: one Dense layer with softmax. We let scikit-learn
# fit it, which is quick and calls it *logistic regression*. The backbone itself never gets to see a digit.
# %% [markdown] lang="ko"
# 무엇을 볼까요? 먼저 처음 보는 그림에서 글자를 얼마나 읽는지 봅니다. 그리고 숫자도 봅니다. 그때마다 마지막 스테이지의 특징을 꺼내고, 글자의 헤드는 버리고,
# 숫자 백 장으로 새 선형 헤드, 곧 소프트맥스를 쓰는 Dense 층 하나를 학습합니다. 학습은 빠른 scikit-learn에 맡기는데, 거기서는 이것을 *로지스틱 회귀*(logistic regression)라고 합니다. 백본(backbone) 자체는 숫자를 한 번도 보지 못합니다.
# %%
from sklearn.linear_model import LogisticRegression

def features(network):
    """A function from images to feature vectors: the mean of each map over its area."""
    seen = {}  # so that the same images pass through the network once

    def view(images):
        key = np.asarray(images).tobytes()
        if key not in seen:
            seen[key] = np.mean(network(images), axis=(1, 2))
        return seen[key]
    return view

def pixels(images):
    return images.reshape(len(images), -1)

def read(view, task, part="validation"):
    """Accuracy of a fresh linear head on what `view` makes of the images."""
    known, split = view(task.train.images), getattr(task, part)
    head = LogisticRegression(max_iter=2000).fit(known / known.std(), task.train.labels)
    return head.score(view(split.images) / known.std(), split.labels)
# %% [markdown] lang="en"
# `for_backbone` enlarges our 8 x 8 digits to the 32 x 32 that the network takes.
#
# **Predict.** The network trains on letters only. Will the digits be read better with every look, stay as they are, or get
# worse, since it thinks of nothing but letters?
# %% [markdown] lang="ko"
# `for_backbone`은 8×8인 숫자 이미지를 신경망이 받는 32×32로 키웁니다.
#
# **예측해 보세요.** 신경망은 글자로만 학습합니다. 숫자는 볼 때마다 더 잘 읽힐까요, 그대로일까요, 아니면 글자만 생각하느라 더 나빠질까요?
# %%
draws = [track.task(10, seed).for_backbone(backbone) for seed in range(5)]
path = []

def look(model):
    on_letters = accuracy(model, x_val[::3], y_val[::3])
    path.append((on_letters, read(features(model.get_layer("backbone")), draws[0])))
    print(f"letters {100 * path[-1][0]:5.1f} %    digits {100 * path[-1][1]:5.1f} %")

before = backbone.get_layer("filters1").kernel.numpy()
look(model)  # the untrained network, under its head of zeros
start = time.process_time()
train(prepare(backbone, letters.num_classes, UPDATES), x, y, looks=8, look=look)
seconds = time.process_time() - start
# %%
updates = np.linspace(0, UPDATES, len(path))
source, target = np.transpose(path)
fig = plots.lines(
    {"letters (source)": (updates, source), "digits (target)": (updates, target)},
    "Updates, all of them on letters", "Accuracy on validation images",
    "Learning letters, it gets ready for digits", percent=True,
)
ft.show(
    fig,
    alt="Two curves over the updates of pre-training, both higher at the end: "
    "letters read from unseen drawings, and digits read by a fresh linear head on "
    "the features of that moment.",
)
assert source[-1] > 0.3 and target[-1] > target[0] + 0.03
# %% [markdown] lang="en"
# After {{UPDATES}} updates it names {{100 * source[-1]:.0f}} % of the letters, out of {{letters.num_classes}}; guessing would
# give about one in a thousand. But what we wanted is the other line: digits went from {{100 * target[0]:.1f}} % to
# {{100 * target[-1]:.1f}} %, and the network has not seen one. (Why the first look is worse, we have not tested; the learning rate
# is near its highest then.) Surprised that an untrained network starts at {{100 * target[0]:.0f}} %? The controls below come back to it.
# %% [markdown] lang="ko"
# 업데이트를 {{UPDATES}}번 하고 나니 처음 보는 그림에서 글자를 {{100 * source[-1]:.0f}}% 맞힙니다. 글자가
# {{letters.num_classes}}종이니 찍으면 천 번에 한 번쯤 맞을 것입니다. 하지만 바란 것은 다른 쪽 선입니다. 숫자는 {{100 * target[0]:.1f}}%에서
# {{100 * target[-1]:.1f}}%가 되었습니다. 신경망은 숫자를 한 번도 본 적이 없는데 말입니다. (처음 들여다볼 때 왜 떨어지는지는 확인하지
# 않았습니다. 학습률이 가장 높은 무렵이기는 합니다.) 학습하지 않은 신경망이 {{100 * target[0]:.0f}}%에서 시작해서 놀랐나요? 아래의 대조군에서 다시 봅니다.
# %% [markdown] lang="en"
# ## What it costs
#
# It took moments, because everything is small. To compare costs, count multiplications: each entry of a filter is
# multiplied once at each place. The real `glyphnet` of this course has a card that tells how it was pre-trained. ResNet-50, a
# well-known network for photos, has its paper (He et al., 2016).
# %% [markdown] lang="ko"
# ## 비용은 얼마나 들까요?
#
# 모든 것이 작아서 금방 끝났습니다. 비용을 비교하려면 곱셈 횟수를 세면 됩니다. 필터의 가중치 하나는 자리마다 한 번씩 곱해집니다. 이 과정에서 쓰는
# 진짜 `glyphnet`에는 어떻게 사전 학습했는지 적어 둔 카드가 딸려 있고, 사진용으로 잘 알려진 ResNet-50에는 논문이 있습니다(He 등, 2016).
# %%
def multiplications(network):
    """How many it takes for one image."""
    convolutions = [
        layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)
    ]
    return sum(
        int(np.prod(c.kernel.shape)) * int(np.prod(c.output.shape[1:3]))
        for c in convolutions
    )

weights = pathlib.Path(ft.__file__).parent / "weights"
card = json.loads((weights / "glyphnet.json").read_text(encoding="utf-8"))
drawn = card["training"]["epochs"] * card["training"]["images_per_epoch"]
glyphnet = track.backbone
work = {  # images seen in training, multiplications for each
    "ours, just now": (UPDATES * BATCH, multiplications(backbone)),
    "glyphnet, as it ships": (drawn, multiplications(glyphnet)),
    "ResNet-50 on ImageNet": (600_000 * 256, 3_800_000_000),
}
ours = np.prod(work["ours, just now"], dtype="float64")
print(f"{'':<24}{'images':>13}{'each':>11}{'in all, ours = 1':>20}")
for name, (images, each) in work.items():
    print(f"{name:<24}{images:>13,}{each / 1e6:>9,.1f} M{images * each / ours:>20,.0f}")
# %% tags=["timing"]
real, photos = (
    np.prod(work[name], dtype="float64") / ours * seconds for name in list(work)[1:]
)
print(
    f"ours took about {seconds:.0f} seconds on the processor; at this pace glyphnet "
    "would take"
)
print(f"about {real / 3600:.1f} hours, and ResNet-50 about {photos / 3.15e7:.0f} years")
# %% [markdown] lang="en"
# The real `glyphnet` took {{drawn * multiplications(glyphnet) / ours:.0f}} times as much as ours, and reads
# {{100 * card["source_accuracy"]["test"]:.0f}} % of the letters. ResNet-50 took
# {{np.prod(work["ResNet-50 on ImageNet"], dtype="float64") / ours / 1e6:.0f}} million times as much. Larger networks run at a
# better pace, on special machines at a far better one. Still nobody wants to pay that for every new task.
# %% [markdown] lang="ko"
# 진짜 `glyphnet`에는 비용이 우리 것의 {{drawn * multiplications(glyphnet) / ours:.0f}}배 들었고, 글자를
# {{100 * card["source_accuracy"]["test"]:.0f}}% 읽습니다. ResNet-50에는
# {{np.prod(work["ResNet-50 on ImageNet"], dtype="float64") / ours / 1e4:,.0f}}만 배 들었습니다. 큰 신경망은 더 효율적으로 돌고 전용 장비에서는
# 훨씬 빠르지만, 그래도 새 태스크마다 그 비용을 내고 싶은 사람은 없을 것입니다.
# %% [markdown] lang="en"
# ## Filters, before and after
#
# What has changed inside? The first filters can be looked at, since they lie on the pixels themselves. Bright weights count in
# favour, dark ones against, middle grey not at all.
#
# **Predict.** Before training they are noise. What will a filter look like that is useful for letters?
# %% [markdown] lang="ko"
# ## 학습 전과 후의 필터
#
# 안에서는 무엇이 달라졌을까요? 첫 필터들은 픽셀에 바로 대는 것이라 눈으로 볼 수 있습니다. 밝은 가중치는 점수를 올리고, 어두운 가중치는 깎고, 중간 회색은
# 아무 영향이 없습니다.
#
# **예측해 보세요.** 학습 전에는 잡음일 뿐입니다. 글자에 쓸모 있는 필터는 어떤 모습일까요?
# %%
after = backbone.get_layer("filters1").kernel.numpy()

def smoothness(kernel):
    """Correlation of neighbouring weights: 0 for noise, 1 where neighbours are
    equal."""
    right, below = (kernel[:, :-1], kernel[:, 1:]), (kernel[:-1], kernel[1:])
    pairs = [np.concatenate([a.ravel(), b.ravel()]) for a, b in zip(right, below)]
    return np.corrcoef(pairs)[0, 1]

# %%
# The sixteen with the largest weights, the largest first.
shown = np.argsort(-np.abs(after).mean(axis=(0, 1, 2)))[:16]
fig = plots.filter_grid(
    {
        "before: random": before[..., shown],
        "after: pre-trained on letters": after[..., shown],
    },
    "Noise has become strokes and edges",
)
ft.show(
    fig,
    alt="Two panels of 16 filters of 7 by 7 weights. Before training they are noise; "
    "afterwards most show light and dark bars, patches and borders, many of them "
    "lying or standing.",
)
print(
    f"neighbouring weights agree: before {smoothness(before):.2f}, after "
    f"{smoothness(after):.2f}"
)
assert abs(smoothness(before)) < 0.1 and smoothness(after) > 0.4
# %% [markdown] lang="en"
# Bars, borders, patches: pieces of strokes. Nobody asked for them; they are what helps to tell letters apart. Letters are made
# of such pieces, and so are digits. Filters of this kind turn up in nearly every network that is trained on natural images,
# too.
# %% [markdown] lang="ko"
# 막대, 경계, 얼룩 같은 획의 조각들입니다. 이런 것을 배우라고 시킨 적은 없습니다. 글자를 구별하는 데 도움이 되니 생겨났습니다. 글자는 이런 조각으로
# 이루어져 있고, 숫자도 마찬가지입니다. 이런 필터는 사진으로 학습한 신경망에서도 거의 빠짐없이 나타납니다.
# %% [markdown] lang="en"
# ### Exercise 1: be a filter
#
# Set nine weights by hand. The filter lies on three by three pixels, multiplies each by its weight and adds up. It should give
# a positive number where it is dark above and bright below, the upper edge of a stroke, and 0 where all is even, and at edges
# between left and right.
# %% [markdown] lang="ko"
# ### 연습 1: 필터가 되어 보기
#
# 가중치 아홉 개를 손으로 정해 보세요. 필터는 가로세로 세 픽셀에 놓여 픽셀마다 가중치를 곱하고 모두 더합니다. 위가 어둡고 아래가 밝은 곳(획의 위쪽
# 경계)에서는 양수가 나와야 합니다. 밝기가 고른 곳과 밝기가 좌우로 갈리는 경계에서는 0이 나와야 합니다.
# %% tags=["exercise"]
edge = [
    [..., ..., ...],
    [..., ..., ...],
    [..., ..., ...],
]
# Stuck? ft.hint("03.1"), then ft.solution("03.1")
ft.check("03.1", edge)
# %% [markdown] lang="en"
# ## Stage by stage
#
# The next stage does not see pixels, but what the filters before it have answered. Let us follow one digit through the real
# `glyphnet`, whose maps are larger than ours. Each small square is a **feature map**, bright where its feature was found.
#
# **Predict.** What gets lost from stage to stage, and what is gained?
# %% [markdown] lang="ko"
# ## 스테이지를 따라서
#
# 다음 스테이지가 보는 것은 픽셀이 아니라 앞의 필터들이 내놓은 답입니다. 숫자 하나가 진짜 `glyphnet`을 지나가는 모습을 따라가 봅시다. 우리 신경망보다 맵이
# 큽니다. 작은 네모 하나하나가 **특징 맵**(feature map)이고, 그 특징을 찾은 자리가 밝습니다.
#
# **예측해 보세요.** 스테이지를 지날 때마다 무엇을 잃고 무엇을 얻을까요?
# %%
def up_to(network, stage):
    """The network from its input to the end of a stage."""
    return network if stage == 3 else ft.split_model(network, f"stage{stage}")[0]

validation = draws[0].validation
five = validation.images[np.flatnonzero(validation.labels == 5)[:1]]
maps = {
    f"stage{stage}": np.array(up_to(glyphnet, stage)(five))[0] for stage in (1, 2, 3)
}
fig = plots.feature_maps(
    maps, five[0], "Fewer and fewer places, more and more features", columns=9
)
ft.show(
    fig,
    alt="A digit five, and below it maps of the three stages. In the first the "
    "strokes of the five can be made out; the later maps are coarser, with a few "
    "bright places each.",
)
sizes = [one.size for one in maps.values()]
assert sizes[0] > sizes[1] > sizes[2]
# %% [markdown] lang="en"
# In the first stage one can still make out the five: each map shows some of its strokes or borders. In the last there are
# {{maps["stage3"].shape[0]}} x {{maps["stage3"].shape[1]}} places left, so most of *where* is gone. But each of the
# {{maps["stage3"].shape[-1]}} features there looks at most of the image, and can stand for a shape rather than for a line.
# %% [markdown] lang="ko"
# 첫 스테이지에서는 아직 5를 알아볼 수 있습니다. 맵마다 획이나 경계가 일부 보입니다. 마지막 스테이지에는 자리가
# {{maps["stage3"].shape[0]}}×{{maps["stage3"].shape[1]}}개만 남아 *어디*인지는 거의 사라졌습니다. 그 대신 특징 {{maps["stage3"].shape[-1]}}개가 모두
# 이미지를 거의 다 보므로, 선이 아니라 모양을 나타낼 수 있습니다.
# %% [markdown] lang="en"
# ## Throw the names away, keep the features
#
# This is all there is to it. The head that names letters has done its duty: the stages below have learned from its errors. Now it goes, and
# with it every label of the source. What stays is a machine that turns images into features.
#
# ### Exercise 2: take the head off
#
# Write a function that gets a classifier made by `ft.classifier` and returns a Keras model from images to feature vectors: the
# mean of each feature map.
# %% [markdown] lang="ko"
# ## 이름은 버리고 특징은 남기고
#
# 방법은 이것이 전부입니다. 글자의 이름을 맞히던 헤드는 할 일을 다 했습니다. 아래쪽 스테이지는 헤드의 오차에서 배웠습니다. 이제 헤드를 버립니다. 원천 태스크의
# 레이블도 함께 사라집니다. 남는 것은 이미지를 특징으로 바꾸는 기계입니다.
#
# ### 연습 2: 헤드 떼어 내기
#
# `ft.classifier`로 만든 분류기를 받아, 이미지를 특징 벡터로 바꾸는 Keras 모델을 돌려주는 함수를 작성해 보세요. 특징 벡터는 특징 맵을 하나씩 평균 낸
# 것입니다.
# %% tags=["exercise"]
def headless(model):
    return ...

# Stuck? ft.hint("03.2"), then ft.solution("03.2")
ft.check("03.2", headless)
# %% [markdown] lang="en"
# ## How general are they?
#
# One draw of labels proves little, and there were no controls yet. So: five draws, all stages, and three controls. The same
# head on **raw pixels**. The same head on the same network with **random weights**, others for each draw. And the network
# trained **from scratch**: from the same random start, on the hundred digits alone.
#
# **Predict.** In which order will the four lie?
# %% [markdown] lang="ko"
# ## 얼마나 일반적일까요?
#
# 레이블을 한 번만 뽑아서는 알 수 있는 것이 적고, 아직 대조군도 없었습니다. 그래서 레이블을 다섯 번 뽑고, 모든 스테이지를 재고, 대조군을 셋 둡니다. 똑같은
# 헤드를 **픽셀**에 얹어 보고, **무작위 가중치**를 쓴 같은 신경망에도 얹어 봅니다. 이 가중치는 레이블을 뽑을 때마다 새로 뽑습니다. 마지막으로, 출발점이 같은
# 신경망을 숫자 백 장만으로 **처음부터 학습**합니다.
#
# **예측해 보세요.** 넷의 순위는 어떻게 될까요?
# %%
def from_scratch(tasks, updates=80):
    """For each task the network from the same random weights, trained on its few labels
    alone."""
    model = prepare(small_network(seed=0), tasks[0].num_classes, updates)
    state = model.weights + model.optimizer.variables
    start, trained = [variable.numpy() for variable in state], []
    for task in tasks:
        for variable, value in zip(state, start):
            variable.assign(value)  # back to the start
        train(model, task.train.images, task.train.labels, updates)
        trained.append(keras.models.clone_model(model))
        trained[-1].set_weights(model.get_weights())
    return trained
# %%
def on_validation(models, tasks):
    return [
        accuracy(m, task.validation.images, task.validation.labels)
        for m, task in zip(models, tasks)
    ]

alone = from_scratch(draws)
print(
    "from scratch:",
    ", ".join(f"{100 * value:.1f} %" for value in on_validation(alone, draws)),
)
patient = on_validation(from_scratch(draws[:1], updates=240), draws)[0]
print(f"three times the updates, the first draw: {100 * patient:.1f} %")
# %%
def stage_by_stage(networks, tasks):
    """Mean, lowest and highest accuracy after each stage; each task is read with a
    network of its own."""
    rows = [
        [read(features(up_to(network, stage)), task) for stage in (1, 2, 3)]
        for network, task in zip(networks, tasks)
    ]
    return np.mean(rows, axis=0), np.min(rows, axis=0), np.max(rows, axis=0)

def level(values):
    return (np.repeat(np.mean(values), 3),)  # the same at every stage

def compare(tasks, scratch):
    return {
        "pre-trained on letters": stage_by_stage([backbone] * len(tasks), tasks),
        "from scratch": level(on_validation(scratch, tasks)),
        "random weights": stage_by_stage(map(small_network, range(1, 6)), tasks),
        "raw pixels": level([read(pixels, task) for task in tasks]),
    }

on_digits = compare(draws, alone)
# %%
def draw(results, title):
    series = {name: ((1, 2, 3), *values) for name, values in results.items()}
    return plots.lines(
        series, "Stage whose features are read (bars: lowest to highest of all draws)",
        "Accuracy on validation images", title, percent=True,
    )

ft.show(
    draw(on_digits, "For digits, it was worth learning letters"),
    alt="Accuracy on digits after stages one to three. Pre-trained features lie "
    "above those of random weights at every stage; at the last also above raw pixels "
    "and above training from scratch.",
)
trained, scratch, untrained, raw = (result[0] for result in on_digits.values())
assert (trained > untrained + 0.03).all() and trained[2] > max(
    raw[2], scratch[2]
) + 0.01
# %% [markdown] lang="en"
# Later stages have more features to read from, so even random ones rise. What counts is the distance to the controls. After
# the last stage: {{100 * trained[2]:.1f}} %, random weights {{100 * untrained[2]:.1f}} %, pixels {{100 * raw[2]:.1f}} %. Training
# every weight on the hundred digits gives {{100 * scratch[2]:.1f}} %. What was learned on letters holds for digits. That is what
# *general* means. (How well random weights and pixels do also depends on who reads them: here a logistic regression. Lesson 05
# asks the nearest neighbour instead, and gets other numbers.)
# %% [markdown] lang="ko"
# 뒤쪽 스테이지일수록 특징이 많아서 무작위 가중치도 올라갑니다. 봐야 할 것은 대조군과의 차이입니다. 마지막 스테이지에서 사전 학습은 {{100 * trained[2]:.1f}}%,
# 무작위 가중치는 {{100 * untrained[2]:.1f}}%, 픽셀은 {{100 * raw[2]:.1f}}%입니다. 모든 가중치를 숫자 백 장으로 학습해도
# {{100 * scratch[2]:.1f}}%에 그칩니다. 글자에서 배운 것이 숫자에도 통합니다. *일반적*이라는 것은 이런 뜻입니다. (무작위 가중치와 픽셀의 정확도는 무엇으로 읽느냐에 따라서도
# 달라집니다. 여기서는 로지스틱 회귀로 읽었고, 5강에서는 최근접 이웃으로 읽어서 값이 다릅니다.)
# %% [markdown] lang="en"
# But general for what? Another target: 21 textures, gratings and noises and tilings, again ten labels of each, drawn three
# times. No letters, no strokes, and the pattern may lie anywhere in the image.
#
# **Predict.** Which line will be on top, and which stage will be the best?
# %% [markdown] lang="ko"
# 그런데 어디까지 일반적일까요? 목표 태스크를 바꿔 봅시다. 줄무늬, 잡음, 타일 같은 질감(texture) 21종이고, 이번에도 레이블을 열 개씩, 세 번 뽑습니다. 글자도 획도
# 없고, 무늬는 이미지 어디에나 있을 수 있습니다.
#
# **예측해 보세요.** 어느 선이 맨 위에 올까요? 어느 스테이지가 가장 나을까요?
# %%
patterns = [ft.load_task("textures", 10, seed) for seed in range(3)]
on_textures = compare(patterns, from_scratch(patterns))

first = patterns[0].train
some = np.unique(first.labels, return_index=True)[1][::2]
ft.show(
    plots.image_grid(
        first.images[some], title="Every second of the 21 textures", columns=11
    ),
    alt="Eleven small grey patterns: stripes, noises, lattices, bricks, blobs and "
    "rings.",
)
# %%
ft.show(
    draw(on_textures, "For textures, letters were the wrong school"),
    alt="Accuracy on textures after stages one to three. The network trained from "
    "scratch is on top; pre-trained features are above random ones, and fall from "
    "stage to stage.",
)
trained_t, scratch_t, untrained_t, raw_t = (
    result[0] for result in on_textures.values()
)
assert (trained_t > untrained_t).all() and scratch_t[0] > trained_t.max() + 0.02
assert trained_t[0] > trained_t[2] + 0.05
# %% [markdown] lang="en"
# Not nothing: filters for bars and borders help with stripes, and the first stage reads {{100 * trained_t[0]:.0f}} % of 21
# classes. But the last stage, the best for digits, is the worst here: {{100 * trained_t[2]:.0f}} %. And from scratch, with only
# these few textures, it is {{100 * scratch_t[0]:.0f}} %. Features are general only as far as tasks are made of the same things.
# %% [markdown] lang="ko"
# 아주 쓸모없지는 않습니다. 막대와 경계를 찾는 필터는 줄무늬에도 도움이 되어, 첫 스테이지는 21종 중 {{100 * trained_t[0]:.0f}}%를 맞힙니다. 그러나 숫자에 가장
# 좋았던 마지막 스테이지가 여기서는 가장 나빠 {{100 * trained_t[2]:.0f}}%입니다. 질감 몇 장만으로 처음부터 학습한 쪽은 {{100 * scratch_t[0]:.0f}}%를 맞힙니다. 특징은
# 두 태스크가 같은 재료로 이루어진 만큼만 통합니다.
# %% [markdown] lang="en"
# ## How much does a source need?
#
# The same network, with as many updates, on a smaller source task: only the capitals A to Z, {{int((y < 26).sum())}} drawings.
#
# **Predict.** How well will it read new capitals? And how good are its features for digits, compared with those from all
# {{letters.num_classes}} letters?
# %% [markdown] lang="ko"
# ## 원천 태스크는 얼마나 커야 할까요?
#
# 같은 신경망을 이번에는 대문자 A부터 Z까지의 그림 {{int((y < 26).sum())}}장만으로 사전 학습해 봅시다. 업데이트 횟수는 같습니다.
#
# **예측해 보세요.** 처음 보는 대문자 그림을 얼마나 맞힐까요? 그 특징은 글자 {{letters.num_classes}}종에서 배운 특징과 비교해 숫자에 얼마나 쓸모 있을까요?
# %%
assert "".join(letters.class_names[:26]) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
school, known, new = small_network(seed=0), y < 26, y_val < 26
pupil = train(prepare(school, 26, UPDATES), x[known], y[known])
capitals = accuracy(pupil, x_val[new], y_val[new])
print(
    f"new drawings of the 26 capitals: {100 * capitals:.0f} % read, {100 / 26:.0f} % "
    "by guessing"
)
assert capitals > 0.6
# %%
scores = {"random weights": [result[2] for result in on_digits["random weights"]]}
for name, network in {"26": school, letters.num_classes: backbone}.items():
    values = [read(features(network), task) for task in draws]
    scores[f"{name} letters, 15 drawings of each"] = (
        np.mean(values),
        min(values),
        max(values),
    )
fig = plots.bars(
    scores,
    f"{int(known.sum())} drawings of 26 letters are too small a source",
    "Digits read by a fresh head (lines: lowest to highest of 5)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars of accuracy on digits. Random weights and pre-training on 26 letters "
    "lie close together; pre-training on all letters is clearly better.",
)
chance, few, full = (score[0] for score in scores.values())
assert full > few + 0.02 and abs(few - chance) < full - few
# %% [markdown] lang="en"
# The capitals were really learned, but for digits these features are about as good as random ones. This source was too small. But in what?
# It had fewer letters to tell apart, and also fewer drawings, which were seen far more often. (`glyphnet` never saw a drawing twice.)
#
# The record takes the two apart, with five seeds: {{int(known.sum())}} drawings or {{len(y):,}}, of 26 letters or of as many as there are.
#
# **Predict.** Is it the letters that count, or the drawings?
# %% [markdown] lang="ko"
# 대문자는 제대로 배웠습니다. 하지만 그 특징은 숫자에서 무작위 가중치와 비슷한 수준입니다. 이 원천 태스크는 너무 작았습니다. 그런데 무엇이 적었을까요? 구별할 글자도 적었지만 그림 수도 적어서,
# 같은 그림을 훨씬 자주 보았습니다. (`glyphnet`은 같은 그림을 두 번 보지 않았습니다.)
#
# 기록에는 둘을 떼어 시드 다섯 개로 잰 결과가 있습니다. 그림은 {{int(known.sum())}}장 또는 {{len(y):,}}장, 글자는 26종 또는 있는 만큼입니다.
#
# **예측해 보세요.** 중요한 것은 글자 수일까요, 그림 수일까요?
# %%
from ftlib.evidence.comparison import interval

def digits_read(source):
    """Validation accuracy on digits after pre-training on a source, in percent."""
    rows = track.recorded("sources")["rows"]
    chosen = [r for r in rows if r["method"].startswith(source)]
    by_seed = sorted(chosen, key=lambda r: r["seed"])
    return 100 * np.array([r["val_accuracy"] for r in by_seed])

sources = {
    "random weights": "random",
    "390 letters, 390 drawings": "390 letters, few drawings",
    "26 letters, 390 drawings": "26 letters, few drawings",
    "26 letters, 13,185 drawings": "26 letters, many drawings",
    "all letters, 13,185 drawings": "all letters, many drawings",
}
read_from = {name: digits_read(method) for name, method in sources.items()}
# %%
fig = plots.bars(
    {name: interval(values / 100) for name, values in read_from.items()},
    "Drawings count more than letters",
    "Digits read by a fresh head (lines: 95 % intervals)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars of accuracy on digits: 390 letters with one drawing each are no better "
    "than random weights, 26 letters with 390 drawings hardly; 26 letters with 13,185 "
    "drawings come near all letters with as many.",
)
# %%
none, one_each, few_26, many_26, many_all = read_from.values()
by_drawings = interval((many_26 - few_26) / 100, bounds=(-1, 1))
by_letters = interval((many_all - many_26) / 100, bounds=(-1, 1))
for name, gained in (("drawings", by_drawings), ("letters", by_letters)):
    print(f"more {name}: {gained[0]:+.1%} ({gained[1]:+.1%} to {gained[2]:+.1%})")
assert by_drawings[1] > 0 and by_drawings[0] > by_letters[0]
assert one_each.mean() < few_26.mean()
# %% [markdown] lang="en"
# The drawings, above all. With {{len(y):,}} of them 26 letters do: {{many_26.mean():.1f}} %, {{100 * by_drawings[0]:.1f}} points more than with
# {{int(known.sum())}} ({{100 * by_drawings[1]:.1f}} to {{100 * by_drawings[2]:.1f}}). Whether more letters add to that, five seeds
# cannot tell: {{100 * by_letters[0]:+.1f}} points ({{100 * by_letters[1]:+.1f}} to {{100 * by_letters[2]:+.1f}}). And who spreads {{int(known.sum())}} drawings over as many letters, one of each, gets
# {{one_each.mean():.1f}} %, no more than random weights do. It fits lesson 02: a picture that is seen over and over can be learned by heart,
# and then nothing has to be learned that is of use elsewhere.
# %% [markdown] lang="ko"
# 무엇보다 그림 수입니다. 그림이 {{len(y):,}}장이면 글자 26종으로도 {{many_26.mean():.1f}}%이고, {{int(known.sum())}}장일 때보다 {{100 * by_drawings[0]:.1f}}%p
# ({{100 * by_drawings[1]:.1f}}~{{100 * by_drawings[2]:.1f}}) 높습니다. 글자를 더 쓰면 더 나아지는지는 시드 다섯 개로 가릴 수 없습니다({{100 * by_letters[0]:+.1f}}%p, {{100 * by_letters[1]:+.1f}}~{{100 * by_letters[2]:+.1f}}).
# 그림 {{int(known.sum())}}장을 글자마다 한 장씩 나누어 쓰면 {{one_each.mean():.1f}}%로 무작위 가중치보다 나을 것이 없습니다. 2강에서 본 것과 맞습니다. 같은 그림을 거듭해서 보면 외울 수 있고, 그러면 다른
# 데서 쓸모 있는 것을 배울 필요가 없습니다.
# %% [markdown] lang="en"
# ## Once, and for everybody
#
# The weights of `glyphnet` are one file of {{(weights / "glyphnet.weights.h5").stat().st_size / 1e6:.1f}} MB. Whoever has it
# owns the whole pre-training. How long does it take to get there by loading?
# %% [markdown] lang="ko"
# ## 한 번 만들어 모두가 씁니다
#
# `glyphnet`의 가중치는 {{(weights / "glyphnet.weights.h5").stat().st_size / 1e6:.1f}}MB짜리 파일 하나입니다. 이 파일만 있으면 사전 학습을 통째로 가진
# 셈입니다. 불러와서 거기까지 가는 데는 얼마나 걸릴까요?
# %% tags=["timing"]
start = time.process_time()
ft.load_backbone("glyphnet")
loading = time.process_time() - start
print(
    f"our small pre-training took about {seconds / loading:.0f} times as long as "
    "loading the real one"
)
# %% [markdown] lang="en"
# That is why pre-training is done once, by somebody with the data and the machines, and then shared. Everyone else pays for
# loading and for a small head.
#
# ### Exercise 3: when does it pay?
#
# Pre-training costs `pretraining`, once. Each user then pays `on_top`, and without it each would pay `alone`. Return the
# smallest number of users for whom sharing costs less in all. `on_top` is less than `alone`.
# %% [markdown] lang="ko"
# 그래서 사전 학습은 데이터와 장비가 있는 누군가가 한 번 하고 그 결과를 공개합니다. 다른 사람은 불러와서 작은 헤드를 학습하는 비용만 냅니다.
#
# ### 연습 3: 언제부터 이득일까요?
#
# 사전 학습에는 `pretraining`이 한 번 듭니다. 그 뒤로 사용자마다 `on_top`을 내고, 사전 학습이 없으면 한 사람당 `alone`을 냅니다. 총비용을 따져 함께 쓰는 쪽이 더
# 싸지는 최소 사용자 수를 돌려주세요. `on_top`은 `alone`보다 작습니다.
# %% tags=["exercise"]
def pays_from(pretraining, alone, on_top):
    return ...

# Stuck? ft.hint("03.3"), then ft.solution("03.3")
ft.check("03.3", pays_from)
# %% [markdown] lang="en"
# ## The test set, once
#
# All choices were made on validation images. Now one look at the test images. Five draws of ten labels
# per class, and a fresh head each time; the networks from scratch are those from above.
# %% [markdown] lang="ko"
# ## 테스트 데이터는 한 번만
#
# 모든 선택은 검증 이미지로 했습니다. 이제 테스트 이미지를 한 번만 봅니다. 클래스당 레이블 열 개를 다섯 번 뽑고, 그때마다 헤드를
# 새로 학습합니다. 처음부터 학습한 신경망은 앞에서 만든 것을 그대로 씁니다.
# %%
views = {
    "raw pixels": pixels,
    "random weights": features(small_network(seed=1)),
    "ours, pre-trained on letters": features(backbone),
    "glyphnet, as it ships": features(glyphnet),
}
tested = {
    "from scratch": [
        accuracy(m, t.test.images, t.test.labels) for m, t in zip(alone, draws)
    ]
}
tested |= {
    name: [read(view, task, "test") for task in draws] for name, view in views.items()
}
# %%
for name, values in tested.items():
    print(f"{name:<30}{100 * np.mean(values):.1f} %")
*controls, best, shipped = (np.mean(values) for values in tested.values())
assert shipped > best > controls[0] + 0.01 and controls == sorted(
    controls, reverse=True
)
first = next(
    r
    for r in track.recorded("digits").table()
    if (r["strategy"], r["labels_per_class"]) == ("scratch", 10)
)
glyphnet_alone = first["test_mean"]  # lesson 01b, with ten labels per class
# %% [markdown] lang="en"
# The order is the same on the test images. On our small network pre-training is worth {{100 * (best - controls[0]):.1f}} points over training
# from scratch. `glyphnet` took {{drawn * multiplications(glyphnet) / ours:.0f}} times as much and costs you a download; but it is a
# larger network, and read {{100 * glyphnet_alone:.1f}} % from scratch in lesson 01b, with 300 updates. So its pre-training is worth
# about {{100 * (shipped - glyphnet_alone):.0f}} points here, not {{100 * (shipped - controls[0]):.0f}}.
# %% [markdown] lang="ko"
# 테스트 이미지에서도 순위는 그대로입니다. 우리의 작은 신경망에서는 사전 학습한 쪽의 정확도가 처음부터 학습할 때보다 {{100 * (best - controls[0]):.1f}}%p 높습니다. `glyphnet`의 사전 학습은
# 비용이 {{drawn * multiplications(glyphnet) / ours:.0f}}배 들었지만 여러분은 내려받기만 하면 됩니다. 다만 `glyphnet`은 더 큰 신경망이고, 1b강에서 업데이트 300번으로 처음부터
# 학습했을 때 이미 {{100 * glyphnet_alone:.1f}}%였습니다. 그러니 여기서 그 사전 학습의 가치는 {{100 * (shipped - controls[0]):.0f}}%p가 아니라 {{100 * (shipped - glyphnet_alone):.0f}}%p쯤입니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Pre-training ends with a file, and whoever uses it begins with one. Save the backbone, load it, freeze it, and put a
# new head on it. For networks that Keras ships, the first lines shrink to
# `keras.applications.ResNet50(weights="imagenet", include_top=False)`. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 사전 학습은 파일 하나로 끝나고, 그것을 쓰는 일은 그 파일에서 시작합니다. 백본을 저장하고, 불러오고, 동결한 다음 새 헤드를 얹습니다. Keras에 들어 있는 신경망이라면 앞의 몇 줄이
# `keras.applications.ResNet50(weights="imagenet", include_top=False)` 한 줄로 줄어듭니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
import tempfile

with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "backbone.keras"
    backbone.save(file)  # what somebody publishes
    base = keras.models.load_model(file)  # what everybody else begins with
base.trainable = False
keras.utils.set_random_seed(0)
inputs = keras.Input(base.input_shape[1:])
pooled = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
scaled = keras.layers.BatchNormalization()(pooled)
outputs = keras.layers.Dense(10, activation="softmax")(scaled)
plain = keras.Model(inputs, outputs)
# %% tags=["folded"]
plain.compile(
    keras.optimizers.Adam(1e-2),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
train_split, validation = draws[0].train, draws[0].validation
plain.fit(train_split.images, train_split.labels, batch_size=25, epochs=30, verbose=0)
keras_accuracy = plain.evaluate(
    validation.images, validation.labels, verbose=0, return_dict=True
)["accuracy"]
by_reading = read(features(backbone), draws[0])
print(f"digits, validation: plain Keras {100 * keras_accuracy:.1f} %")
print(f"                    as above    {100 * by_reading:.1f} %")
assert abs(keras_accuracy - by_reading) < 0.06
# %% [markdown] lang="en"
# {{100 * keras_accuracy:.1f}} % with a head trained by `fit`, {{100 * by_reading:.1f}} % with the logistic regression
# of above: two ways to fit the same linear head. `trainable = False` keeps the backbone as it was
# saved, BatchNorm included; `training=False` alone would not, once all of it trains (lesson 06).
# %% [markdown] lang="ko"
# `fit`으로 학습한 헤드는 {{100 * keras_accuracy:.1f}}%, 위에서 쓴 로지스틱 회귀는 {{100 * by_reading:.1f}}%입니다. 같은 선형 헤드를 맞추는 두 가지 방법입니다.
# `trainable = False`가 백본을 BatchNorm까지 저장한 그대로 지켜 줍니다. 전체를 학습할 때는 `training=False`만으로 지켜지지 않습니다(6강).
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 03.q1}}
# %% [markdown] lang="ko"
# {{quiz 03.q1}}
# %% tags=["exercise"]
ft.check("03.q1", ...)
# %% [markdown] lang="en"
# {{quiz 03.q2}}
# %% [markdown] lang="ko"
# {{quiz 03.q2}}
# %% tags=["exercise"]
ft.check("03.q2", ...)
# %% [markdown] lang="en"
# {{quiz 03.q3}}
# %% [markdown] lang="ko"
# {{quiz 03.q3}}
# %% tags=["exercise"]
ft.check("03.q3", ...)
# %% [markdown] lang="en"
# {{quiz 03.q4}}
# %% [markdown] lang="ko"
# {{quiz 03.q4}}
# %% tags=["exercise"]
ft.check("03.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Pre-training is ordinary training on a source task with plenty of labels. Its head and its labels are thrown away; the
#   features stay.
# - It makes strokes and edges out of noise: neighbouring weights of the first filters agreed by {{smoothness(before):.2f}}
#   before and {{smoothness(after):.2f}} after.
# - Measure features with a fresh head and with controls. On digits: {{100 * trained[2]:.0f}} %, random weights
#   {{100 * untrained[2]:.0f}} %, pixels {{100 * raw[2]:.0f}} %, from scratch {{100 * scratch[2]:.0f}} %.
# - Features are general only as far as tasks are made of the same things. On textures at most {{100 * trained_t.max():.0f}} %,
#   from scratch {{100 * scratch_t[0]:.0f}} %.
# - A small source gave features about as good as random ones. A large one is expensive, so it is done once and shared.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 사전 학습은 레이블이 넉넉한 원천 태스크로 하는 평범한 학습입니다. 헤드와 레이블은 버리고 특징을 남깁니다.
# - 사전 학습은 잡음에서 획과 경계를 만들어 냅니다. 첫 필터들에서 이웃한 가중치의 상관은 학습 전 {{smoothness(before):.2f}}, 학습 후
#   {{smoothness(after):.2f}}입니다.
# - 특징은 새 헤드를 얹어 재고, 대조군과 비교합니다. 숫자에서는 {{100 * trained[2]:.0f}}%, 무작위 가중치는 {{100 * untrained[2]:.0f}}%, 픽셀은
#   {{100 * raw[2]:.0f}}%, 처음부터 학습하면 {{100 * scratch[2]:.0f}}%였습니다.
# - 특징은 두 태스크가 같은 재료로 이루어진 만큼만 통합니다. 질감에서는 잘해야 {{100 * trained_t.max():.0f}}%였고, 처음부터 학습하면
#   {{100 * scratch_t[0]:.0f}}%였습니다.
# - 원천 태스크가 작으니 특징도 무작위 가중치와 비슷한 수준이었습니다. 크면 비용이 많이 드니, 한 번만 하고 결과를 나누어 씁니다.
# %% [markdown] lang="en"
# ## Next
#
# Our network sees 32 by 32 grey pixels, and all it has ever seen is strokes. Others have paid for far larger ones, pre-trained on
# over a million photos, and given them away. Lesson 04 takes the best known of them apart: VGG, ResNet, MobileNet,
# EfficientNet and their kin.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 우리 신경망이 지금까지 본 것은 32×32 픽셀의 흑백 이미지, 그것도 획뿐입니다. 사진 백만여 장으로 훨씬 큰 신경망을 사전 학습해 공개해 둔 사람들이 있습니다. 4강에서는
# 그중 가장 널리 알려진 VGG, ResNet, MobileNet, EfficientNet 등을 뜯어봅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Russakovsky et al., 2015, [ImageNet](https://arxiv.org/abs/1409.0575); He et al., 2016,
#   [ResNet](https://arxiv.org/abs/1512.03385); Yosinski et al., 2014,
#   [how transferable are features?](https://arxiv.org/abs/1411.1792)
# - Keras: [what convolutional networks learn](https://keras.io/examples/vision/visualizing_what_convnets_learn/)
# - Dive into Deep Learning: [convolutional networks](https://d2l.ai/chapter_convolutional-neural-networks/index.html)
# - Distill: [feature visualization](https://distill.pub/2017/feature-visualization/), what later stages look for
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Russakovsky 등, 2015, [ImageNet](https://arxiv.org/abs/1409.0575). He 등, 2016,
#   [ResNet](https://arxiv.org/abs/1512.03385). Yosinski 등, 2014,
#   [특징은 얼마나 옮겨 쓸 수 있을까](https://arxiv.org/abs/1411.1792)
# - Keras: [합성곱 신경망이 배우는 것](https://keras.io/examples/vision/visualizing_what_convnets_learn/)
# - Dive into Deep Learning: [합성곱 신경망](https://d2l.ai/chapter_convolutional-neural-networks/index.html)
# - Distill: [특징 시각화](https://distill.pub/2017/feature-visualization/). 뒤쪽 스테이지가 무엇을 찾는지 보여 줍니다
