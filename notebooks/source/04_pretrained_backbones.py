# %% [markdown] lang="en"
# # Pre-trained backbones
#
# In lesson 03 you pre-trained a small backbone yourself. Others have spent far more: VGG alone trained for two to three weeks
# on four GPUs (Simonyan and Zisserman, 2014). They publish the result. What is in such a download, what does it want from
# you, and which one do you take?
#
# **Questions**
# - What do the famous networks have in common, and which idea did each of them bring?
# - Where do the parameters sit, and do they cost the time?
# - How does a published classifier become the backbone of my own?
# - What happens if its pixels are not those it was trained on?
#
# **You will**
# - read nine networks as stages, and count what each stage stores and what it computes
# - measure that parameters are not time
# - take off a head and put on your own
# - see how the view of a stage grows, from edges to whole shapes
# - feed a network wrong pixels, hear nobody complain, and mend it
#
# ⏱ {{minutes}} minutes · Needs: lesson 03 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 사전 학습된 백본(pre-trained backbones)
#
# 3강에서는 작은 백본(backbone)을 직접 사전 학습했습니다. 훨씬 많은 것을 쏟아부은 사람들도 있습니다. VGG는 GPU 네 대로 2~3주를
# 학습했고(Simonyan과 Zisserman, 2014), 그렇게 얻은 가중치를 공개했습니다. 내려받은 파일에는 무엇이 들어 있고, 무엇을 지켜서 써야 하며, 어느 것을
# 고르면 좋을까요?
#
# **질문**
# - 유명한 신경망들은 무엇이 같고, 각각 어떤 아이디어를 내놓았을까요?
# - 파라미터(parameter)는 어디에 몰려 있고, 시간도 거기서 들까요?
# - 공개된 분류기를 어떻게 내 백본으로 만들까요?
# - 학습할 때와 다른 픽셀을 넣으면 어떻게 될까요?
#
# **이 수업을 마치면**
# - 신경망 아홉 개를 스테이지(stage)로 나누어 읽고, 스테이지마다 무엇을 저장하고 얼마나 계산하는지 셀 수 있습니다
# - 파라미터가 곧 시간은 아니라는 것을 측정해 보일 수 있습니다
# - 헤드(head)를 떼어 내고 내 헤드를 얹을 수 있습니다
# - 뒤쪽 스테이지일수록 더 넓게 본다는 것을, 경계에서 전체 모양까지 눈으로 확인할 수 있습니다
# - 틀린 픽셀을 넣어도 아무 경고가 없다는 것을 확인하고, 바로잡을 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 3강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import dataclasses
import math
import time
import warnings
from collections import Counter

import keras
import numpy as np

import ftlib as ft
from ftlib import plots

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a progress bar that it would like to show
    import keras_hub

track = ft.track("glyph")
listed = {
    info.name: info for info in ft.list_backbones() if "glyphnet" not in info.name
}
print(
    len(listed), "networks of keras.applications, such as", ", ".join(list(listed)[5:8])
)
# %% [markdown] lang="en"
# ## The shelf
#
# All of these have been trained on ImageNet, more than a million photos of 1,000 kinds of things. Nine names come up again
# and again. Each family became famous for one idea. The year is that of the idea; the version on our shelf may be younger:
#
# | year | family | its idea |
# |:---|:---|:---|
# | 2014 | VGG16, VGG19 | 3 × 3 convolutions and nothing else, stacked deep |
# | 2014 | Inception (GoogLeNet; here V3) | parallel paths with kernels of several sizes, joined again |
# | 2015 | ResNet50, ResNet101 | skip connections: a block adds to what it was given |
# | 2017 | MobileNet (here V2) | depthwise separable: filter each channel by itself, then mix the channels |
# | 2019 | EfficientNet (B0) | compound scaling: depth, width and image size grow together |
# | 2020 | ViT (B/16) | patches as words: each one looks at all others by attention |
# | 2022 | ConvNeXt (Tiny) | a convolutional network built from ideas of ViT |
# %% [markdown] lang="ko"
# ## 진열대
#
# 모두 ImageNet으로 학습한 신경망입니다. ImageNet은 천 가지 사물을 찍은 사진 백만여 장입니다. 그중 아홉 개의 이름이 거듭 나옵니다. 계열마다 이름을 알린
# 아이디어가 하나씩 있습니다. 연도는 그 아이디어가 나온 해이고, 여기 있는 버전은 그보다 나중 것일 수 있습니다.
#
# | 연도 | 계열 | 아이디어 |
# |:---|:---|:---|
# | 2014 | VGG16, VGG19 | 3×3 합성곱만 깊이 쌓기 |
# | 2014 | Inception(GoogLeNet, 여기서는 V3) | 커널 크기가 다른 여러 갈래를 나란히 두고 다시 합치기 |
# | 2015 | ResNet50, ResNet101 | 스킵 연결(skip connection): 받은 것에 결과를 더해서 넘기는 블록 |
# | 2017 | MobileNet(여기서는 V2) | 깊이별 분리 합성곱(depthwise separable): 채널마다 필터를 따로 적용한 다음 채널을 섞기 |
# | 2019 | EfficientNet (B0) | 복합 스케일링(compound scaling): 깊이, 너비, 이미지 크기를 함께 키우기 |
# | 2020 | ViT (B/16) | 패치(patch)를 단어처럼: 어텐션(attention)으로 서로를 모두 살피기 |
# | 2022 | ConvNeXt (Tiny) | ViT의 아이디어를 가져온 합성곱 신경망 |
# %% [markdown] lang="en"
# The weights are a download, but the architecture is code that you have already. So we build them with random weights, at
# the image size of their pre-training. That is enough to look at the anatomy, and it works offline.
# %% [markdown] lang="ko"
# 가중치는 내려받아야 하지만 구조는 이미 설치된 코드입니다. 그래서 여기서는 사전 학습 때의 이미지 크기로, 가중치는 무작위로 만듭니다. 해부해 보기에는
# 그것으로 충분하고, 네트워크도 필요 없습니다.
# %%
shelf = "VGG16 VGG19 InceptionV3 ResNet50 ResNet101 MobileNetV2 EfficientNetB0".split()
keras.utils.set_random_seed(0)
# "default" downloads.
zoo = {name: ft.load_backbone(name, weights=None) for name in shelf}
zoo["ViT-B/16"] = keras_hub.models.ViTBackbone(
    image_shape=(224, 224, 3), patch_size=16, num_layers=12, num_heads=12,
    hidden_dim=768, mlp_dim=3072,
)
zoo["ConvNeXtTiny"] = ft.load_backbone("ConvNeXtTiny", weights=None)
# As KerasHub states for its ViT-B/16.
assert zoo["ViT-B/16"].count_params() == 85_798_656
# %% [markdown] lang="en"
# `ft.load_backbone` gives networks of `keras.applications` without their heads; ViT comes from KerasHub. An idea leaves
# traces: layers that one family brought.
#
# **Predict.** MobileNet, EfficientNet and ConvNeXt came after ResNet. Which of the older ideas will you find in them?
# %% [markdown] lang="ko"
# `ft.load_backbone`은 `keras.applications`의 신경망을 헤드 없이 가져옵니다. ViT는 KerasHub에서 왔습니다. 아이디어는 흔적을 남깁니다. 계열마다 새로
# 도입한 층이 있습니다.
#
# **예측해 보세요.** MobileNet, EfficientNet, ConvNeXt는 ResNet보다 나중에 나왔습니다. 이들 안에서 앞선 아이디어를 몇 가지나 찾을 수 있을까요?
# %%
def kind(part):
    """The type of a layer; a convolution that keeps its channels apart is depthwise."""
    apart = (
        isinstance(part, keras.layers.DepthwiseConv2D) or getattr(part, "groups", 1) > 1
    )
    return "depthwise" if apart else type(part).__name__

