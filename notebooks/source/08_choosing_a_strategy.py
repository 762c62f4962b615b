# %% [markdown] lang="en"
# # Choosing a strategy
#
# Frozen, head first, stage by stage, all at once, from scratch: by now none has won everywhere. What decides? Two things are named
# everywhere: how much data there is, and how near it is to what the network knows. We measure both.
#
# **Questions**
# - Which strategy for how many labels, and for how near a task?
# - Can I find out how near a task is before I train anything?
# - When is it better to start from scratch, and what does a wrong choice cost?
#
# **You will**
# - tell four kinds of training apart by what they learn, from which data, and at what cost
# - measure with linear probes, in seconds, how much of a pre-training a task can use
# - read a grid of recorded runs, data size against similarity, with intervals
# - query a decision rule, judge it by its regret on tasks it has not seen, and write a rule of your own
#
# ⏱ {{minutes}} minutes · Needs: lesson 06 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 전략 고르기
#
# 동결, 헤드 먼저, 스테이지 하나씩, 한꺼번에, 처음부터. 어디서나 이긴 방법은 아직 없습니다. 무엇이 승부를 가를까요? 흔히 두 가지를 꼽습니다. 데이터가
# 얼마나 있는지, 그리고 신경망이 아는 것과 얼마나 가까운지입니다. 이번에는 둘 다 재 봅니다.
#
# **질문**
# - 레이블이 몇 개이고 태스크가 얼마나 가까울 때 어떤 전략을 써야 할까요?
# - 학습하기 전에 태스크가 얼마나 가까운지 알 수 있을까요?
# - 처음부터 학습하는 편이 나은 것은 언제이고, 잘못 고르면 얼마나 손해일까요?
#
# **이 수업을 마치면**
# - 네 가지 학습을 무엇을 배우는지, 어떤 데이터로 배우는지, 비용이 얼마인지로 구별할 수 있습니다
# - 사전 학습(pre-training)이 태스크에 얼마나 쓸모 있는지 선형 프로브(linear probe)로 몇 초 만에 잴 수 있습니다
# - 데이터 양과 유사도별 실험 표를 신뢰 구간까지 읽을 수 있습니다
# - 판단 규칙에 물어보고, 처음 보는 태스크에서의 후회(regret)로 규칙을 평가하고, 규칙을 직접 작성할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import json
import pathlib

import numpy as np

import ftlib as ft
from ftlib import plots
from ftlib.evidence.comparison import interval

track = ft.track("glyph")
record = track.recorded("transfer")["rows"]
pairs = list(dict.fromkeys((row["backbone"], row["task"]) for row in record))
runs = sum(len(row["runs"]) for row in record)
print(f"{runs} recorded runs, {len(pairs)} pairs of backbone and task")
# %% [markdown] lang="en"
# These runs took hours, so they were recorded. Each row belongs to one backbone, one task, one number of labels and one seed, and
# holds the same images for all strategies. Three small functions read it.
# %% [markdown] lang="ko"
# 이 실험은 몇 시간이 걸려서 미리 기록해 두었습니다. 한 줄은 백본 하나, 태스크 하나, 레이블 수 하나, 시드 하나에 해당하고, 그 안에서는 모든 전략이 같은 이미지로
# 학습했습니다. 작은 함수 세 개로 읽어 봅시다.
# %%
def cell(backbone, task, labels):
    """The recorded rows of one cell of the grid, one per seed."""
    wanted = backbone, task, labels
    return [
        r for r in record if (r["backbone"], r["task"], r["labels_per_class"]) == wanted
    ]

def scores(rows, strategy, score="test"):
    return np.array([row["runs"][strategy][score] for row in rows])

def mean_and_interval(values):
    """Mean and 95 % interval over seeds, of accuracies or of their differences."""
    return interval(values, bounds=(-1, 1))
# %% [markdown] lang="en"
# ## Four words
#
# Before the choice, the words. We have met all four; what tells them apart is what learns, and from whose images. First the
# prices: the seconds of each strategy, in parts of those of the frozen backbone, and the images that the pre-training saw.
# %% [markdown] lang="ko"
# ## 네 가지 용어
#
# 고르기에 앞서 용어부터 정리합시다. 네 가지 모두 이미 나온 용어이고, 무엇이 배우는지와 누구의 이미지로 배우는지가 다릅니다. 먼저 비용을 알아봅니다. 전략마다 걸린 시간을
# 동결한 백본과 비교하고, 사전 학습이 본 이미지의 수를 셉니다.
# %%
main = ("feature_extraction_long", "lp_ft", "scratch")
glyph_rows = [row for row in record if row["backbone"] == "glyphnet"]
price = {}
for name in main:
    ratios = scores(glyph_rows, name, "seconds") / scores(
        glyph_rows, main[0], "seconds"
    )
    price[name] = float(np.median(ratios))
    print(f"{name:<26} about {price[name]:.0f} times the time of the frozen backbone")

path = pathlib.Path(ft.__file__).parent / "weights" / "glyphnet.json"
card = json.loads(path.read_text(encoding="utf-8"))["training"]
before = card["epochs"] * card["images_per_epoch"]  # images seen in the pre-training
ours = 32 * track.updates  # and in one of our runs
assert price["scratch"] > 3 and price["lp_ft"] > 3 and before > 20 * ours
# %% [markdown] lang="en"
# | | what is learned | from which data | cost | when |
# |---|---|---|---|---|
# | training from scratch | every weight, from random numbers | your own labelled images | {{price["scratch"]:.0f}} | nothing near exists, or images are plenty |
# | pre-training | every weight, for a task that may interest nobody | a large set, here {{before:,}} drawn letters | {{before / ours:.0f}} times the images of one run, but once for all | many tasks will follow |
# | transfer learning with a frozen backbone | the head | your own; the features come from the pre-training | 1 | few labels, a near task |
# | fine-tuning, head first | head, then everything, gently | your own, from the pre-trained start | {{price["lp_ft"]:.0f}} | more labels, or a task less near |
#
# Cost: time, frozen backbone = 1. Fine-tuning is transfer learning as well: both begin with what a pre-training has left.
# %% [markdown] lang="ko"
# | | 무엇을 배우나 | 어떤 데이터로 | 비용 | 언제 |
# |---|---|---|---|---|
# | 처음부터 학습(training from scratch) | 모든 가중치. 난수에서 출발 | 레이블을 단 내 이미지 | {{price["scratch"]:.0f}} | 가까운 백본이 없거나 이미지가 넉넉할 때 |
# | 사전 학습(pre-training) | 모든 가중치. 정작 쓸 일은 없을지도 모르는 태스크용 | 큰 데이터. 여기서는 그려 낸 글자 {{before:,}}장 | 학습 한 번에 쓰는 이미지의 {{before / ours:.0f}}배. 단, 한 번만 치르면 됨 | 앞으로 풀 태스크가 많을 때 |
# | 동결한 백본으로 하는 전이 학습(transfer learning) | 헤드 | 내 이미지. 특징은 사전 학습에서 | 1 | 레이블이 적고 태스크가 가까울 때 |
# | 미세 조정(fine-tuning), 헤드 먼저 | 헤드, 그다음 전체를 조심스럽게 | 내 이미지. 사전 학습된 가중치에서 출발 | {{price["lp_ft"]:.0f}} | 레이블이 더 많거나 태스크가 덜 가까울 때 |
#
# 비용은 시간이며, 동결한 백본을 1로 합니다. 미세 조정도 전이 학습입니다. 둘 다 사전 학습이 남긴 것에서 출발합니다.
# %% [markdown] lang="en"
# The last column is what everybody says. Two more things are said: from scratch you may choose any architecture, while a
# pre-trained backbone brings its own; and the risk of overfitting grows with the number of weights that train, so it is smallest
# for a head alone. The rest of this lesson asks whether the last column is so, and what "near" and "few" mean in numbers.
# %% [markdown] lang="ko"
# 마지막 열은 누구나 하는 말입니다. 두 가지를 더 말하기도 합니다. 처음부터 학습하면 구조를 마음대로 고를 수 있지만 사전 학습된 백본은 구조가 정해져 있다는 것, 그리고 학습되는
# 가중치가 많을수록 과적합하기 쉬우므로 헤드만 학습할 때가 가장 안전하다는 것입니다. 이제부터 마지막 열이 정말 그런지, "가깝다"와 "적다"가 수치로는 얼마인지 알아봅시다.
# %% [markdown] lang="en"
# ## How do you measure "near"?
#
# Here are the letters that `glyphnet` was pre-trained on, and three tasks: scanned digits, rendered textures, and cut-outs of
# photos, half of them faces.
#
# **Predict.** Put the three in order: for which will features of letters be of most use, for which of least?
# %% [markdown] lang="ko"
# ## '가깝다'는 것을 어떻게 잴까요?
#
# `glyphnet`이 사전 학습에서 본 글자와 세 가지 태스크입니다. 스캔한 숫자, 그려 낸 질감, 그리고 절반이 얼굴인 사진 조각입니다.
#
# **예측해 보세요.** 셋을 차례로 늘어놓아 보세요. 글자에서 배운 특징이 가장 쓸모 있을 태스크는 무엇이고, 가장 쓸모없을 태스크는 무엇일까요?
# %%
backbone = track.backbone
tasks = {
    name: ft.load_task(name, labels_per_class=10, seed=0)
    for name in ("digits", "textures", "faces")
}
shown, titles = [], []
for name, task in {"letters": track.source_task, **tasks}.items():
    some = task.for_backbone(backbone).validation
    shown += [some.images[i] for i in np.linspace(0, len(some) - 1, 8).astype(int)]
    titles += [name] + [""] * 7
