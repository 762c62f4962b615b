# %% [markdown] lang="en"
# # Pre-trained backbones
#
# In lesson 03 you pre-trained a small backbone yourself. Others have spent far more: VGG alone trained for two to three weeks
# on four GPUs (Simonyan and Zisserman, 2014). They publish the result. What is in such a download, and which one do
# you take?
#
# **Questions**
# - What do the famous networks have in common, and which idea did each of them bring?
# - Where do the parameters sit, and do they cost the time?
# - How does a published classifier become the backbone of my own?
# - Which of them should I take?
#
# **You will**
# - read nine networks as stages, and count what each stage stores and what it computes
# - measure that parameters are not time
# - take off a head and put on your own
# - choose by accuracy, work, size and licence
#
# ⏱ {{minutes}} minutes · Needs: lesson 03 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 사전 학습된 백본(pre-trained backbones)
#
# 3강에서는 작은 백본(backbone)을 직접 사전 학습했습니다. 훨씬 많은 것을 쏟아부은 사람들도 있습니다. VGG는 GPU 네 대로 2~3주를
# 학습했고(Simonyan과 Zisserman, 2014), 그렇게 얻은 가중치를 공개했습니다. 내려받은 파일에는 무엇이 들어 있고, 어느 것을 고르면
# 좋을까요?
#
# **질문**
# - 유명한 신경망들은 무엇이 같고, 각각 어떤 아이디어를 내놓았을까요?
# - 파라미터(parameter)는 어디에 몰려 있고, 시간도 거기서 들까요?
# - 공개된 분류기를 어떻게 내 백본으로 만들까요?
# - 어느 것을 고르면 좋을까요?
#
# **이 수업을 마치면**
# - 신경망 아홉 개를 스테이지(stage)로 나누어 읽고, 스테이지마다 무엇을 저장하고 얼마나 계산하는지 셀 수 있습니다
# - 파라미터가 곧 시간은 아니라는 것을 측정해 보일 수 있습니다
# - 헤드(head)를 떼어 내고 내 헤드를 얹을 수 있습니다
# - 정확도, 계산량, 크기, 라이선스를 따져 고를 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 3강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
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

listed = [info.name for info in ft.list_backbones() if "glyphnet" not in info.name]
print(len(listed), "networks of keras.applications, such as", ", ".join(listed[5:8]))
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
# 그것으로 충분하고, 인터넷 연결도 필요 없습니다.
# %%
keras.utils.set_random_seed(0)
zoo = {}
for name in (
    "VGG16", "VGG19", "InceptionV3", "ResNet50", "ResNet101",
    "MobileNetV2", "EfficientNetB0",
):
    zoo[name] = ft.load_backbone(name, weights=None)  # "default" downloads
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
def layer_kind(layer):
    """The type of a layer; a convolution that keeps its channels apart is depthwise."""
    is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    if is_depthwise or getattr(layer, "groups", 1) > 1:
        return "depthwise"
    return type(layer).__name__

found = {name: ft.stages(network, max_stages=5) for name, network in zoo.items()}
made_of = {}
for name, network in zoo.items():
    layers = list(network.operations)
    for stage in found[name]:
        layers += stage.layers  # with those inside the blocks of ViT
    each_once = {id(layer): layer for layer in layers}.values()
    made_of[name] = Counter(layer_kind(layer) for layer in each_once)
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
vgg_convolutions = [
    layer for layer in zoo["VGG16"].layers if layer_kind(layer) == "Conv2D"
]
assert {layer.kernel_size for layer in vgg_convolutions} == {(3, 3)}
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
# leave it, the number in it which share of the parameters it holds. Below a box stands the size of the maps and how many there are, below
# a name the total (M is a million). ViT's twelve equal blocks are gathered into five runs.
#
# **Predict.** What will the eight convolutional networks have in common? And how will ViT differ?
# %% [markdown] lang="ko"
# 이제 아홉 개를 모두 봅시다. 그림의 한 줄이 신경망 하나, 상자 하나가 스테이지 하나입니다. 상자의 높이는 스테이지를 나갈 때의 맵 크기이고, 안의 숫자는
# 그 스테이지에 든 파라미터의 비율입니다. 상자 아래는 맵의 크기와 개수이고, 이름 아래는 합계이며 M은 100만입니다. ViT의 똑같은 블록 열두 개는 다섯 묶음으로 모았습니다.
#
# **예측해 보세요.** 합성곱 신경망 여덟 개는 무엇이 같을까요? ViT는 어떻게 다를까요?
# %%
rows = {}
for name, stages in found.items():
    rows[name] = []
    for stage in stages:
        # Between the blocks of ViT the tokens keep the shape that they have at the end.
        shape = stage.output_shape or zoo[name].output_shape[1:]
        rows[name].append({"output_shape": shape, "params": stage.params})

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
body = zoo["VGG16"].count_params()
inputs = math.prod(zoo["VGG16"].output_shape[1:])
in_head = 0
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
    features = zoo[name].output_shape[-1]
    head = ft.stages(ft.classifier(zoo[name], num_classes=10))[-1]
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
    kernels = [w.shape for w in layer.weights if w.name.endswith("kernel")]
    entries = sum(math.prod(shape) for shape in kernels)
    return entries * math.prod(output.shape[1:-1])