found = {name: ft.stages(network, max_stages=5) for name, network in zoo.items()}
made_of = {}
for name, network in zoo.items():
    parts = [
        *network.operations,
        *(layer for stage in found[name] for layer in stage.layers),
    ]
    made_of[name] = Counter(map(kind, {id(part): part for part in parts}.values()))
# %%
traces = {
    "Conv2D": "conv", "Concatenate": "join", "Add": "skip", "depthwise": "depthwise",
    "BatchNormalization": "BatchNorm", "LayerNormalization": "LayerNorm",
    "ViTEncoderBlock": "attention",
}
print(" " * 15 + "".join(f"{word:>10}" for word in traces.values()))
for name, counts in made_of.items():
    print(f"{name:<15}" + "".join(f"{counts[trace] or '-':>10}" for trace in traces))

later = ("ResNet50", "MobileNetV2", "EfficientNetB0", "ConvNeXtTiny")
assert all(made_of[name]["Add"] for name in later)
assert {k.kernel_size for k in zoo["VGG16"].layers if kind(k) == "Conv2D"} == {(3, 3)}
assert not made_of["ConvNeXtTiny"]["BatchNormalization"]
# %% [markdown] lang="en"
# Good ideas stay. On this shelf everything after ResNet has skip connections; ViT's blocks hide two each. EfficientNet and ConvNeXt have
# taken over MobileNet's depthwise convolutions. And ConvNeXt has ViT's LayerNorm where most others have BatchNorm,
# so the trap of BatchNorm that lesson 06 shows is not in it.
# %% [markdown] lang="ko"
# 좋은 아이디어는 살아남습니다. 여기 있는 신경망 중 ResNet 뒤에 나온 것에는 모두 스킵 연결이 있고, ViT의 블록 속에도 두 개씩 숨어 있습니다. EfficientNet과 ConvNeXt는
# MobileNet의 깊이별 합성곱을 물려받았습니다. ConvNeXt에는 흔히 BatchNorm이 있는 자리에 ViT의 LayerNorm이 있습니다. 그래서 6강에 나올 BatchNorm의
# 함정도 없습니다.
# %% [markdown] lang="en"
# ## Nine names, one skeleton
#
# Layer lists of hundreds of lines hide the plan. A **stage** is what lies between two points where the network could be
# cut, because a single activation passes there; a new one begins where the maps become smaller. `ft.stages` finds them in
# the layer graph of any functional Keras model.
# %% [markdown] lang="ko"
# ## 이름은 아홉, 뼈대는 하나
#
# 수백 줄짜리 층 목록에서는 설계가 보이지 않습니다. **스테이지**는 신경망을 자를 수 있는 두 지점 사이의 토막입니다. 텐서 하나만 지나가는 곳이면 자를 수
# 있고, 맵이 작아지는 곳에서 새 스테이지가 시작됩니다. `ft.stages`는 함수형 Keras 모델이면 어떤 것이든 층 그래프에서 스테이지를 찾아냅니다.
# %% tags=["nbval-check-output"]
found["ResNet50"]
# %% [markdown] lang="en"
# Now all nine. Each row of the picture is a network, each box a stage: its height shows how large the maps are when they
# leave it, the number in it which share of the parameters it holds. ViT's twelve equal blocks are gathered into five runs.
#
# **Predict.** What will the eight convolutional networks have in common? And how will ViT differ?
# %% [markdown] lang="ko"
# 이제 아홉 개를 모두 봅시다. 그림의 한 줄이 신경망 하나, 상자 하나가 스테이지 하나입니다. 상자의 높이는 스테이지를 나갈 때의 맵 크기이고, 안의 숫자는
# 그 스테이지에 든 파라미터의 비율입니다. ViT의 똑같은 블록 열두 개는 다섯 묶음으로 모았습니다.
#
# **예측해 보세요.** 합성곱 신경망 여덟 개는 무엇이 같을까요? ViT는 어떻게 다를까요?
# %%
rows = {
    name: [
        # Between the blocks of ViT the tokens keep the shape that they have at the end.
        {
            "output_shape": s.output_shape or zoo[name].output_shape[1:],
            "params": s.params,
        }
        for s in stages
    ]
    for name, stages in found.items()
}
title = "Maps shrink, channels grow, and the parameters sit late"
ft.show(
    plots.stage_shares(rows, "params", "parameters", title),
    alt="Nine networks as rows of boxes. In the eight convolutional ones the boxes "
    "become lower from left to right, and the last two hold most of the parameters; "
    "in ViT all boxes are of one height.",
)
# %%
def late(name, key, last=2):
    """The share of the last stages."""
    values = [row[key] for row in rows[name]]
    return sum(values[-last:]) / sum(values)