fig = plots.image_grid(
    np.array(shown), titles, columns=8, title="What glyphnet knows, and three tasks"
)
ft.show(
    fig,
    alt="Four rows of images: letters of many alphabets, handwritten digits, textures, "
    "and small grey photos, some of them faces.",
)
# %% [markdown] lang="en"
# Eyes are a poor judge of what a network sees. A better one is a *linear probe* (Alain and Bengio, 2017): a linear classifier on
# frozen features. It says how much of the task can be read off them. As in lesson 05 we need a control, the same network with
# random weights. `ft.advise` measures both, and more:
# %% [markdown] lang="ko"
# 신경망이 무엇을 보는지는 눈으로 알기 어렵습니다. *선형 프로브*(Alain과 Bengio, 2017)가 더 낫습니다. 동결한 특징 위에 선형 분류기를 얹어, 특징만으로 태스크를 얼마나
# 풀 수 있는지 봅니다. 5강처럼 대조군도 있어야 합니다. 구조는 같고 가중치만 무작위인 신경망입니다. `ft.advise`는 이 둘을 포함해 여러 가지를 잽니다.
# %%
advice = {name: ft.advise(backbone, task) for name, task in tasks.items()}
print(f"{'':<10}{'pre-trained':>12}{'random':>9}{'pixels':>9}{'gain':>8}")
for name, one in advice.items():
    found = one.evidence
    print(
        f"{name:<10}{found.probe:>12.1%}{found.untrained:>9.1%}"
        f"{found.pixels:>9.1%}{found.gain:>8.2f}"
    )
gains = {name: one.evidence.gain for name, one in advice.items()}
# %% [markdown] lang="en"
# `gain` divides what the pre-training adds by what random weights left undone: of what random features get wrong, the part that
# pre-trained features get right. 1 would be
# perfect, 0 means that the pre-training has added nothing. Coarse pixels, an image of 8 by 8, stand beside it as a warning: where
# they do as well, no network was needed.
# %% [markdown] lang="ko"
# *이득*(gain)은 사전 학습이 보탠 것을 무작위 가중치가 못 맞힌 것으로 나눈 값입니다. 무작위 특징이 틀리는 것 중 사전 학습된 특징이 맞히는 비율입니다. 1이면 완벽하고, 0이면 사전 학습이 보탠 것이 없다는 뜻입니다. 8×8로
# 줄인 픽셀도 옆에 두었습니다. 픽셀만으로 그만큼 맞힌다면 애초에 신경망이 필요 없었던 것이니까요.
# %% [markdown] lang="en"
# ### Exercise 1: the gain
#
# Write the function: it gets the accuracy of the probe on pre-trained features and on untrained ones, both from 0 to 1.
# %% [markdown] lang="ko"
# ### 연습 1: 이득(gain) 구하기
#
# 함수를 작성해 보세요. 사전 학습된 특징에서 잰 프로브의 정확도와 무작위 특징에서 잰 정확도를 받습니다. 둘 다 0에서 1 사이의 값입니다.
# %% tags=["exercise"]
def gain(probe, untrained):
    return ...

# Stuck? ft.hint("08.1"), then ft.solution("08.1")
ft.check("08.1", gain)
# %% [markdown] lang="en"
# For digits the gain is {{gains["digits"]:.2f}}, for textures {{gains["textures"]:.2f}}. Faces are a lesson in themselves: random
# features read {{100 * advice["faces"].evidence.untrained:.0f}} % of {{advice["faces"].evidence.validation}} images, so hardly
# anything is left to gain, and one image more or less moves the gain by a lot. `ft.advise` knows how few images it has.
# %% [markdown] lang="ko"
# 이득은 숫자에서 {{gains["digits"]:.2f}}, 질감에서 {{gains["textures"]:.2f}}입니다. 얼굴은 따로 눈여겨볼 만합니다. 무작위 특징만으로도
# {{advice["faces"].evidence.validation}}장 중 {{100 * advice["faces"].evidence.untrained:.0f}}%를 맞히니 더 얻을 것이 거의 없고, 한 장만 더 맞히거나 틀려도
# 값이 크게 흔들립니다. `ft.advise`도 이미지가 얼마나 적은지 압니다.
# %%
print(advice["faces"])
assert gains["digits"] > gains["textures"] + 0.2 and advice["faces"].doubts
# %% [markdown] lang="en"
# ## A second sign: the depth
#
# `ft.advise` also fits a probe on every stage, and so did the record. Late stages are made of early ones, and of more and more
# letters.
#
# **Predict.** For digits late stages are better than the first. And for textures?
# %% [markdown] lang="ko"
# ## 두 번째 단서: 깊이
#
# `ft.advise`는 스테이지마다 선형 프로브를 학습합니다. 그 결과는 기록에도 들어 있습니다. 뒤쪽 스테이지는 앞쪽 스테이지로 이루어지고, 갈수록 글자다워집니다.
#
# **예측해 보세요.** 숫자에는 뒤쪽 스테이지가 첫 스테이지보다 낫습니다. 질감에는 어떨까요?
# %%
from ftlib.evidence.advisor import RULE
from ftlib.evidence.similarity import Evidence

def evidence(row):
    keys = (
        "classes",
        "labels_per_class",
        "probes",
        "untrained",
        "pixels",
        "validation",
    )
    # Recorded numbers, in the form that ft.advise uses.
    return Evidence(*(row[key] for key in keys))

def by_stage(rows):
    return np.array([list(row["probes"].values()) for row in rows])
# %%
series = {}
for task in [task for name, task in pairs if name == "glyphnet"]:
    probed = by_stage(cell("glyphnet", task, 10))
    series[task] = (
        (1, 2, 3),
        probed.mean(axis=0),
        probed.min(axis=0),
        probed.max(axis=0),
    )
fig = plots.lines(
    series,
    "Stage of glyphnet (1: at the input)",
    "Linear probe, validation (bars: worst to best seed)",
    "The deeper the stage, the better for digits and the worse for textures",
    percent=True,
)
ft.show(
    fig,
    alt="Accuracy of a linear probe on each of three stages, ten labels per class: "
    "it rises for digits and falls for textures.",
)
assert (np.diff(series["textures"][1]) < -0.03).all()
assert series["digits"][1][2] > series["digits"][1][0] + 0.1
# %% [markdown] lang="en"
# For textures the first stage is best: it sees edges in small patches, which textures have too. Later stages keep less of it. How
# much of that is due to letters we cannot say: in lesson 03 random weights fell with depth, too. Still, there are two signs of nearness: the gain, and whether the probes rise towards
# the last stage. Here are both, for every pair in the record, photos under MobileNetV2 too.
# %% [markdown] lang="ko"
# 질감에는 첫 스테이지가 가장 낫습니다. 좁은 범위의 경계를 보는데, 그런 것은 질감에도 있습니다. 뒤쪽 스테이지로 갈수록 그것이 덜 남습니다. 그중 얼마가 글자 탓인지는 알 수
# 없습니다. 3강에서는 무작위 가중치도 깊어질수록 떨어졌습니다. 그래도 유사도의 단서가 둘 생겼습니다. 이득, 그리고 프로브의 정확도가 마지막 스테이지로 갈수록 오르는지입니다. 기록에 있는 백본과 태스크의 모든 쌍에서 둘을 봅시다. MobileNetV2로
# 본 사진도 있습니다.
# %%
near = {
    pair: float(np.mean([evidence(row).gain for row in cell(*pair, 10)]))
    for pair in pairs
}
depth = {
    pair: float(
        np.mean(by_stage(cell(*pair, 10))[:, -1] - by_stage(cell(*pair, 10))[:, 0])
    )
    for pair in pairs
}
ordered = sorted(pairs, key=near.get, reverse=True)
print(f"{'ten labels per class':<28}{'gain':>6}{'last stage minus first':>26}")
for pair in ordered:
    print(f"{': '.join(pair):<28}{near[pair]:>6.2f}{100 * depth[pair]:>+19.1f} points")