work = {}
for name, network in zoo.items():
    for row, stage in zip(rows[name], found[name]):
        row["work"] = sum(multiplications(layer, network) for layer in stage.layers)
    work[name] = sum(row["work"] for row in rows[name])
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
took = {}
for name in timed:
    run = tf.function(zoo[name])
    photo = np.full((1, *zoo[name].input_shape[1:]), 128, "float32")
    np.asarray(run(photo))  # the first call compiles
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        np.asarray(run(photo))
        seconds.append(time.perf_counter() - start)
    took[name] = min(seconds)
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
# ### Exercise 3: a rule for choosing
#
# Write a function that gets such a dict `networks`, with `"top1"` and `"work"` for each name, and a limit. It returns the name
# of the best network whose work is at most `most`.
# %% [markdown] lang="ko"
# ### 연습 3: 고르는 규칙
#
# 위의 `networks`처럼 이름마다 `"top1"`과 `"work"`가 든 딕셔너리와 한도 `most`를 받는 함수를 작성해 보세요. 계산량이 `most` 이하인 것 중 가장 좋은 신경망의
# 이름을 돌려줍니다.
# %% tags=["exercise"]
def choose(networks, most):
    return ...

# Stuck? ft.hint("04.3"), then ft.solution("04.3")
ft.check("04.3", choose)
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# What `ft.load_backbone` and `ft.classifier` do for MobileNetV2, step by step. With a network, `weights="imagenet"`
# downloads the pre-trained weights; here both copies get the same random ones. The first layer scales the pixels as
# this family wants them; lesson 04b says why. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# `ft.load_backbone`과 `ft.classifier`가 MobileNetV2로 하는 일을 직접 쓰면 이렇습니다. 인터넷에 연결되어 있다면 `weights="imagenet"`으로 사전 학습한 가중치를
# 내려받습니다. 여기서는 두 모델에 같은 무작위 가중치를 넣습니다. 첫 층은 픽셀을 이 계열에 맞게 변환합니다. 그 이유는 4b강에 나옵니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
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
# - ImageNet accuracy and work only say where to begin. Data, latency, size and licence narrow the choice, and your own images decide.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 합성곱 신경망은 뼈대가 같습니다. 맵은 줄고 채널은 늘며, 마지막 두 스테이지에 파라미터의 적어도
#   {{100 * min(late(n, "params") for n in convolutional):.0f}}%가 있습니다.
# - 파라미터, 계산량, 시간은 서로 다른 것입니다. 헤드를 뗀 VGG16은 ResNet50보다 파라미터가 적은데 계산량은
#   {{work["VGG16"] / work["ResNet50"]:.0f}}배입니다. 시간은 신경망을 돌릴 기계에서 재야 합니다.
# - 백본은 헤드를 뗀 신경망입니다. 새 헤드는 맵별 평균과 Dense 층 하나면 됩니다.
# - ImageNet 정확도와 계산량은 어디서 시작할지를 알려 줄 뿐입니다. 데이터, 지연 시간, 크기, 라이선스로 후보를 좁히고, 내 이미지로 결정합니다.
# %% [markdown] lang="en"
# ## Next
#
# The backbone is chosen, and its old head is off. What do its stages see? And what does it want from you before it works at all?
# Lesson 04b looks through its units, and feeds it wrong pixels.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 백본을 골랐고, 원래 헤드를 뗐습니다. 그 스테이지들은 무엇을 볼까요? 그리고 제대로 동작하려면 무엇을 지켜 주어야 할까요? 4b강에서는 유닛의 눈으로 들여다보고, 틀린 픽셀을
# 넣어 봅니다.
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