shapes = {
    name: (row[0]["output_shape"], row[-1]["output_shape"])
    for name, row in rows.items()
}
convolutional = [name for name in zoo if name != "ViT-B/16"]
for name in convolutional:
    (side, _, channels), (last_side, _, last_channels) = shapes[name]
    assert last_side <= side / 7 and last_channels >= 7 * channels
    assert late(name, "params") > 0.6
assert shapes["ViT-B/16"][0] == shapes["ViT-B/16"][1]
# %% [markdown] lang="en"
# One skeleton: in every convolutional network the maps shrink by a factor of seven or more, the channels grow as much, and
# the last two stages hold {{100 * min(late(n, "params") for n in convolutional):.0f}} to
# {{100 * max(late(n, "params") for n in convolutional):.0f}} % of the parameters. ViT cuts the image into patches once, and
# keeps {{shapes["ViT-B/16"][0][0]}} tokens (a token for each patch and one for the whole image) to the end.
# %% [markdown] lang="ko"
# 뼈대는 하나입니다. 합성곱 신경망은 어느 것이나 맵이 7분의 1 이하로 줄고, 채널은 그만큼 늘며, 마지막 두 스테이지에 파라미터의
# {{100 * min(late(n, "params") for n in convolutional):.0f}}~{{100 * max(late(n, "params") for n in convolutional):.0f}}%가 있습니다. ViT는 이미지를
# 한 번 패치로 나눈 다음 토큰(token) {{shapes["ViT-B/16"][0][0]}}개를 끝까지 유지합니다. 패치마다 하나씩, 그리고 이미지 전체를 맡는 토큰이 하나 있습니다.
# %% [markdown] lang="en"
# ### Exercise 1: how small may an image be?
#
# MobileNetV2 turns 224 pixels into maps of 7 × 7. Change one argument, so that its last maps are 3 × 3.
# %% [markdown] lang="ko"
# ### 연습 1: 이미지는 얼마나 작아도 될까요?
#
# MobileNetV2는 224픽셀을 7×7 맵으로 만듭니다. 인자 하나만 바꾸어 마지막 맵이 3×3이 되게 해 보세요.
# %% tags=["exercise"]
small = ft.load_backbone("MobileNetV2", weights=None, image_size=224)
# Stuck? ft.hint("04.1"), then ft.solution("04.1")
ft.check("04.1", small)
# %% [markdown] lang="en"
# ## Take off the head
#
# The picture shows networks without their heads. `keras.applications` leaves the head off with `include_top=False`. How much
# is gone then? VGG's head lays out the last maps in one long row, joins each number to 4,096 units, these to 4,096 more,
# and these to 1,000 classes.
#
# **Predict.** Which share of VGG16's 138 million parameters is in the head?
# %% [markdown] lang="ko"
# ## 헤드를 떼면
#
# 앞의 그림은 헤드 없는 신경망입니다. `keras.applications`에서는 `include_top=False`로 헤드를 뗍니다. 그러면 얼마나 없어질까요? VGG의 헤드는 마지막 맵을
# 한 줄로 펼쳐 값 하나하나를 유닛 4,096개와 잇고, 그것을 다시 유닛 4,096개와, 또 클래스 1,000개와 잇습니다.
#
# **예측해 보세요.** VGG16의 파라미터 1억 3,800만 개 중 헤드에 든 것은 몇 퍼센트일까요?
# %% tags=["nbval-check-output"]
body, inputs, in_head = (
    zoo["VGG16"].count_params(),
    math.prod(zoo["VGG16"].output_shape[1:]),
    0,
)
for units in (4096, 4096, 1000):
    in_head += (inputs + 1) * units  # + 1: the bias
    inputs = units
print(f"VGG16 without its head: {body:,} parameters, with it: {body + in_head:,}")
print(f"the head alone: {in_head:,}, {100 * in_head / (body + in_head):.0f} %")
assert body + in_head == 138_357_544  # what the Keras documentation states
assert in_head > 0.8 * (body + in_head)
# %% [markdown] lang="en"
# Nearly all of it. Later networks first average each map, which leaves one number per map: the features. A new head on
# these is tiny, whatever the body.
# %% [markdown] lang="ko"
# 거의 전부입니다. 나중에 나온 신경망은 먼저 맵마다 평균을 냅니다. 그러면 맵마다 값이 하나씩 남는데, 이것이 특징(feature)입니다. 그 위에 얹는 새 헤드는 백본이
# 무엇이든 아주 작습니다.
# %% tags=["nbval-check-output"]
for name in ("VGG16", "MobileNetV2", "ViT-B/16"):
    model = ft.classifier(zoo[name], num_classes=10)
    features, head = zoo[name].output_shape[-1], ft.stages(model)[-1]
    print(
        f"{name:<12} {features:>5,} features, new head for 10 classes: "
        f"{head.params:>6,}"
    )
    assert head.params == 10 * features + 10