assert depth["glyphnet", "textures"] < -0.1 < 0.1 < depth["glyphnet", "digits"]
# %% [markdown] lang="en"
# ## Is the pre-training worth keeping?
#
# Which sign is right, the runs will tell. For each cell of the grid we take the better of the two pre-trained strategies, as
# validation sees it, and subtract training from scratch: same images, same updates, same seed, so we subtract seed by seed.
#
# **Predict.** In which corner of the grid is the pre-training worth most? Is there a cell where it is worth less than nothing?
# %% [markdown] lang="ko"
# ## 사전 학습은 남겨 둘 만할까요?
#
# 어느 단서가 맞는지는 실험이 말해 줍니다. 칸마다 사전 학습을 쓰는 두 전략 중 검증 정확도가 높은 쪽에서 처음부터 학습한 결과를 뺍니다. 이미지도, 업데이트
# 횟수도, 시드도 같으므로 시드마다 뺍니다.
#
# **예측해 보세요.** 사전 학습의 가치가 가장 큰 곳은 표의 어느 구석일까요? 오히려 손해인 칸도 있을까요?
# %%
bins = {
    1: "1",
    3: "3",
    10: "10",
    20: "20 to 30",
    30: "20 to 30",
    40: "40 to 80",
    50: "40 to 80",
    80: "40 to 80",
}
columns = list(dict.fromkeys(bins.values()))
sizes = {
    pair: sorted(
        {r["labels_per_class"] for r in record if (r["backbone"], r["task"]) == pair}
    )
    for pair in pairs
}
# %%
def grid(effect):
    """What `effect` finds in every recorded cell, with intervals: a row per pair, the
    largest gain first."""
    rows = {}
    for pair in ordered:
        line = dict.fromkeys(columns)
        line |= {
            bins[labels]: mean_and_interval(effect(cell(*pair, labels)))
            for labels in sizes[pair]
        }
        rows[": ".join(pair)] = list(line.values())
    return rows

def kept(rows):
    """What the better pre-trained strategy has over scratch, for each seed."""
    best = max(main[:2], key=lambda name: scores(rows, name, "validation").mean())
    return scores(rows, best) - scores(rows, "scratch")
# %%
worth = grid(kept)
title = "Pre-trained minus scratch, test accuracy; the largest gain first"
fig = plots.effect_grid(worth, columns, "Labels per class", title)
ft.show(
    fig,
    alt="A grid, a row per backbone and task, a column per number of labels: what "
    "the pre-training is worth in points. On digits a lot with one label and little "
    "with many; on textures below 0.",
)
sure = [one for row in worth.values() for one in row if one]
cared = {
    r["strategy"]: r["test_mean"]
    for r in track.recorded("digits").table()
    if r["labels_per_class"] == 1
}
# Lesson 05: every strategy could choose.
choosing = max(cared[name] for name in main[:2]) - cared["scratch"]
won, lost = sum(low > 0 for _, low, _ in sure), sum(high < 0 for *_, high in sure)
digits, textures = (
    [one for one in worth[f"glyphnet: {name}"] if one]
    for name in ("digits", "textures")
)
assert 0.4 < choosing / digits[0][0] < 0.6
assert (
    digits[0][1] > 0.1
    and digits[0][0] > digits[1][0] > digits[-1][0]
    and max(textures)[0] < 0
)
# %% [markdown] lang="en"
# Of {{len(sure)}} cells, {{won}} lie above 0 with their whole interval, {{lost}} below; in the other
# {{len(sure) - won - lost}} the seeds cannot tell. On digits pre-training is worth {{100 * digits[0][0]:.0f}} points with one label per
# class and {{100 * digits[-1][0]:.1f}} with 50: labels replace it. On textures it is worth less than nothing in the mean, with few labels
# and with many.
#
# Lesson 05 had {{100 * choosing:.0f}} points with one label per class, not {{100 * digits[0][0]:.0f}}. There scratch could choose its rate and a stronger
# regularization; here every strategy runs as it comes. So about half of this advantage is only that scratch was not tuned.
# %% [markdown] lang="ko"
# {{len(sure)}}칸 중 구간 전체가 0보다 위인 칸이 {{won}}개, 아래인 칸이 {{lost}}개이고, 나머지 {{len(sure) - won - lost}}칸은 시드 몇 개로는 가릴 수 없습니다. 숫자에서
# 사전 학습의 가치는 클래스당 레이블이 하나일 때 {{100 * digits[0][0]:.0f}}%p, 50개일 때 {{100 * digits[-1][0]:.1f}}%p입니다. 레이블이 사전 학습을 대신하는 것입니다.
# 질감에서는 레이블이 적든 많든 평균이 오히려 손해입니다.
#
# 5강에서는 클래스당 레이블이 하나일 때 {{100 * digits[0][0]:.0f}}%p가 아니라 {{100 * choosing:.0f}}%p였습니다. 거기서는 처음부터 학습하는 쪽도 학습률과 더 강한 정규화를 고를 수 있었고, 여기서는
# 모든 전략이 기본값대로입니다. 이 차이의 절반쯤은 처음부터 학습하는 쪽의 설정을 덜 맞춰 준 탓입니다.
# %%
at_ten = {pair: float(np.mean(kept(cell(*pair, 10)))) for pair in pairs}
agrees = [pair for pair in pairs if (depth[pair] > 0) == (at_ten[pair] > 0)]
for pair in ordered:
    signs = f"gain {near[pair]:.2f}, last stage minus first {100 * depth[pair]:+.1f}"
    print(f"{': '.join(pair):<28}{signs:<42}worth {100 * at_ten[pair]:+.1f} points")
always = sum(value > 0 for value in at_ten.values())
print(
    f"the depth is right about {len(agrees)} of {len(pairs)} pairs, 'always keep it' "
    f"about {always}"
)
fashion, texture = ("glyphnet", "fashion_mnist"), ("glyphnet", "textures")
assert (
    near[fashion] < near[texture] and at_ten[fashion] > 0.02 and at_ten[texture] < -0.05
)
assert {fashion, texture, ("glyphnet", "digits")} <= set(agrees)
# %% [markdown] lang="en"
# Fashion-MNIST has a smaller gain than the textures, {{near[fashion]:.2f}} against {{near[texture]:.2f}}; yet its pre-training is
# worth {{100 * at_ten[fashion]:+.1f}} points with ten labels, theirs {{100 * at_ten[texture]:+.1f}}. Better than random is not much to
# ask: a network that learns from its own images does not stay random. The second sign is right about these two and about digits. But
# it was of real use for one pair only, the textures: the habit "always keep it" is right about {{always}} of {{len(pairs)}}. And nine
# pairs are few.
# %% [markdown] lang="ko"
# Fashion-MNIST는 질감보다 이득이 작습니다({{near[fashion]:.2f}} 대 {{near[texture]:.2f}}). 그런데 레이블이 열 개일 때 사전 학습의 가치는 Fashion-MNIST가
# {{100 * at_ten[fashion]:+.1f}}%p, 질감이 {{100 * at_ten[texture]:+.1f}}%p입니다. 무작위보다 낫기는 어렵지 않습니다. 직접 이미지를 보고 배우는 신경망은 무작위인 채로
# 있지 않으니까요. 두 번째 단서는 이 둘과 숫자를 모두 맞혔습니다. 다만 "언제나 남겨 둔다"는 습관도 {{len(pairs)}}쌍 중 {{always}}쌍을 맞히니, 이 단서가 실제로 도움이 된 것은
# 질감 한 쌍뿐이고, 아홉 쌍은 적은 수입니다.
# %% [markdown] lang="en"
# On faces the intervals are wide: two classes, and {{advice["faces"].evidence.validation}} validation images. Every strategy does well
# there, none stands out for certain, and so the choice hardly matters.
# %% [markdown] lang="ko"
# 얼굴은 구간이 넓습니다. 클래스가 둘이고 검증 이미지가 {{advice["faces"].evidence.validation}}장뿐입니다. 어느 전략이나 잘하고 확실히 두드러지는 것이 없으니, 무엇을 골라도 큰
# 차이가 없습니다.
# %%
mobile = [row for row in record if row["backbone"] == "MobileNetV2"]
guessing = [
    row for row in mobile if row["runs"]["scratch"]["validation"] < 1.1 / row["classes"]
]
print(
    f"MobileNetV2 from scratch: {len(guessing)} of {len(mobile)} recorded runs are no "
    "better than guessing"
)
# %% [markdown] lang="en"
# And a caution: under MobileNetV2 scratch has no fair chance. It has {{mobile[0]["updates"]}} updates for a network of dozens of layers,
# and some runs keep a guess as their best epoch. The record cannot tell whether other settings would have mended that. Read these rows
# as what is possible in so few updates, not as what pre-training is worth in the end.
# %% [markdown] lang="ko"
# 조심할 것이 하나 있습니다. MobileNetV2를 처음부터 학습한 쪽에는 공정한 기회가 없었습니다. 층이 수십 개인 신경망에 업데이트가 {{mobile[0]["updates"]}}번뿐이고, 찍는 것과 다름없는
# 에폭이 가장 좋은 에폭으로 남은 실행도 있습니다. 다른 설정이었다면 나았을지는 이 기록으로 알 수 없습니다. 이 줄들은 이렇게 적은 업데이트로 어디까지 되는지를 보여 줄 뿐, 사전 학습의 최종 가치를 보여 주지는 않습니다.
# %% [markdown] lang="en"
# ## A case where scratch wins
#
# Look closer at the textures, the far task of lessons 06 and 07. More labels help everyone.
#
# **Predict.** Do they ever bring a pre-trained start into the lead?
# %% [markdown] lang="ko"
# ## 처음부터 학습하는 편이 나을 때
#
# 질감을 자세히 봅시다. 6강과 7강에서 먼 태스크로 삼은 것입니다. 레이블이 늘면 어느 전략이든 나아집니다.
#
# **예측해 보세요.** 그러다 보면 사전 학습된 출발점이 앞서게 될까요?
# %%
def table(backbone, task):
    """Mean and interval of every recorded strategy, as `plots.accuracy_curves` takes
    them."""
    rows = []
    for labels in sizes[backbone, task]:
        seeds = cell(backbone, task, labels)
        row = {
            "labels_per_class": labels,
            "updates": seeds[0]["updates"],
            "n": len(seeds),
        }
        for name in seeds[0]["runs"]:
            measured = zip(
                ("test_mean", "test_low", "test_high"),
                mean_and_interval(scores(seeds, name)),
            )
            rows.append({"strategy": name, **row, **dict(measured)})
    return rows