# %% [markdown] lang="en"
# `ft.classifier` puts on the same head everywhere: the average, dropout, one Dense layer. In plain Keras it is
# `include_top=False, pooling="avg"` and a `Dense`. Extractor and classifier part where the features are, and only the
# classifier is yours. Lesson 05 trains it.
# %% [markdown] lang="ko"
# `ft.classifier`가 얹는 헤드는 어디서나 같습니다. 평균, 드롭아웃, Dense 층 하나입니다. 순수한 Keras로 하면 `include_top=False, pooling="avg"`에 `Dense`를
# 더한 것입니다. 특징이 나오는 곳을 경계로 앞쪽은 특징 추출기, 뒤쪽은 분류기이며, 직접 만들 것은 분류기뿐입니다. 5강에서 학습합니다.
# %% [markdown] lang="en"
# ## Parameters are not work
#
# A kernel is stored once, but slides over the whole map: each of its entries is multiplied at every place. So the work of
# a layer is its entries times the places of its output.
# %% [markdown] lang="ko"
# ## 파라미터와 계산량은 다릅니다
#
# 커널은 한 번만 저장되지만 맵 전체를 훑습니다. 커널 값 하나하나가 모든 자리에서 곱해집니다. 그래서 층의 계산량은 커널 값의 수에 출력의 자리 수를 곱한
# 것입니다.
# %%
def multiplications(layer, network):
    """How many multiplications a layer does for one image."""
    # Within ViT's encoder: all tokens.
    output = getattr(layer, "output", network.output)
    entries = sum(
        math.prod(w.shape) for w in layer.weights if w.name.endswith("kernel")
    )
    return entries * math.prod(output.shape[1:-1])

for name, network in zoo.items():
    for row, stage in zip(rows[name], found[name]):
        row["work"] = sum(multiplications(layer, network) for layer in stage.layers)
work = {name: sum(row["work"] for row in rows[name]) for name in zoo}
in_papers = {
    "VGG16": 15.3e9, "ResNet50": 3.8e9, "ResNet101": 7.6e9,
    "MobileNetV2": 0.3e9, "EfficientNetB0": 0.39e9,
}
assert all(0.97 < work[name] / said < 1.03 for name, said in in_papers.items())
# %% [markdown] lang="en"
# The sums agree with the papers to three percent. Now the same picture, but with the share of the work in the boxes (G
# stands for a billion).
#
# **Predict.** VGG16 has {{zoo["VGG16"].count_params() / 1e6:.1f}} million parameters without its head, ResNet50
# {{zoo["ResNet50"].count_params() / 1e6:.1f}} million. Which of the two multiplies more? Where in the network?
# %% [markdown] lang="ko"
# 합계는 논문에 적힌 값과 3% 안에서 맞습니다. 같은 그림을 다시 그리되 이번에는 상자에 계산량의 비율을 적습니다. G는 10억을 뜻합니다.
#
# **예측해 보세요.** 헤드를 뗀 VGG16의 파라미터는 {{zoo["VGG16"].count_params() / 1e4:,.0f}}만 개, ResNet50은
# {{zoo["ResNet50"].count_params() / 1e4:,.0f}}만 개입니다. 곱셈을 더 많이 하는 쪽은 어느 쪽이고, 신경망의 어디에서 할까요?
# %%
title = "The work is not done where the parameters are"
ft.show(
    plots.stage_shares(rows, "work", "multiplications", title),
    alt="The same nine networks; now the numbers are shares of the multiplications. "
    "In the convolutional networks they are spread over the stages, with far less in "
    "the last one than its share of the parameters.",
)
assert all(late(n, "work", last=1) < late(n, "params", last=1) for n in convolutional)
assert abs(late("ViT-B/16", "work", last=1) - late("ViT-B/16", "params", last=1)) < 0.02
assert work["VGG16"] > 3 * work["ResNet50"]
assert zoo["VGG16"].count_params() < zoo["ResNet50"].count_params()
# %% [markdown] lang="en"
# VGG16 has fewer parameters than ResNet50, and {{work["VGG16"] / work["ResNet50"]:.0f}} times the work. Its last stage holds
# {{100 * late("VGG16", "params", 1):.0f}} % of the parameters and does {{100 * late("VGG16", "work", 1):.0f}} % of the
# work: small maps, few places. In ViT the two go together, since every block works on all tokens. MobileNetV2 does with {{work["ResNet50"] / work["MobileNetV2"]:.0f}} times less work than
# ResNet50. Its trick is worth an exercise.
# %% [markdown] lang="ko"
# VGG16은 파라미터가 ResNet50보다 적은데 계산량은 {{work["VGG16"] / work["ResNet50"]:.0f}}배입니다. 마지막 스테이지에는 파라미터의
# {{100 * late("VGG16", "params", 1):.0f}}%가 있지만 계산량은 {{100 * late("VGG16", "work", 1):.0f}}%뿐입니다. 맵이 작아 자리가 적기 때문입니다.
# ViT에서는 둘이 나란히 갑니다. 어느 블록이나 모든 토큰을 다루기 때문입니다.
# MobileNetV2의 계산량은 ResNet50의 {{work["ResNet50"] / work["MobileNetV2"]:.0f}}분의 1입니다. 그 비결은 직접 세어 볼 만합니다.
# %% [markdown] lang="en"
# ### Exercise 2: depthwise separable
#
# An ordinary 3 × 3 convolution from 128 channels to 128 has 3 · 3 · 128 · 128 weights. MobileNet splits it: first one 3 × 3
# filter for each channel by itself, then a 1 × 1 convolution that mixes the channels. How many weights have the two together?
# No biases.
# %% [markdown] lang="ko"
# ### 연습 2: 깊이별 분리 합성곱
#
# 채널 128개에서 128개로 가는 보통의 3×3 합성곱에는 가중치가 3 · 3 · 128 · 128개 있습니다. MobileNet은 이를 둘로 나눕니다. 먼저 채널마다 따로 3×3 필터를
# 하나씩 쓰고, 그다음 1×1 합성곱으로 채널을 섞습니다. 둘을 합치면 가중치는 몇 개일까요? 편향은 없습니다.
# %% tags=["exercise"]
separable = ...
# Stuck? ft.hint("04.2"), then ft.solution("04.2")
ft.check("04.2", separable)
# %% [markdown] lang="en"
# ## And work is not time
#
# In the end only a clock can tell. We time one image through five of the networks, compiled, and take the best of three.
#
# **Predict.** ResNet50 multiplies {{work["ResNet50"] / work["EfficientNetB0"]:.0f}} times as often as EfficientNetB0. Does it
# take as many times as long?
# %% [markdown] lang="ko"
# ## 계산량과 시간도 다릅니다
#
# 결국 시간을 재 봐야 압니다. 신경망 다섯 개에 이미지를 한 장씩 넣고 걸리는 시간을 재 봅시다. 먼저 컴파일하고, 세 번 중 가장 빠른 것을 씁니다.
#
# **예측해 보세요.** ResNet50의 곱셈은 EfficientNetB0의 {{work["ResNet50"] / work["EfficientNetB0"]:.0f}}배입니다. 시간도 그만큼 더 걸릴까요?
# %% tags=["timing"]
import tensorflow as tf