# %%
ft.show(
    plots.accuracy_curves(table("glyphnet", "textures")),
    alt="Accuracy on textures against labels per class. Scratch ends on top, full "
    "and LP-FT below it, the last stage alone and the frozen backbone at the bottom.",
)
ahead = {name: [] for name in ("lp_ft", "full")}
for name, points in ahead.items():
    for labels in sizes["glyphnet", "textures"]:
        rows = cell("glyphnet", "textures", labels)
        points += list(100 * (scores(rows, "scratch") - scores(rows, name)))
        assert (
            max(scores(rows, other).mean() for other in rows[0]["runs"])
            == scores(rows, "scratch").mean()
        )
assert all(
    np.mean(points) > 2 and np.mean(np.greater(points, 0)) > 0.75
    for points in ahead.values()
)
# %% [markdown] lang="en"
# Never. Over all numbers of labels, scratch beats `lp_ft` in {{sum(p > 0 for p in ahead["lp_ft"])}} of {{len(ahead["lp_ft"])}} pairs
# of runs on the same images, by {{np.mean(ahead["lp_ft"]):.0f}} points in the mean, and `full` in
# {{sum(p > 0 for p in ahead["full"])}}, by {{np.mean(ahead["full"]):.0f}} points. An honest win for scratch, against our strategies as
# they come.
# %% [markdown] lang="ko"
# 그런 일은 없습니다. 레이블 수를 통틀어, 같은 이미지로 학습한 {{len(ahead["lp_ft"])}}쌍 중 처음부터 학습한 쪽이 `lp_ft`를 이긴 것이
# {{sum(p > 0 for p in ahead["lp_ft"])}}쌍이고 평균 {{np.mean(ahead["lp_ft"]):.0f}}%p 앞섭니다. `full`을 이긴 것은 {{sum(p > 0 for p in ahead["full"])}}쌍,
# 평균 {{np.mean(ahead["full"]):.0f}}%p입니다. 정해 둔 전략을 그대로 쓴다면 처음부터 학습하는 쪽이 정당하게 이겼습니다.
# %% [markdown] lang="en"
# But why did it lose: because of its start, or because of its low rate? Our strategies tune with care, at 3e-4, to spare the
# pre-training; scratch runs at 1e-3. So let both choose their rate on validation. Lesson 06 has recorded scratch like that, lesson 07 `full`.
#
# **Predict.** Who is ahead when both may choose?
# %% [markdown] lang="ko"
# 그런데 무엇 때문에 졌을까요? 출발점일까요, 지나치게 낮은 학습률일까요? 정해 둔 전략은 사전 학습을 지키려고 3e-4로 조심스럽게 미세 조정하고, 처음부터 학습할 때는 1e-3을 씁니다. 그러니 양쪽 다 검증 데이터로
# 학습률을 고르게 해 봅시다. 처음부터 학습한 것은 6강에, `full`은 7강에 그런 기록이 있습니다.
#
# **예측해 보세요.** 양쪽 다 고를 수 있으면 누가 앞설까요?
# %%
def ends(values):
    return float(np.mean(values)), min(values), max(values)

free = [
    row
    for row in track.recorded("gradual").rows
    if (row["task"], row["method"]) == ("textures", "full")
]
by_rate = {
    rate: [r for r in free if r["rate"] == rate]
    for rate in sorted({r["rate"] for r in free})
}
best = max(
    by_rate, key=lambda rate: np.mean([r["val_accuracy"] for r in by_rate[rate]])
)
alone = [
    r["test_accuracy"]
    for r in track.recorded("textures").rows
    if r["strategy"] == "scratch"
]
# %%
level = {
    "full at 3e-4": ends([r["test_accuracy"] for r in by_rate[3e-4]]),
    f"full at {best:g}, by validation": ends(
        [r["test_accuracy"] for r in by_rate[best]]
    ),
    "scratch, by validation": ends(alone),
}
fig = plots.bars(
    level,
    "It was the care that lost, not the start",
    "Test accuracy, textures, ten labels per class (lines: worst to best seed)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars: full at 0.0003 is far below scratch; at the rate that validation "
    "chose it is level with it or above.",
)
assert level["full at 3e-4"][2] < level["scratch, by validation"][1] and best > 1e-3
assert list(level.values())[1][0] > level["scratch, by validation"][0] - 0.02
# %% [markdown] lang="en"
# At ten times the rate the pre-trained start is no longer behind: {{100 * list(level.values())[1][0]:.1f}} % against
# {{100 * level["scratch, by validation"][0]:.1f}} %. So the record holds no case where the start itself did harm. What scratch beats is
# the low rate, the care of the picture's title: it protects features that do not fit. Far from the source, move freely, from
# whatever start.
# %% [markdown] lang="ko"
# 학습률을 열 배로 높이면 사전 학습된 출발점도 더는 뒤지지 않습니다. {{100 * list(level.values())[1][0]:.1f}}% 대
# {{100 * level["scratch, by validation"][0]:.1f}}%입니다. 출발점 자체가 해가 된 경우는 기록에 없습니다. 진 이유는 출발점이 아니라 낮은 학습률이었습니다. 그림 제목의 care가 이것입니다. 맞지 않는
# 특징을 지키려 들면 손해를 봅니다. 원천 태스크에서 멀면, 어디서 출발하든 자유롭게 움직이세요.
# %% [markdown] lang="en"
# ## In between: keep the beginning
#
# For textures the early stages fitted best. That suggests one more way, a *hybrid*: keep the first stages, draw the rest anew, and
# train everything at the rate of scratch (Yosinski et al., 2014, cut networks like that). In `ftlib` it is a strategy with `keep`:
# %% [markdown] lang="ko"
# ## 중간 길: 앞부분만 남기기
#
# 질감에는 앞쪽 스테이지가 잘 맞았습니다. 그렇다면 한 가지 방법이 더 있습니다. 앞쪽 스테이지만 남기고, 나머지는 새로 초기화해서, 처음부터 학습할 때의 학습률로 전체를 학습하는
# 하이브리드(hybrid)입니다(Yosinski 등, 2014가 신경망을 이렇게 잘라 보았습니다). `ftlib`에서는 `keep`을 준 전략입니다.
# %%
print(ft.strategy("hybrid"))
names = [stage.name for stage in ft.stages(backbone)]
print("of the stages", ", ".join(names))
# %% [markdown] lang="en"
# First the record, on digits with ten labels. There the late stages are the best ones, and the hybrid throws the last away.
#
# **Predict.** How much will that cost, compared with LP-FT?
# %% [markdown] lang="ko"
# 먼저 레이블이 열 개인 숫자의 기록을 봅니다. 숫자에는 뒤쪽 스테이지가 더 나은데, 하이브리드는 마지막 스테이지를 버립니다.
#
# **예측해 보세요.** LP-FT와 비교해 얼마나 손해일까요?
# %%
listed = track.recorded("digits").table() + track.recorded("digits-others").table()
ten = {r["strategy"]: r for r in listed if r["labels_per_class"] == 10}
four = ("scratch", "hybrid", *main[:2])
bars = {
    name: [ten[name][f"test_{k}"] for k in ("mean", "low", "high")] for name in four
}
fig = plots.bars(
    bars, "On digits, two stages of three are all that it takes",
    "Test accuracy, digits, ten labels per class (lines: 95 % intervals)", percent=True,
)
ft.show(
    fig,
    alt="Bars: the hybrid is level with the frozen backbone and with LP-FT; scratch "
    "is lower.",
)
assert bars["hybrid"][1] > bars["scratch"][2] and bars["hybrid"][2] > bars["lp_ft"][0]
# %% [markdown] lang="en"
# Nothing that shows: {{100 * bars["hybrid"][0]:.1f}} % against {{100 * bars["lp_ft"][0]:.1f}} %, closer than the seeds of either. Two stages
# that know strokes are worth {{100 * (bars["hybrid"][0] - bars["scratch"][0]):.0f}} points over scratch. Now the textures, live, beside
# the recorded runs on the very same images.
#
# **Predict.** Where will the hybrid land: at LP-FT, at scratch, or above both?
# %% [markdown] lang="ko"
# 드러나는 손해가 없습니다. {{100 * bars["hybrid"][0]:.1f}}% 대 {{100 * bars["lp_ft"][0]:.1f}}%로, 시드에 따른 차이보다 작습니다. 획을 아는 스테이지 두 개만으로도 처음부터 학습한 것보다
# {{100 * (bars["hybrid"][0] - bars["scratch"][0]):.0f}}%p 높습니다. 이제 질감을 직접 학습해서, 같은 이미지로 학습한 기록과 나란히 놓아 봅시다.
#
# **예측해 보세요.** 하이브리드는 어디쯤일까요? LP-FT만큼, 처음부터 학습한 것만큼, 아니면 둘보다 높을까요?
# %%
model = ft.classifier(backbone, tasks["textures"].num_classes)
mixed = ft.fit(
    model, tasks["textures"], "hybrid", updates=track.updates, seed=0, verbose=False
)
# The same images.
same = [row for row in cell("glyphnet", "textures", 10) if row["seed"] == 0]
beside = {
    name: scores(same, name, "validation")[0] for name in ("scratch", "full", *main[:2])
}
for name, value in {"hybrid, live": mixed.val_accuracy, **beside}.items():
    print(f"{name:<26}validation {100 * value:.1f} %")