timed = ("VGG16", "ResNet50", "MobileNetV2", "EfficientNetB0", "ViT-B/16")
runs = {name: tf.function(zoo[name]) for name in timed}
photo = {
    name: np.full((1, *zoo[name].input_shape[1:]), 128, "float32") for name in timed
}
took = {name: [] for name in timed}
for turn in range(4):
    for name, run in runs.items():
        start = time.perf_counter()
        np.asarray(run(photo[name]))
        # The first turn compiles.
        took[name] += [time.perf_counter() - start] * (turn > 0)
took = {name: min(seconds) for name, seconds in took.items()}
# %% tags=["timing"]
times = {name: round(took[name] / took["MobileNetV2"], 1) for name in timed}
ft.show(
    plots.bars(
        times, "Time for one image on this machine", "Times as long as MobileNetV2"
    ),
    alt="Bars of the time for one image in multiples of MobileNetV2, the quickest. "
    "VGG16 and ViT take longest, although VGG16 has fewer parameters than ResNet50.",
)
busier = work["ResNet50"] / work["EfficientNetB0"]
slower = took["ResNet50"] / took["EfficientNetB0"]
print(
    f"ResNet50 has {busier:.0f} times the work of EfficientNetB0, and {slower:.0f} "
    "times its time"
)
assert slower < busier
assert took["VGG16"] > 1.2 * took["ResNet50"] or tf.config.list_physical_devices("GPU")
# %% [markdown] lang="en"
# On a processor VGG16 is slow in spite of its few parameters: work matters. But the small networks do not save time in
# proportion, since depthwise filters do little with each number that they fetch from memory. On the GPU that the Keras
# documentation reports, VGG16 even overtakes ResNet50. Measure where the network will run.
# %% [markdown] lang="ko"
# CPU에서는 VGG16이 파라미터가 적은데도 느립니다. 계산량이 중요하다는 뜻입니다. 하지만 작은 신경망은 계산량이 준 만큼 빨라지지 않습니다. 깊이별 필터는
# 메모리에서 값을 가져와서 조금만 계산하고 말기 때문입니다. Keras 문서에 실린 GPU 기록에서는 VGG16이 오히려 ResNet50을 앞지릅니다. 신경망을 돌릴 바로
# 그 기계에서 재 보세요.
# %% [markdown] lang="en"
# ## How far a stage can see
#
# For the rest of the lesson we need trained weights, and take those that ship with the course: `glyphnet`, pre-trained on
# letters. Like the large ones it is a stem, its first convolution, and a few stages.
# %% [markdown] lang="ko"
# ## 스테이지는 얼마나 넓게 볼까요?
#
# 여기서부터는 학습된 가중치가 필요하므로 이 과정에 들어 있는 `glyphnet`을 씁니다. 글자로 사전 학습한 신경망입니다. 큰 신경망처럼 첫 합성곱인
# 스템(stem)과 스테이지 몇 개로 되어 있습니다.
# %% [markdown] lang="en"
# What can one of its units see? We disturb an image, one row or column at a time, and note whether the unit in the middle
# of the maps notices.
#
# **Predict.** A unit of the stem looks through one 3 × 3 kernel. How many pixels does a unit of `stage1` see, two layers on?
# %% [markdown] lang="ko"
# 그 안의 유닛 하나는 무엇을 볼 수 있을까요? 이미지를 한 번에 한 행이나 한 열씩 바꾸어 가며 맵 한가운데의 유닛이 알아채는지 봅시다.
#
# **예측해 보세요.** 스템의 유닛은 3×3 커널 하나로 봅니다. 두 층 더 간 `stage1`의 유닛은 픽셀을 몇 개나 볼까요?
# %%
backbone = track.backbone
stem = keras.Model(backbone.input, backbone.get_layer("stem_relu").output)
looks = {"stem": stem}
for stage in ft.stages(backbone):
    looks[stage.name] = (
        ft.split_model(backbone, stage)[0] if stage.can_split else backbone
    )

base = np.random.default_rng(0).uniform(0, 255, (32, 32)).astype("float32")
# One stays as it is.
lines, disturbed = (np.arange(32), np.repeat(base[None], 65, axis=0))
disturbed[1 + lines, lines] = 255 - base  # then each row by itself
disturbed[33 + lines, :, lines] = 255 - base.T  # and each column
sees = {}
for name, look in looks.items():
    maps = np.array(look(disturbed[..., None]))
    middle = maps[:, maps.shape[1] // 2, maps.shape[2] // 2]
    notices = np.abs(middle[1:] - middle[0]).max(axis=1) > 1e-3
    sees[name] = np.outer(notices[:32], notices[32:])
    seen = f"{notices[:32].sum()} x {notices[32:].sum()}"
    print(f"{name:<8} maps {str(maps.shape[1:]):<13} one unit sees {seen} pixels")
# %%
digits = track.task(labels_per_class=50, seed=0).for_backbone(backbone)
fives = digits.train.images[digits.train.labels == 5]
# Typical.
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
def fans(look):
    """The ten digits that excite each unit most, and how many of them are of one
    kind."""
    # Anywhere in the image.
    strength = np.array(look(digits.train.images)).max(axis=(1, 2))
    strength = strength[:, strength.max(axis=0) > 0]
    tens = np.argsort(-strength, axis=0, kind="stable")[:10].T
    return tens, np.array([np.bincount(digits.train.labels[ten]).max() for ten in tens])
# %%
favourites, alike = {}, {}
for name, look in looks.items():
    tens, same = fans(look)
    alike[name] = same.mean()
    # A middling unit.
    favourites[name] = tens[np.argsort(same, kind="stable")[len(same) // 2]]

untrained = [
    ft.reinitialize(track.backbone, "he_normal", seed=seed) for seed in range(3)
]
random = [fans(network)[1].mean() for network in untrained]
draws = np.random.default_rng(0).permuted(
    np.tile(digits.train.labels, (2000, 1)), axis=1
)
blind = np.mean([np.bincount(ten).max() for ten in draws[:, :10]])
# %%
names = [name if i == 0 else "" for name in favourites for i in range(10)]
shown = digits.train.images[np.concatenate(list(favourites.values()))]
ft.show(
    plots.image_grid(shown, names, title="Ten favourites of a typical unit"),
    alt="Four rows of ten digits: those that excite a typical unit of the stem, "
    "stage1, stage2 and stage3 most. In the early rows digits of many kinds are "
    "mixed, in the last row most have the same bend.",
)
counts = {
    **alike, "stage3, random weights": (np.mean(random), min(random), max(random)),
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
assert alike["stage3"] > max(random)
# %% [markdown] lang="en"
# In the stem {{alike["stem"]:.1f}} of ten are of one kind, in the last stage {{alike["stage3"]:.1f}}. Part of that is the
# wide view: even random weights give {{np.mean(random):.1f}} there. The rest was learned, and not from digits. Late units
# stand for shapes of letters, and digits have such shapes, too: that is what one hopes for when taking over a backbone.
# %% [markdown] lang="ko"
# 스템에서는 열 장 중 {{alike["stem"]:.1f}}장, 마지막 스테이지에서는 {{alike["stage3"]:.1f}}장이 같은 숫자입니다. 넓게 보는 덕도 있습니다. 무작위
# 가중치로도 거기서는 {{np.mean(random):.1f}}장이 나옵니다. 나머지는 배운 것이고, 숫자에서 배운 것도 아닙니다. 뒤쪽 유닛은 글자의 모양을 나타내는데 숫자에도
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
red = np.array([[[[255, 0, 0]]]], "float32")
for name, package in packages.items():
    pixel = getattr(keras.applications, package).preprocess_input(red.copy()).ravel()
    rule = listed[name].preprocessing
    print(f"{name:<15} {rule:<7}", " ".join(f"{value:7.1f}" for value in pixel))
    assert (rule == "inside") == (pixel == red.ravel()).all()
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
some = letters.take(np.arange(0, len(letters), 12))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    reads = {}
    for name, change in changes.items():
        answers = np.argmax(source(change(some.images.astype("float32"))), axis=1)
        reads[name] = np.mean(answers == some.labels)
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
assert right > 0.85 and max(wrong) < 0.5 * right and said == []
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

drawn = [
    track.task(labels_per_class=10, seed=seed).for_backbone(backbone)
    for seed in range(3)
]
validation = drawn[0].validation  # the same for every seed
# %%
def head_on(change):
    """Validation accuracies of new heads, with the same change of all pixels."""

    def features(split):
        return np.mean(backbone(change(split.images)), axis=(1, 2))

    x_val, scores = features(validation), []
    for task in drawn:
        head = LogisticRegression(max_iter=1000).fit(
            features(task.train), task.train.labels
        )
        scores.append(head.score(x_val, validation.labels))
    return scores

heads = {name: head_on(change) for name, change in changes.items()}
means = {name: np.mean(scores) for name, scores in heads.items()}
# %%
ft.show(
    plots.bars(
        {
            name: (means[name], min(scores), max(scores))
            for name, scores in heads.items()
        },
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
model, refused = ft.classifier(backbone, task.num_classes), []
for change in (lambda x: x / np.float32(255), lambda x: x - np.float32(120)):
    dim = dataclasses.replace(task.train, images=change(task.train.images))
    try:
        ft.fit(model, dataclasses.replace(task, train=dim), verbose=False)
    except ValueError as error:
        refused.append(str(error))
print("\n".join(refused))
assert len(refused) == 2
# %% [markdown] lang="en"
# It cannot notice everything: inverted pixels lie between 0 and 255, too. For those there is only one way, to look at some of
# your images beside some of the pre-training.
# %% [markdown] lang="ko"
# 모든 것을 알아채지는 못합니다. 뒤집은 픽셀도 0에서 255 사이에 있습니다. 이런 것은 내 이미지를 사전 학습 때의 이미지와 나란히 놓고 직접 보는 수밖에
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
# ### Exercise 3: mend the pixels
#
# A phone gives you photos of digits: dark ink on white paper, floats from 0 (black) to 1 (white). Write the function that
# turns them into what glyphnet was trained on.
# %% [markdown] lang="ko"
# ### 연습 3: 픽셀 바로잡기
#
# 휴대 전화로 찍은 숫자 사진이 있습니다. 흰 종이에 어두운 획이고, 값은 0(검은색)에서 1(흰색)까지의 실수입니다. 이것을 glyphnet이 학습한 것과 같은 픽셀로 바꾸는
# 함수를 작성해 보세요.
# %% tags=["exercise"]
def mend(photos):
    return ...

# Stuck? ft.hint("04.3"), then ft.solution("04.3")
ft.check("04.3", mend)
# %% [markdown] lang="en"
# ## Which one?
#
# The Keras documentation publishes for each network how many ImageNet photos it names rightly at the first guess. We did not
# measure these numbers, but we can set them against the work that we counted. A network that another one beats in both drops
# out of this list. (By these two numbers alone: in time, as we saw, it may still be ahead.)
#
# **Predict.** How many of the eight remain?
# %% [markdown] lang="ko"
# ## 무엇을 고를까요?
#
# Keras 문서에는 신경망마다 ImageNet 사진을 한 번에 맞히는 비율이 나와 있습니다. 여기서 잰 값은 아니지만, 앞에서 센 계산량과 나란히 놓아 볼 수는 있습니다.
# 정확도와 계산량이 모두 다른 신경망보다 못하면 이 목록에서 뺍니다. (이 두 가지로만 따진 것입니다. 앞에서 보았듯이 시간으로는 앞설 수도 있습니다.)
#
# **예측해 보세요.** 여덟 개 중 몇 개가 남을까요?
# %% tags=["nbval-check-output"]
# Percent of ImageNet, from the page "Keras Applications" of the Keras documentation.
top1 = {
    "VGG16": 71.3,
    "VGG19": 71.3,
    "InceptionV3": 77.9,
    "ResNet50": 74.9,
    "ResNet101": 76.4,
    "MobileNetV2": 71.3,
    "EfficientNetB0": 77.1,
    "ConvNeXtTiny": 81.3,
}
networks = {name: {"top1": top1[name], "work": work[name] / 1e9} for name in top1}

def beaten(row):
    """Whether another network is at least as good with less work."""
    rest = networks.values()
    return any(r["top1"] >= row["top1"] and r["work"] < row["work"] for r in rest)

for name, row in sorted(networks.items(), key=lambda item: item[1]["work"]):
    mark = " " if beaten(row) else "*"
    print(
        f"{mark} {name:<15} {row['top1']} %  {row['work']:5.1f} billion multiplications"
    )
left = [name for name, row in networks.items() if not beaten(row)]
# %% [markdown] lang="en"
# Of the eight {{len(left)}} remain: {{", ".join(left)}}. But ImageNet is not your task, and work is not time. The list only says where to
# begin.
# %% [markdown] lang="ko"
# 여덟 개 중 {{len(left)}}개, {{", ".join(left)}}가 남았습니다. 하지만 ImageNet은 내 태스크가 아니고, 계산량은 시간이 아닙니다. 이 목록은 어디서 시작할지를 알려
# 줄 뿐입니다.
# %% [markdown] lang="en"
# Before you choose, ask:
#
# | | |
# |:---|:---|
# | data | What was it pre-trained on? The nearer to your images, the better: lesson 06 shows what a far source costs. |
# | latency | How long may an answer take, and where? Measure it there, at your image size. |
# | size | Four bytes per parameter: VGG16 without its head takes {{4 * zoo["VGG16"].count_params() / 1e6:.0f}} MB, MobileNetV2 {{4 * zoo["MobileNetV2"].count_params() / 1e6:.0f}} MB. |
# | licence | Weights have their own, apart from the code. ResNet's are MIT, VGG's ask to be credited (CC BY); others are for research only. |
# %% [markdown] lang="ko"
# 고르기 전에 이렇게 물어보세요.
#
# | | |
# |:---|:---|
# | 데이터 | 무엇으로 사전 학습했나요? 내 이미지와 가까울수록 좋습니다. 먼 데서 배운 백본을 쓰면 무엇을 잃는지는 6강에 나옵니다. |
# | 지연 시간 | 어디서, 얼마 안에 답해야 하나요? 바로 거기서, 쓸 이미지 크기로 재 보세요. |
# | 크기 | 파라미터 하나에 4바이트입니다. 헤드를 뗀 VGG16은 {{4 * zoo["VGG16"].count_params() / 1e6:.0f}}MB, MobileNetV2는 {{4 * zoo["MobileNetV2"].count_params() / 1e6:.0f}}MB입니다. |
# | 라이선스 | 가중치의 라이선스는 코드와 따로입니다. ResNet은 MIT, VGG는 출처를 밝혀야 하는 CC BY입니다. 연구용으로만 쓸 수 있는 것도 있습니다. |
# %% [markdown] lang="en"
# ### Exercise 4: a rule for choosing
#
# Write a function that gets such a dict `networks`, with `"top1"` and `"work"` for each name, and a limit. It returns the name
# of the best network whose work is at most `most`.
# %% [markdown] lang="ko"
# ### 연습 4: 고르는 규칙
#
# 위의 `networks`처럼 이름마다 `"top1"`과 `"work"`가 든 딕셔너리와 한도 `most`를 받는 함수를 작성해 보세요. 계산량이 `most` 이하인 것 중 가장 좋은 신경망의
# 이름을 돌려줍니다.
# %% tags=["exercise"]
def choose(networks, most):
    return ...

# Stuck? ft.hint("04.4"), then ft.solution("04.4")
ft.check("04.4", choose)
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# What `ft.load_backbone` and `ft.classifier` do for MobileNetV2, step by step. With a network, `weights="imagenet"`
# downloads the pre-trained weights; here both copies get the same random ones. The pixels go through the family's own
# preprocessing, as a layer of the model, where nobody can forget it. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# `ft.load_backbone`과 `ft.classifier`가 MobileNetV2로 하는 일을 직접 쓰면 이렇습니다. 네트워크에 연결되어 있다면 `weights="imagenet"`으로 사전 학습한 가중치를
# 내려받습니다. 여기서는 두 모델에 같은 무작위 가중치를 넣습니다. 픽셀은 그 계열의 전처리를 거치는데, 잊어버릴 수 없도록 모델의 층으로 넣습니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
base = keras.applications.MobileNetV2(
    weights=None,  # "imagenet" downloads those of the pre-training
    include_top=False,
    pooling="avg",
    input_shape=(224, 224, 3),
)
base.trainable = False
inputs = keras.Input((224, 224, 3))
x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)  # the rule "tf"
x = base(x, training=False)
outputs = keras.layers.Dense(10, activation="softmax")(x)
keras_model = keras.Model(inputs, outputs)
# %% tags=["folded"]
base.set_weights(zoo["MobileNetV2"].get_weights())
colours = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype("float32")
extractor = keras.Model(inputs, x)
by_keras = np.asarray(extractor(colours))
by_ftlib = np.mean(zoo["MobileNetV2"]([colours]), axis=(1, 2))
difference = np.abs(by_keras - by_ftlib).max() / np.abs(by_ftlib).max()
keras_weights = keras_model.count_params()
ftlib_weights = ft.classifier(zoo["MobileNetV2"], 10).count_params()
print(f"features: {by_keras.shape[1]:,}, the same: {difference < 1e-3}")
print(f"parameters: plain Keras {keras_weights:,}, ftlib {ftlib_weights:,}")
assert difference < 1e-3 and keras_weights == ftlib_weights
# %% [markdown] lang="en"
# The same {{by_keras.shape[1]:,}} features, and {{keras_weights:,}} parameters each. What you have to know by heart is
# which rule belongs to which family, here -1 to 1; `ftlib` looks it up.
# %% [markdown] lang="ko"
# 같은 특징 {{by_keras.shape[1]:,}}개가 나오고, 파라미터는 둘 다 {{keras_weights:,}}개입니다. 어느 계열이 어떤 규칙을 쓰는지는 직접 외워야 합니다(여기서는 -1~1).
# `ftlib`은 그 규칙을 찾아서 씁니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 04.q1}}
# %% [markdown] lang="ko"
# {{quiz 04.q1}}
# %% tags=["exercise"]
ft.check("04.q1", ...)
# %% [markdown] lang="en"
# {{quiz 04.q2}}
# %% [markdown] lang="ko"
# {{quiz 04.q2}}
# %% tags=["exercise"]
ft.check("04.q2", ...)
# %% [markdown] lang="en"
# {{quiz 04.q3}}
# %% [markdown] lang="ko"
# {{quiz 04.q3}}
# %% tags=["exercise"]
ft.check("04.q3", ...)
# %% [markdown] lang="en"
# {{quiz 04.q4}}
# %% [markdown] lang="ko"
# {{quiz 04.q4}}
# %% tags=["exercise"]
ft.check("04.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Convolutional networks share one skeleton: maps shrink, channels grow, and the last two stages hold at least
#   {{100 * min(late(n, "params") for n in convolutional):.0f}} % of the parameters.
# - Parameters, work and time are three things. VGG16 without its head has fewer parameters than ResNet50 and
#   {{work["VGG16"] / work["ResNet50"]:.0f}} times its work. Measure the time where the network will run.
# - A backbone is the network without its head. Yours is an average over the maps and one Dense layer.
# - Units of the stem see {{areas[0]}} pixels, those of the last stage the whole image: first edges, then shapes.
# - Weights need pixels prepared as in their pre-training. Inverted ones cut the letters from {{100 * right:.0f}} % to
#   {{100 * reads["inverted"]:.0f}} %, but a new head only from {{100 * means["0 to 255, as trained"]:.0f}} % to
#   {{100 * means["inverted"]:.0f}} %, and Keras said nothing.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 합성곱 신경망은 뼈대가 같습니다. 맵은 줄고 채널은 늘며, 마지막 두 스테이지에 파라미터의 적어도
#   {{100 * min(late(n, "params") for n in convolutional):.0f}}%가 있습니다.
# - 파라미터, 계산량, 시간은 서로 다른 것입니다. 헤드를 뗀 VGG16은 ResNet50보다 파라미터가 적은데 계산량은
#   {{work["VGG16"] / work["ResNet50"]:.0f}}배입니다. 시간은 신경망을 돌릴 기계에서 재야 합니다.
# - 백본은 헤드를 뗀 신경망입니다. 새 헤드는 맵별 평균과 Dense 층 하나면 됩니다.
# - 스템의 유닛은 픽셀 {{areas[0]}}개를, 마지막 스테이지의 유닛은 이미지 전체를 봅니다. 경계가 먼저, 모양이 나중입니다.
# - 픽셀은 사전 학습 때와 똑같이 변환해야 합니다. 명암을 뒤집으면 글자는 {{100 * right:.0f}}%에서 {{100 * reads["inverted"]:.0f}}%로 떨어지지만, 새
#   헤드는 {{100 * means["0 to 255, as trained"]:.0f}}%에서 {{100 * means["inverted"]:.0f}}%로 줄 뿐입니다. Keras는 아무 말도 하지 않습니다.
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
# - [VGG](https://arxiv.org/abs/1409.1556), [GoogLeNet](https://arxiv.org/abs/1409.4842),
#   [ResNet](https://arxiv.org/abs/1512.03385), [MobileNet](https://arxiv.org/abs/1704.04861),
#   [EfficientNet](https://arxiv.org/abs/1905.11946), [ViT](https://arxiv.org/abs/2010.11929),
#   [ConvNeXt](https://arxiv.org/abs/2201.03545)
# - Keras: [all networks with their accuracy, size and time](https://keras.io/api/applications/)
# - Dive into Deep Learning: [modern convolutional networks](https://d2l.ai/chapter_convolutional-modern/index.html),
#   [vision transformers](https://d2l.ai/chapter_attention-mechanisms-and-transformers/vision-transformer.html)
# - Distill: [how far a stage can see](https://distill.pub/2019/computing-receptive-fields/), the *receptive field*
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - [VGG](https://arxiv.org/abs/1409.1556), [GoogLeNet](https://arxiv.org/abs/1409.4842),
#   [ResNet](https://arxiv.org/abs/1512.03385), [MobileNet](https://arxiv.org/abs/1704.04861),
#   [EfficientNet](https://arxiv.org/abs/1905.11946), [ViT](https://arxiv.org/abs/2010.11929),
#   [ConvNeXt](https://arxiv.org/abs/2201.03545)
# - Keras: [신경망별 정확도, 크기, 시간](https://keras.io/api/applications/)
# - Dive into Deep Learning: [현대 합성곱 신경망](https://d2l.ai/chapter_convolutional-modern/index.html),
#   [비전 트랜스포머](https://d2l.ai/chapter_attention-mechanisms-and-transformers/vision-transformer.html)
# - Distill: [스테이지가 보는 넓이](https://distill.pub/2019/computing-receptive-fields/). *수용 영역*(receptive field)이라고 합니다