assert mixed.val_accuracy > max(beside.values())
# %% [markdown] lang="en"
# Above the other four as they come, on this seed. (One seed is an anecdote: try `seed=1` and `seed=2`, for the task and for `ft.fit`.)
# But `full` at the rate that validation chose kept every stage, and read no less in the picture above. It was the low rate that had
# to go; the last stages need not.
# %% [markdown] lang="ko"
# 이 시드에서는 기본값대로 돌린 나머지 넷보다 높습니다. (시드 하나는 우연일 수 있습니다. 태스크와 `ft.fit`에 `seed=1`, `seed=2`를 주어 돌려 보세요.) 하지만 앞의 그림에서 검증으로 고른
# 학습률을 쓴 `full`은 스테이지를 모두 남기고도 이보다 못하지 않았습니다. 버려야 했던 것은 낮은 학습률이지 뒤쪽 스테이지가 아닙니다.
# %% [markdown] lang="en"
# ## Stand still or move?
#
# The second question: given that we keep the pre-training, should the backbone move? The same grid, now `lp_ft` minus the frozen
# backbone, which trains its head just as long.
#
# **Predict.** Where will moving pay: with few labels or many, near or far?
# %% [markdown] lang="ko"
# ## 가만히 둘까요, 움직일까요?
#
# 두 번째 질문입니다. 사전 학습을 남겨 두기로 했다면, 백본을 움직여야 할까요? 같은 표에 이번에는 `lp_ft`에서 동결한 백본을 뺀 값을 적습니다. 동결한 쪽도 헤드를 똑같이
# 오래 학습합니다.
#
# **예측해 보세요.** 움직이는 편이 나은 곳은 어디일까요? 레이블이 적을 때일까요, 많을 때일까요? 가까울 때일까요, 멀 때일까요?
# %%
moving = grid(
    lambda rows: scores(rows, "lp_ft") - scores(rows, "feature_extraction_long")
)
fig = plots.effect_grid(
    moving, columns, "Labels per class", "Moving minus standing still, test accuracy"
)
ft.show(
    fig,
    alt="A grid, a row per backbone and task, a column per number of labels: what "
    "moving is worth in points. Nothing on digits, a lot on textures.",
)
# %%
step = {name: [100 * one[0] for one in row if one] for name, row in moving.items()}
for name, means in step.items():
    print(f"{name:<28}moving is worth {min(means):+5.1f} to {max(means):+5.1f} points")
near_step, far_step, photo_step = (step[f"{a}: {b}"] for a, b in (
    ("glyphnet", "digits"), ("glyphnet", "textures"), ("MobileNetV2", "flowers"),
))
assert min(far_step) > 2 and max(np.abs(near_step)) < 2.5
# %% [markdown] lang="en"
# On digits moving changes hardly anything, at most {{max(np.abs(near_step)):.1f}} points; on textures it is worth
# {{min(far_step):.0f}} to {{max(far_step):.0f}} in the mean (with one label the interval reaches below 0), on flowers
# {{min(photo_step):.0f}} to {{max(photo_step):.0f}}. Where the frozen backbone reads nearly everything, nothing is left to gain; where it
# leaves much undone, moving often pays. In this record, at the fixed rates of these strategies, the task decides more than the number
# of labels.
# %% [markdown] lang="ko"
# 숫자에서는 움직여도 달라지는 것이 거의 없습니다. 많아야 {{max(np.abs(near_step)):.1f}}%p입니다. 질감에서는 평균
# {{min(far_step):.0f}}~{{max(far_step):.0f}}%p(레이블이 하나일 때는 구간이 0 아래까지 내려갑니다), 꽃에서는 {{min(photo_step):.0f}}~{{max(photo_step):.0f}}%p를 얻습니다. 동결한 백본이 거의 다 맞히면 더 얻을 것이
# 없고, 많이 틀리면 움직이는 편이 나을 때가 많습니다. 학습률을 정해 둔 이 기록에서는 레이블 수보다 태스크가 더 중요했습니다.
# %% [markdown] lang="en"
# ## The table, filled
#
# So here is the table that every textbook has, filled with what was measured, as far as it goes. Near means that the probes rise with depth, far that
# they fall; few labels are fewer than ten per class. In each box the mean test accuracy of all cells of `glyphnet` that fall into it,
# best first. (MobileNetV2 stays out, since its scratch had no fair chance.)
# %% [markdown] lang="ko"
# ## 표 채우기
#
# 어느 책에나 나오는 표를 측정한 값으로 채워 봅시다. 프로브가 깊이에 따라 오르면 가까운 것, 내려가면 먼 것으로 하고, 클래스당 열 개가 안 되면 적은 것으로 합니다.
# 칸마다 거기에 드는 `glyphnet` 실험의 평균 테스트 정확도를 높은 것부터 적습니다. (처음부터 학습한 쪽에 공정한 기회가 없었던 MobileNetV2는 뺍니다.)
# %%
cells = [cell(*pair, labels) for pair in pairs for labels in sizes[pair]]

def place(rows):
    """Where a cell lies: near where the probes rise with depth, few below ten labels
    per class."""
    rises = np.mean(by_stage(rows)[:, -1] - by_stage(rows)[:, 0]) > 0
    few = rows[0]["labels_per_class"] < 10
    return "near" if rises else "far", "few" if few else "many"
# %%
boxes = {}
for where in [(a, b) for a in ("near", "far") for b in ("few", "many")]:
    inside = [
        rows
        for rows in cells
        if place(rows) == where and rows[0]["backbone"] == "glyphnet"
    ]
    means = {
        name: 100 * np.mean([scores(rows, name).mean() for rows in inside])
        for name in main
    }
    ranked = sorted(means, key=means.get, reverse=True)
    boxes[where] = (
        ", ".join(f"`{name}` {means[name]:.1f} %" for name in ranked)
        + f" ({len(inside)} cells)"
    )
    assert (ranked[0] == "scratch") == (where[0] == "far")
# %% [markdown] lang="en"
# | | few labels (below 10) | more labels |
# |---|---|---|
# | **near** (probes rise) | {{boxes["near", "few"]}} | {{boxes["near", "many"]}} |
# | **far** (probes fall) | {{boxes["far", "few"]}} | {{boxes["far", "many"]}} |
#
# Compare within a box only: the boxes hold different tasks. And do not read "far" as a class of tasks. Near are digits,
# Fashion-MNIST and faces; far are the textures at every number of labels, and one cell of faces, with 40 labels, whose probes fall
# by a hair and which lifts the mean of its box. So the lower half of the table is one task. What it shows for others is open.
# %% [markdown] lang="ko"
# | | 레이블이 적을 때(10개 미만) | 많을 때 |
# |---|---|---|
# | **가까울 때**(프로브가 오름) | {{boxes["near", "few"]}} | {{boxes["near", "many"]}} |
# | **멀 때**(프로브가 내려감) | {{boxes["far", "few"]}} | {{boxes["far", "many"]}} |
#
# 칸마다 태스크가 다르니 비교는 한 칸 안에서만 하세요. 괄호 안은 그 칸에 든 실험(cell)의 수입니다. "멀 때"를 여러 태스크로 읽어서도 안 됩니다. 가까운 쪽은 숫자,
# Fashion-MNIST, 얼굴입니다. 먼 쪽은 레이블 수가 얼마든 질감이고, 거기에 레이블이 40개인 얼굴 한 칸이 더해집니다. 프로브가 아주 조금 내려가서 이쪽에 들었고, 칸의 평균을 끌어올립니다.
# 그러니 표의 아랫줄은 태스크 하나나 다름없고, 다른 먼 태스크에서도 그런지는 아직 모릅니다.
# %% [markdown] lang="en"
# ## A rule to ask
#
# `ft.advise` makes a rule of this, with the second sign. Where an early stage reads better than the last by more than
# {{RULE.lead:g}} standard errors, a small network starts from scratch, and a large one is tuned as a whole. Else the coarse pixels
# decide. Where the last stage is more than {{100 * RULE.ahead:.0f}} points ahead of them, tuning has something to build on; where it
# is behind, its features do not fit. In both the head learns, then everything; in between a small network learns the head alone.
#
# **Predict.** What does it say to digits with ten labels, and what to textures?
# %% [markdown] lang="ko"
# ## 물어볼 수 있는 규칙
#
# `ft.advise`는 이것을 규칙으로 만든 것이고, 두 번째 단서를 씁니다. 앞쪽 스테이지가 마지막 스테이지를 표준 오차의 {{RULE.lead:g}}배보다 크게 앞서면, 작은 신경망은 처음부터
# 학습하고 큰 신경망은 전체를 미세 조정합니다. 그렇지 않으면 8×8로 줄인 픽셀과 비교합니다. 마지막 스테이지가 {{100 * RULE.ahead:.0f}}%p 넘게 앞서면 미세 조정의 바탕이 될 만하고, 뒤지면 특징이 맞지
# 않는 것입니다. 두 경우에는 헤드 다음에 전체를 학습하고, 그 사이라면 작은 신경망은 헤드만 학습합니다.
#
# **예측해 보세요.** 레이블이 열 개인 숫자에는 무엇을 권할까요? 질감에는 무엇을 권할까요?
# %%
print("digits:", advice["digits"].strategy.name)
print("textures, in full:")
print(advice["textures"])
assert (
    advice["textures"].strategy.name == "scratch"
    and advice["digits"].strategy.start == "pretrained"
)
# %% [markdown] lang="en"
# As the strategies come, scratch is right about textures. We have just seen that `full` at a higher rate is level with it: the rule
# chooses among recipes, not among rates.
#
# `ft.fit` takes the advice by itself where the strategy is `"auto"`, and writes the reasons into the run's notes. With three labels
# per class:
#
# **Predict.** What will it choose for digits now?
# %% [markdown] lang="ko"
# 기본값대로라면 질감에는 처음부터 학습하는 것이 맞습니다. 다만 방금 보았듯이 학습률을 높인 `full`도 그만큼 합니다. 규칙은 학습률이 아니라 전략만 고릅니다.
#
# 전략을 `"auto"`로 주면 `ft.fit`이 스스로 이 조언을 따르고, 이유를 실행의 메모에 적어 둡니다. 레이블을 클래스당 세 개로 줄여 봅시다.
#
# **예측해 보세요.** 이번에는 숫자에 무엇을 고를까요?
# %%
few = track.task(labels_per_class=3, seed=0)
auto = ft.fit(
    ft.classifier(backbone, few.num_classes),
    few,
    "auto",
    updates=100,
    seed=0,
    verbose=False,
)
print("chosen:", auto.strategy)
print(*auto.notes, sep="\n")
# %%
rows = cell("glyphnet", "digits", 3)
seeds = scores(rows, auto.strategy, "validation")
print(
    f"validation {auto.val_accuracy:.1%} after 100 updates; recorded, after 300: "
    f"{seeds.min():.1%} to {seeds.max():.1%}"
)
assert seeds.min() - 0.02 <= auto.val_accuracy <= seeds.max() + 0.02
print(
    *(
        f"{name}: {100 * scores(rows, name).mean():.1f} % of the test images, recorded"
        for name in main[:2]
    ),
    sep="\n",
)
# %% [markdown] lang="en"
# Surprised? With ten labels it said frozen, with three it says move. Nothing in the features has changed: from three labels coarse
# pixels read less, so the lead over them crossed the border. In the record the two are level. A rule with borders jumps where life
# does not.
# %% [markdown] lang="ko"
# 뜻밖인가요? 레이블이 열 개일 때는 동결하라더니, 세 개일 때는 움직이라고 합니다. 특징은 그대로입니다. 레이블이 셋이면 8×8로 줄인 픽셀이 덜 읽어서, 앞선 폭이 경계를 넘었을 뿐입니다.
# 기록에서 둘은 비슷합니다. 경계가 있는 규칙은 현실이 매끄러운 곳에서도 껑충 뜁니다.
# %% [markdown] lang="en"
# ### Exercise 2: ask the rule
#
# What does `ft.advise` say about faces with 20 labels per class, under `glyphnet`? Put the whole advice into `asked`, not only the name
# of a strategy; print it, and read its doubts before you trust it.
# %% [markdown] lang="ko"
# ### 연습 2: 규칙에 물어보기
#
# 레이블이 클래스당 20개인 얼굴을 `glyphnet`으로 풀 때 `ft.advise`는 뭐라고 할까요? 전략 이름만이 아니라 조언을 통째로 `asked`에
# 담고, 출력해서, 믿기 전에 의심할 점(`But`)부터 읽어 보세요.
# %% tags=["exercise"]
asked = ...
# Stuck? ft.hint("08.2"), then ft.solution("08.2")
ft.check("08.2", asked)
# %% [markdown] lang="en"
# ## What a wrong choice costs
#
# A rule need not always be right; it should be wrong where that is cheap. *Regret* measures it: how many points of test accuracy the
# chosen strategy lies below the one that turned out best in that cell. Habits have a regret as well, such as "always from scratch".
#
# **Predict.** Which habit has the smallest mean regret over the whole grid?
# %% [markdown] lang="ko"
# ## 잘못 고르면 얼마나 손해일까요?
#
# 규칙이 늘 맞을 필요는 없습니다. 틀리더라도 손해가 적으면 됩니다. 이것을 재는 것이 *후회*(regret)입니다. 고른 전략의 테스트 정확도가 그 칸에서 가장 좋았던 전략보다
# 몇 %p 낮은지를 봅니다. "무조건 처음부터"와 같은 습관에도 후회가 있습니다.
#
# **예측해 보세요.** 표 전체에서 평균 후회가 가장 작은 습관은 무엇일까요?
# %%
def regret(rows, decide):
    """Points below the best strategy of a cell, mean of the seeds; `decide` goes from a
    row to a name."""
    tests = {name: scores(rows, name).mean() for name in rows[0]["runs"]}
    return 100 * np.mean([max(tests.values()) - tests[decide(row)] for row in rows])

def mean_regret(decide, where=cells):
    return float(np.mean([regret(rows, decide) for rows in where]))

habits = {f"always {name}": mean_regret(lambda row, name=name: name) for name in main}
habits["frozen below ten labels, else lp_ft"] = mean_regret(
    lambda row: main[0 if row["labels_per_class"] < 10 else 1]
)
for name, cost in habits.items():
    print(f"{name:<32}{cost:>5.1f} points")
# %% [markdown] lang="en"
# To judge a rule by the runs that its borders were fitted on would flatter it. The honest question is what it costs on a task that it
# has never seen. We try it on a simple rule with the first sign, scratch where the gain is below a border: leave out one task, fit the
# border on the others, and apply it to the one left out. Then the next. This is *cross-validation*, with a task at a time left out.
#
# **Predict.** Will the border that the others choose be right for the textures?
# %% [markdown] lang="ko"
# 경계를 정하는 데 쓴 실험으로 규칙을 평가하면 규칙에 유리합니다. 처음 보는 태스크에서 얼마나 손해인지를 물어야 합니다. 첫 번째 단서를 쓰는 단순한 규칙으로 해 봅시다.
# 이득이 경계보다 작으면 처음부터 학습하는 규칙입니다. 태스크를 하나 빼고 나머지로 경계를 정한 다음, 빼 둔 태스크에 적용합니다. 태스크를 바꿔 가며 되풀이합니다. 이것이
# *교차 검증*(cross-validation)이고, 여기서는 한 번에 태스크를 하나씩 뺍니다.
#
# **예측해 보세요.** 나머지 태스크로 정한 경계는 질감에도 맞을까요?
# %%
def simple(border):
    return lambda row: "scratch" if evidence(row).gain < border else "lp_ft"

def fitted(where):
    """The border with the smallest mean regret; of several the middle one."""
    borders = np.linspace(-0.55, 0.95, 31)
    paid = np.array([mean_regret(simple(border), where) for border in borders])
    best = np.flatnonzero(paid < paid.min() + 1e-9)
    return borders[best[len(best) // 2]]

unseen, own = {}, {}
for task in dict.fromkeys(task for _, task in pairs):
    border = fitted([rows for rows in cells if rows[0]["task"] != task])
    left_out = [rows for rows in cells if rows[0]["task"] == task]
    unseen[task] = [regret(rows, simple(border)) for rows in left_out]
    own[task] = mean_regret(simple(fitted(left_out)), left_out)
    print(
        f"{task:<15}border {border:+.2f}: {np.mean(unseen[task]):4.1f} points; with "
        f"its own border {own[task]:4.1f}"
    )
worst = max(unseen, key=lambda task: np.mean(unseen[task]) - own[task])
assert np.mean(unseen["textures"]) > own["textures"] + 3
# %% [markdown] lang="en"
# No. On textures that border costs {{np.mean(unseen["textures"]):.0f}} points, where one of their own would have cost next to
# nothing. The other tasks had hardly shown that it may be better to start from scratch. The largest gap is that of
# `{{worst}}`: {{np.mean(unseen[worst]):.0f}} points against {{own[worst]:.0f}}. A rule knows the tasks it was made from.
# %% [markdown] lang="ko"
# 맞지 않습니다. 그 경계는 질감에서 {{np.mean(unseen["textures"]):.0f}}%p 손해이고, 질감에 맞춘 경계였다면 손해가 거의 없었을 것입니다. 처음부터 학습하는 편이 나을
# 수도 있다는 것이 다른 태스크에서는 거의 드러나지 않았습니다. 차이가 가장 큰 것은 `{{worst}}`로, {{np.mean(unseen[worst]):.0f}}%p 대 {{own[worst]:.0f}}%p입니다. 규칙은 자기를
# 만든 태스크만 압니다.
# %% [markdown] lang="en"
# `ft.advise` was put to the same trial, recorded by `make results`. And there is the most natural rival: run all three strategies
# and let validation choose. It takes the time of all three.
# %% [markdown] lang="ko"
# `ft.advise`도 똑같이 평가했고, 그 결과가 기록되어 있습니다. 가장 자연스러운 비교 대상도 있습니다. 세 전략을 모두 돌려 보고 검증 정확도로 고르는 것입니다. 대신 시간이
# 셋을 합친 만큼 듭니다.
# %%
def tried(row):
    return max(main, key=lambda name: row["runs"][name]["validation"])

trial = track.recorded("advice")["cells"]
assert len(trial) == len(cells)  # both records are of the same runs
costs = dict(sorted(habits.items(), key=lambda item: -item[1]))
costs["gain below a border, tasks left out"] = by_gain = float(
    np.mean(sum(unseen.values(), []))
)
costs["ft.advise, tasks left out"] = advised = float(
    np.mean([line["regret"] for line in trial])
)
costs["all three, validation chooses"] = compared = mean_regret(tried)
# %%
fig = plots.bars(
    costs,
    "What each way of choosing costs",
    f"Points of test accuracy below the best, mean of {len(cells)} cells",
)
ft.show(
    fig,
    alt="Bars, the mean regret of three habits, of a border on the gain and of "
    "ft.advise on tasks left out, and of trying all three.",
)
habit = min(habits, key=habits.get)
three = (
    sum(scores(record, name, "seconds").sum() for name in main)
    / scores(record, main[0], "seconds").sum()
)
assert compared < habits[habit] and advised < min(habits[habit], by_gain)
# %% [markdown] lang="en"
# The border on the gain costs {{by_gain:.1f}} points, `ft.advise` {{advised:.1f}}, the best habit ({{habit}}) {{habits[habit]:.1f}}. Trying
# all three costs {{compared:.1f}}, and {{three:.0f}} times the time of frozen runs (more than the prices at the top add up to:
# MobileNetV2 is counted in). One caution: the form of the rule was chosen
# with these tasks in view. An earlier form was tried honestly: it was written down before MobileNetV2 had seen four of them. It froze
# the backbone wherever pixels read about as well as the last stage, or better.
# %% [markdown] lang="ko"
# 이득에 경계를 둔 규칙은 {{by_gain:.1f}}%p, `ft.advise`는 {{advised:.1f}}%p, 가장 나은 습관({{habit}})은 {{habits[habit]:.1f}}%p 손해입니다. 셋을 모두 돌리면 {{compared:.1f}}%p이고,
# 시간은 동결한 백본의 {{three:.0f}}배가 듭니다(MobileNetV2까지 셌으므로 맨 위에서 본 비용의 합보다 큽니다). 한 가지 조심할 점이 있습니다. 규칙의 형태는 이 태스크들을 보면서 정했습니다. 앞서 쓰던 규칙은 제대로 시험해 보았습니다. MobileNetV2가
# 네 태스크를 보기 전에 적어 둔 것으로, 픽셀이 마지막 스테이지만큼 읽거나 더 잘 읽으면 언제나 백본을 동결했습니다.
# %%
lead, frozen = {}, {}
for task in ("faces", "fashion_mnist", "digits", "textures"):
    rows = cell("MobileNetV2", task, 10)
    found = [evidence(row) for row in rows]
    lead[task] = 100 * np.mean([one.probe - one.pixels for one in found])
    frozen[task] = regret(rows, lambda row: "feature_extraction_long")
    print(
        f"{task:<15}last stage ahead of pixels by {lead[task]:+5.1f} points; frozen "
        f"costs {frozen[task]:4.1f}"
    )
more = regret(
    cell("MobileNetV2", "fashion_mnist", 50), lambda row: "feature_extraction_long"
)
assert (
    lead["digits"] < 0
    and frozen["digits"] > 5 > frozen["fashion_mnist"]
    and more > frozen["fashion_mnist"] + 1
)
# %% [markdown] lang="en"
# On digits it lost {{frozen["digits"]:.0f}} points: the features of photos read strokes worse than pixels do, and what is frozen cannot
# mend itself. So the rule now tunes there too; and since being frozen costs {{more:.0f}} points on Fashion-MNIST with 50 labels, it freezes no large network
# at all. That makes it better, and untried again: no task is left that it has not seen. If your runs take minutes, compare. If they take days, ask, and look at what the advice itself doubts.
# %% [markdown] lang="ko"
# 숫자에서 {{frozen["digits"]:.0f}}%p를 잃었습니다. 사진에서 배운 특징은 픽셀보다도 획을 못 읽는데, 동결해 두면 고칠 길이 없습니다. 그래서 이제는 그런 때에도 미세 조정을 권합니다.
# 레이블이 50개인 Fashion-MNIST에서도 동결하면 {{more:.0f}}%p를 잃기 때문에 큰 신경망은 아예 동결하지 않습니다. 규칙은 나아졌지만 아직 새 태스크로 평가받지 않은 규칙이 되었습니다. 아직 보지 않은 태스크가 남아 있지 않기 때문입니다. 학습이 몇 분이면 끝난다면 직접 비교하세요. 며칠이 걸린다면 규칙에 물어보되, 규칙 스스로 의심하는 것을 살피세요.
# %% [markdown] lang="en"
# ### Exercise 3: a rule of your own
#
# The gain alone cannot tell textures from Fashion-MNIST. There was a second sign. Write
# `decide(labels_per_class, probes, untrained)`, which returns `"scratch"`, `"feature_extraction_long"` or `"lp_ft"`. `probes`
# lists the accuracies of the probes from the first stage, `probes[0]`, to the last, `probes[-1]`. It is tried on every recorded cell; the goal is a smaller mean
# regret than any habit has.
# %% [markdown] lang="ko"
# ### 연습 3: 나만의 규칙
#
# 이득만으로는 질감과 Fashion-MNIST를 가릴 수 없습니다. 단서가 하나 더 있었습니다. `decide(labels_per_class, probes, untrained)`를 작성해 보세요. `"scratch"`, `"feature_extraction_long"`, `"lp_ft"` 중 하나를 돌려줍니다. `probes`는 첫
# 스테이지(`probes[0]`)부터 마지막 스테이지(`probes[-1]`)까지 프로브의 정확도를 늘어놓은 리스트입니다. 기록된 모든 칸에서 시험하며, 목표는 어떤 습관보다도 평균 후회가 작은 규칙입니다.
# %% tags=["exercise"]
def decide(labels_per_class, probes, untrained):
    return ...

# Stuck? ft.hint("08.3"), then ft.solution("08.3")
ft.check("08.3", decide)
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Without a rule to ask, a Keras user trains each candidate and lets `validation_data` decide. Three candidates on the
# three labels per class of above: the frozen backbone, all of it at a low rate, and the same layers from scratch. (The
# code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 물어볼 규칙이 없다면 Keras 사용자는 후보를 모두 학습해 보고 `validation_data`의 점수로 고릅니다. 위에서 쓴 클래스당 레이블 3개로 후보 셋을 비교합니다. 동결한 백본, 낮은 학습률로 전부
# 학습하는 백본, 그리고 같은 층을 처음부터 학습하는 신경망입니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
import keras

def candidate(pretrained, trainable):
    base = track.backbone
    if not pretrained:
        base = keras.models.clone_model(base)  # the same layers, random weights
    base.trainable = trainable
    for layer in base.layers:  # statistics of so few images are worth nothing
        if pretrained and isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    inputs = keras.Input(base.input_shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(base(inputs))
    outputs = keras.layers.Dense(few.num_classes, activation="softmax")(pooled)
    return keras.Model(inputs, outputs)
# %% tags=["folded"]
data = few.for_backbone(backbone)
stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
keras_scores = {}
for name, pretrained, trainable, rate in (
    ("frozen", True, False, 1e-2),
    ("fine-tuned", True, True, 3e-4),
    ("scratch", False, True, 1e-3),
):
    keras.utils.set_random_seed(0)
    plain = candidate(pretrained, trainable)
    plain.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = plain.fit(
        data.train.images, data.train.labels, batch_size=10, epochs=15, verbose=0,
        validation_data=(data.validation.images, data.validation.labels),
        callbacks=[stop],
    ).history
    keras_scores[name] = max(history["val_accuracy"])
# %% tags=["folded"]
for name, value in keras_scores.items():
    print(f"{name:<11} validation accuracy {100 * value:.1f} %")
chosen = max(keras_scores, key=keras_scores.get)
print(f"ft.fit, {auto.strategy}: {100 * auto.val_accuracy:.1f} %")
assert chosen != "scratch"
# %% [markdown] lang="en"
# Validation chooses `{{chosen}}`, {{100 * keras_scores[chosen]:.1f}} %; scratch is at
# {{100 * keras_scores["scratch"]:.1f}} %. `ft.fit`, which asked the rule and trained once, had
# {{100 * auto.val_accuracy:.1f}} %. Three runs instead of one are the price of not asking, and {{len(data.validation)}}
# validation images that all three share.
# %% [markdown] lang="ko"
# 검증이 고른 것은 `{{chosen}}`, {{100 * keras_scores[chosen]:.1f}}%입니다. 처음부터 학습한 것은 {{100 * keras_scores["scratch"]:.1f}}%입니다.
# 규칙에 물어보고 한 번만 학습한 `ft.fit`은 {{100 * auto.val_accuracy:.1f}}%였습니다. 물어보지 않는 대가는 한 번 대신 세 번 학습하는 것, 그리고 셋이 함께 쓰는 검증 이미지
# {{len(data.validation)}}장입니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 08.q1}}
# %% [markdown] lang="ko"
# {{quiz 08.q1}}
# %% tags=["exercise"]
ft.check("08.q1", ...)
# %% [markdown] lang="en"
# {{quiz 08.q2}}
# %% [markdown] lang="ko"
# {{quiz 08.q2}}
# %% tags=["exercise"]
ft.check("08.q2", ...)
# %% [markdown] lang="en"
# {{quiz 08.q3}}
# %% [markdown] lang="ko"
# {{quiz 08.q3}}
# %% tags=["exercise"]
ft.check("08.q3", ...)
# %% [markdown] lang="en"
# {{quiz 08.q4}}
# %% [markdown] lang="ko"
# {{quiz 08.q4}}
# %% tags=["exercise"]
ft.check("08.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Two questions decide: is the pre-training worth keeping, and should it move? In this record what probes read from each stage
#   answered both better than the number of labels.
# - On a near task pre-training replaces labels: with the strategies as they come it was worth {{100 * digits[0][0]:.0f}} points with one
#   label per class ({{100 * choosing:.0f}} where both sides could choose, lesson 05), and {{100 * digits[-1][0]:.1f}} with 50.
# - Nearness can be measured in seconds, with probes. Better than random features is too little to ask; whether the probes rise
#   with depth told more.
# - On textures, whose features did not fit, scratch beat every strategy that protects the pre-training. At a rate of its own choice
#   the pre-trained start was level. Far from the source, do not protect.
# - In between there is the hybrid: keep the first stages and draw the rest anew. It did well on digits, and on one seed of the
#   textures.
# - Judge a rule by its regret on tasks left out. There a border on the gain cost {{by_gain:.1f}} points, `ft.advise`
#   {{advised:.1f}}, the best habit {{habits[habit]:.1f}}; trying all three, at {{three:.0f}} times the time of a frozen backbone,
#   {{compared:.1f}}.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 두 가지를 물어봅니다. 사전 학습을 남겨 둘 만한가, 그리고 움직여야 하는가. 이 기록에서는 둘 다 레이블 수보다 스테이지별 선형 프로브가 더 잘 답했습니다.
# - 가까운 태스크에서 사전 학습은 레이블을 대신합니다. 전략을 기본값대로 쓰면 가치가 클래스당 레이블이 하나일 때 {{100 * digits[0][0]:.0f}}%p(양쪽 다 고를 수 있었던
#   5강에서는 {{100 * choosing:.0f}}%p), 50개일 때 {{100 * digits[-1][0]:.1f}}%p였습니다.
# - 유사도는 프로브로 몇 초면 잴 수 있습니다. 무작위 특징보다 나은 것만으로는 부족하고, 프로브가 깊이에 따라 오르는지가 더 많은 것을 알려 주었습니다.
# - 특징이 맞지 않던 질감에서는 처음부터 학습한 쪽이 사전 학습을 지키려는 전략을 모두 이겼습니다. 학습률을 자유롭게 고르면 사전 학습된 출발점도 뒤지지 않았습니다.
#   원천 태스크에서 멀면 지키려 하지 마세요.
# - 그 사이에 하이브리드가 있습니다. 앞쪽 스테이지만 남기고 나머지는 새로 초기화합니다. 숫자에서, 그리고 질감의 한 시드에서 잘했습니다.
# - 규칙은 빼 둔 태스크에서의 후회로 평가합니다. 거기서 이득에 경계를 둔 규칙은 {{by_gain:.1f}}%p, `ft.advise`는 {{advised:.1f}}%p, 가장 나은 습관은
#   {{habits[habit]:.1f}}%p 손해였고, 셋을 모두 돌려 보면 동결한 백본의 {{three:.0f}}배 시간에 {{compared:.1f}}%p 손해였습니다.
# %% [markdown] lang="en"
# ## Next
#
# All this time we judged by one number, the accuracy on the new task. A rule that looks at it alone will never notice what a
# strategy does to the old one. Lesson 09 looks: what a network forgets while it learns, and what keeps it.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 지금까지는 새 태스크의 정확도 하나만 보고 판단했습니다. 그것만 보는 규칙은 전략이 원래 태스크에 무슨 일을 하는지 결코 알아채지 못합니다. 9강에서는 신경망이 새것을
# 배우면서 무엇을 잊는지, 무엇이 기억을 지켜 주는지 살펴봅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Yosinski et al., 2014, [how transferable are features?](https://arxiv.org/abs/1411.1792); Alain and Bengio, 2017,
#   [linear probes](https://arxiv.org/abs/1610.01644); Raghu et al., 2019,
#   [how little transfer gave on medical images](https://arxiv.org/abs/1902.07208)
# - Stanford CS231n: [the same table](https://cs231n.github.io/transfer-learning/), as it is usually taught
# - Keras: [transfer learning and fine-tuning](https://keras.io/guides/transfer_learning/)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Yosinski 등, 2014, [특징은 얼마나 옮겨 쓸 수 있을까](https://arxiv.org/abs/1411.1792). Alain과 Bengio, 2017,
#   [선형 프로브](https://arxiv.org/abs/1610.01644). Raghu 등, 2019,
#   [의료 이미지에서 전이의 효과가 작았던 이야기](https://arxiv.org/abs/1902.07208)
# - 스탠퍼드 CS231n: 흔히 가르치는 [같은 표](https://cs231n.github.io/transfer-learning/)
# - Keras: [전이 학습과 미세 조정](https://keras.io/guides/transfer_learning/)
