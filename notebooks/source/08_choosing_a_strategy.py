# %% [markdown] lang="en"
# # Choosing a strategy
#
# Frozen, head first, stage by stage, all at once, from scratch: by now none has won everywhere. What decides? Two things are named
# everywhere: how much data there is, and how near it is to what the network knows. We measure both.
#
# **Questions**
# - Which strategy for how many labels, and for how near a task?
# - Can I find out how near a task is before I train anything?
# - When is it better to start from scratch?
#
# **You will**
# - tell four kinds of training apart by what they learn, from which data, and at what cost
# - measure with linear probes, in seconds, how much of a pre-training a task can use
# - read a grid of recorded runs, data size against similarity, with intervals
# - ask a decision rule and read its doubts, then compare where it can be wrong
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
# - 처음부터 학습하는 편이 나은 것은 언제일까요?
#
# **이 수업을 마치면**
# - 네 가지 학습을 무엇을 배우는지, 어떤 데이터로 배우는지, 비용이 얼마인지로 구별할 수 있습니다
# - 사전 학습(pre-training)이 태스크에 얼마나 쓸모 있는지 선형 프로브(linear probe)로 몇 초 만에 잴 수 있습니다
# - 데이터 양과 유사도별 실험 표를 신뢰 구간까지 읽을 수 있습니다
# - 판단 규칙에 물어보고 의심할 점을 읽은 다음, 틀릴 수 있는 곳에서는 직접 비교할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import json
import pathlib

import numpy as np

import ftlib as ft
from ftlib import plots
from ftlib.course.transfer_record import TransferRecord
from ftlib.evidence.advisor import RULE, lead

track = ft.track("glyph")
recorded = track.recorded("transfer")
record = TransferRecord(recorded["rows"])
pairs = record.pairs
print(f"{record.run_count} recorded runs, {len(pairs)} pairs of backbone and task")
# %% [markdown] lang="en"
# These runs took hours, so they were recorded. All runs of one backbone, on one task, with one number of labels make a *cell*. It
# has a few seeds, and within a seed every strategy learned from the same images. Here is one cell:
# %% [markdown] lang="ko"
# 이 실험은 몇 시간이 걸려서 미리 기록해 두었습니다. 백본 하나, 태스크 하나, 레이블 수 하나에 해당하는 실험을 모두 모은 것이 *칸*(cell) 하나입니다. 칸마다 시드가
# 몇 개 있고, 시드가 같으면 모든 전략이 같은 이미지로 학습했습니다. 칸 하나를 봅시다.
# %%
example = record.cell("glyphnet", "digits", 10)
print(example)
for name in example.strategies:
    print(f"{name:<26}test accuracy {100 * example.scores(name).mean():.1f} %")
# %% [markdown] lang="en"
# Three of these names go through the whole lesson: `scratch` begins with random weights, `feature_extraction_long` freezes the backbone
# and trains the head alone, and `lp_ft` trains the head first, then everything. (`top` trains the last stage and the head, `full` all
# at once.)
# %% [markdown] lang="ko"
# 이 가운데 세 이름이 수업 내내 나옵니다. `scratch`는 무작위 가중치에서 출발하고, `feature_extraction_long`은 백본을 동결하고 헤드만 학습하고, `lp_ft`는 헤드를 먼저
# 학습한 다음 전체를 학습합니다. (`top`은 마지막 스테이지와 헤드를, `full`은 처음부터 전체를 학습합니다.)
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
glyph_cells = [cell for cell in record.cells if cell.backbone == "glyphnet"]

def training_seconds(strategy):
    return np.concatenate([cell.scores(strategy, "seconds") for cell in glyph_cells])

price = {}
for name in main:
    ratios = training_seconds(name) / training_seconds("feature_extraction_long")
    price[name] = float(np.median(ratios))
    print(f"{name:<26} about {price[name]:.0f} times the time of the frozen backbone")
assert price["scratch"] > 3 and price["lp_ft"] > 3
# %%
card_file = pathlib.Path(ft.__file__).parent / "weights" / "glyphnet.json"
pretraining = json.loads(card_file.read_text(encoding="utf-8"))["training"]
pretraining_images = pretraining["epochs"] * pretraining["images_per_epoch"]
run_images = 32 * track.updates  # one run: batches of 32
print(f"images: {pretraining_images:,} in the pre-training, {run_images:,} in a run")
assert pretraining_images > 20 * run_images
# %% [markdown] lang="en"
# | | what is learned | from which data | cost | when |
# |---|---|---|---|---|
# | training from scratch | every weight, from random numbers | your own labelled images | {{price["scratch"]:.0f}} | nothing near exists, or images are plenty |
# | pre-training | every weight, for a task that may interest nobody | a large set, here {{pretraining_images:,}} drawn letters | {{pretraining_images / run_images:.0f}} times the images of one run, but once for all | many tasks will follow |
# | transfer learning with a frozen backbone | the head | your own; the features come from the pre-training | 1 | few labels, a near task |
# | fine-tuning, head first | head, then everything, gently | your own, from the pre-trained start | {{price["lp_ft"]:.0f}} | more labels, or a task less near |
#
# Cost: time, frozen backbone = 1. Fine-tuning is transfer learning as well: both begin with what a pre-training has left.
# %% [markdown] lang="ko"
# | | 무엇을 배우나 | 어떤 데이터로 | 비용 | 언제 |
# |---|---|---|---|---|
# | 처음부터 학습(training from scratch) | 모든 가중치. 난수에서 출발 | 레이블을 단 내 이미지 | {{price["scratch"]:.0f}} | 가까운 백본이 없거나 이미지가 넉넉할 때 |
# | 사전 학습(pre-training) | 모든 가중치. 정작 쓸 일은 없을지도 모르는 태스크용 | 큰 데이터. 여기서는 그려 낸 글자 {{pretraining_images:,}}장 | 학습 한 번에 쓰는 이미지의 {{pretraining_images / run_images:.0f}}배. 단, 한 번만 치르면 됨 | 앞으로 풀 태스크가 많을 때 |
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
images, titles = [], []
for name, task in {"letters": track.source_task, **tasks}.items():
    validation = task.for_backbone(backbone).validation
    places = np.linspace(0, len(validation) - 1, 8).astype(int)
    images += [validation.images[place] for place in places]
    titles += [name] + [""] * 7
fig = plots.image_grid(
    np.array(images), titles, columns=8, title="What glyphnet knows, and three tasks"
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
for name, advised in advice.items():
    evidence = advised.evidence
    print(
        f"{name:<10}{evidence.probe:>12.1%}{evidence.untrained:>9.1%}"
        f"{evidence.pixels:>9.1%}{evidence.gain:>8.2f}"
    )
gains = {name: advised.evidence.gain for name, advised in advice.items()}
# %% [markdown] lang="en"
# What does the last column say? Random features get some images wrong. The *gain* is the part of these mistakes that pre-trained
# features get right: 1 if they mend all of them, 0 if the pre-training has added nothing.
#
# Coarse pixels, an image of 8 by 8, stand beside it as a warning: where they do as well, no network was needed.
# %% [markdown] lang="ko"
# 마지막 열은 무엇일까요? 무작위 특징은 이미지 몇 장을 틀립니다. 사전 학습된 특징이 그 오답 중 몇이나 맞히는지가 *이득*(gain)입니다. 모두 맞히면 1, 사전 학습이 보탠 것이
# 없으면 0입니다.
#
# 8×8로 줄인 픽셀도 옆에 두었습니다. 픽셀만으로 그만큼 맞힌다면 애초에 신경망이 필요 없었던 것이니까요.
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
# 값이 크게 흔들립니다. `ft.advise`도 이미지가 얼마나 적은지 압니다. 출력은 영어입니다. 권하는 전략(`advice`), 스테이지마다 잰 프로브의 정확도,
# 그렇게 권하는 이유가 차례로 나옵니다. `But`으로 시작하는 줄은 조언이 스스로 의심하는 점입니다. 여기서는 검증 이미지가 너무 적다는 것, 그리고 픽셀이나 무작위 가중치로도 그만큼 맞히니 백본의
# 도움이 적다는 것입니다.
# %%
print(advice["faces"])
assert gains["digits"] > gains["textures"] + 0.2 and advice["faces"].doubts
# %% [markdown] lang="en"
# ## A second sign: the depth
#
# `ft.advise` also fits a probe on every stage, and so did the record. Late stages are made of early ones, and of more and more
# letters. The record has two tasks more: Fashion-MNIST, grey pictures of 28 by 28 pixels that show ten kinds of clothes, and
# three kinds of blood cells, cut out of photos that were taken through a microscope.
#
# **Predict.** For digits late stages are better than the first. And for textures? For blood cells?
# %% [markdown] lang="ko"
# ## 두 번째 단서: 깊이
#
# `ft.advise`는 스테이지마다 선형 프로브를 학습합니다. 그 결과는 기록에도 들어 있습니다. 뒤쪽 스테이지는 앞쪽 스테이지로 이루어지고, 갈수록 글자다워집니다. 기록에는 태스크가
# 둘 더 있습니다. 옷과 신발 열 가지를 찍은 28×28 흑백 이미지 Fashion-MNIST, 그리고 현미경 사진에서 오려 낸 세 종류의 혈액 세포입니다.
#
# **예측해 보세요.** 숫자에는 뒤쪽 스테이지가 첫 스테이지보다 낫습니다. 질감에는 어떨까요? 혈액 세포에는요?
# %%
curves = {}
for cell in glyph_cells:
    if cell.labels_per_class == 10:
        probes = cell.stage_probes
        worst, best = probes.min(axis=0), probes.max(axis=0)
        curves[cell.task] = (1, 2, 3), probes.mean(axis=0), worst, best
fig = plots.lines(
    curves,
    "Stage of glyphnet (1: at the input)",
    "Linear probe, validation (bars: worst to best seed)",
    "The deeper the stage, the better for digits and the worse for textures",
    percent=True,
)
ft.show(
    fig,
    alt="Accuracy of a linear probe on each of three stages, ten labels per class: "
    "it rises for digits, falls for textures, and is highest in the middle for blood "
    "cells.",
)
cell_probes = curves["blood_cells"][1]
assert (np.diff(curves["textures"][1]) < -0.03).all()
assert cell_probes[1] > cell_probes[2] + 0.05 > cell_probes[0]
assert curves["digits"][1][2] > curves["digits"][1][0] + 0.1
# %% [markdown] lang="en"
# For textures the first stage is best: it sees edges in small patches, which textures have too. Later stages keep less of it. How
# much of that is due to letters we cannot say: in lesson 03 random weights fell with depth, too. For blood cells the second stage is best,
# {{100 * cell_probes[1]:.0f}} %, and the last one loses some of it, {{100 * cell_probes[2]:.0f}} %.
#
# Still, there are now two signs of nearness: the gain, and the depth, whether the probes go on rising to the last stage. (How far
# the two can be trusted, lesson 08b asks.)
#
# We had expected more than the cells to be far. Three other tasks were probed as well, with ten labels per class and before anything
# was trained: photos of flowers in grey, and spoken digits and spoken commands, each word a picture of its sound.
#
# **Predict.** What do the probes say to pictures of sound: near, or far?
# %% [markdown] lang="ko"
# 질감에는 첫 스테이지가 가장 낫습니다. 좁은 범위의 경계를 보는데, 그런 것은 질감에도 있습니다. 뒤쪽 스테이지로 갈수록 그것이 덜 남습니다. 그중 얼마가 글자 탓인지는 알 수
# 없습니다. 3강에서는 무작위 가중치도 깊어질수록 떨어졌습니다. 혈액 세포에는 두 번째 스테이지가 {{100 * cell_probes[1]:.0f}}%로 가장 낫고, 마지막 스테이지에서는
# {{100 * cell_probes[2]:.0f}}%로 떨어집니다.
#
# 그래도 유사도의 단서가 둘 생겼습니다. 이득, 그리고 깊이입니다. 깊이는 프로브의 정확도가 마지막 스테이지까지 계속 오르는지를 봅니다. (둘을 어디까지 믿을 만한지는 8b강에서
# 따져 봅니다.)
#
# 멀 것이라고 예상한 태스크는 세포만이 아니었습니다. 무엇도 학습하기 전에 태스크 세 개를 더, 클래스당 레이블 열 개로 프로브만 해 보았습니다. 흑백으로 바꾼 꽃 사진,
# 그리고 소리를 그림으로 그린 영어 숫자와 영어 명령어입니다.
#
# **예측해 보세요.** 프로브는 소리의 그림을 가깝다고 할까요, 멀다고 할까요?
# %%
probed = TransferRecord(recorded["probed"])
stage_means = {}
for task in ("flowers", "spoken_digits", "speech_commands"):
    cell = probed.cell("glyphnet", task, 10)
    stage_means[task] = 100 * cell.stage_probes.mean(axis=0)
    stages = ", ".join(f"{accuracy:.0f}" for accuracy in stage_means[task])
    pixels = 100 * np.mean([evidence.pixels for evidence in cell.evidence])
    print(f"{task:<16}stages {stages} %; pixels {pixels:.0f} %")
    if task == "spoken_digits":
        spoken_pixels = pixels
assert (np.diff(stage_means["spoken_digits"]) > 0).all()
assert spoken_pixels > stage_means["spoken_digits"][2] + 5
assert max(stage_means["flowers"]) < 33 and max(stage_means["speech_commands"]) < 33
# %% [markdown] lang="en"
# Our expectation failed. For spoken digits every stage reads better than the one before, from
# {{stage_means["spoken_digits"][0]:.0f}} to {{stage_means["spoken_digits"][2]:.0f}} %, although coarse pixels read better still. Of the
# flowers and of the commands no stage reads even a third; where little can be read, the stages have little to tell. That left the
# cells as a second far task, and on them every strategy was trained.
# %% [markdown] lang="ko"
# 예상은 빗나갔습니다. 영어 숫자에서는 스테이지마다 앞 스테이지보다 나아져서 {{stage_means["spoken_digits"][0]:.0f}}%에서
# {{stage_means["spoken_digits"][2]:.0f}}%까지 오릅니다. 다만 8×8로 줄인 픽셀은 그보다도 낫습니다. 꽃과 명령어는 어느 스테이지에서도 3분의 1조차 맞히지 못합니다. 맞히는 것이 적으면
# 스테이지를 비교해서 알 수 있는 것도 적습니다. 그래서 두 번째 먼 태스크로 세포가 남았고, 모든 전략을 세포로 학습해 보았습니다.
# %% [markdown] lang="en"
# ## Is the pre-training worth keeping?
#
# Now the runs themselves. For each cell we take the better of the two pre-trained strategies, as validation sees it, and subtract
# training from scratch. Images, updates and seeds are the same on both sides, so we subtract seed by seed. Beside `glyphnet` there is
# MobileNetV2, pre-trained on the photos of ImageNet, and with it a task of five kinds of flowers in photos.
#
# **Predict.** In which corner of the table is the pre-training worth most? Is there a cell where it is worth less than nothing?
# %% [markdown] lang="ko"
# ## 사전 학습은 남겨 둘 만할까요?
#
# 이제 실험 결과를 봅시다. 칸마다 사전 학습을 쓰는 두 전략 중 검증 정확도가 높은 쪽에서 처음부터 학습한 결과를 뺍니다. 이미지도, 업데이트
# 횟수도, 시드도 양쪽이 같으므로 시드마다 뺍니다. `glyphnet` 말고도 ImageNet 사진으로 사전 학습한 MobileNetV2가 있고, 이 백본에는 다섯 종류의 꽃 사진 태스크도 있습니다.
#
# **예측해 보세요.** 사전 학습의 가치가 가장 큰 곳은 표의 어느 구석일까요? 오히려 손해인 칸도 있을까요?
# %%
def worth_of_pretraining(cell):
    """The better of the two pre-trained strategies minus scratch, seed by seed."""
    pretrained = ("feature_extraction_long", "lp_ft")
    better = max(pretrained, key=lambda name: cell.scores(name, "validation").mean())
    return cell.scores(better) - cell.scores("scratch")

def gain_with_ten_labels(pair):
    return np.mean([evidence.gain for evidence in record.cell(*pair, 10).evidence])

by_gain = sorted(record.pairs, key=gain_with_ten_labels, reverse=True)
worth = record.tabulate(worth_of_pretraining, by_gain)
# %%
columns = ["1", "3", "10", "20 to 30", "40 to 80"]
title = "Pre-trained minus scratch, test accuracy; the largest gain first"
fig = plots.effect_grid(worth, columns, "Labels per class", title)
ft.show(
    fig,
    alt="A grid, a row per backbone and task, a column per number of labels: what "
    "the pre-training is worth in points. On digits a lot with one label and little "
    "with many; on textures below 0.",
)
# %%
measured = [effect for row in worth.values() for effect in row if effect]
won = sum(low > 0 for _, low, _ in measured)
lost = sum(high < 0 for _, _, high in measured)
narrowest = min(-100 * high for _, _, high in measured if high < 0)
print(f"{len(measured)} cells: {won} above 0 for certain, {lost} below 0 for certain")
digits, textures = (
    [effect for effect in worth[f"glyphnet: {name}"] if effect]
    for name in ("digits", "textures")
)
assert digits[0][1] > 0.1 and digits[0][0] > digits[1][0] > digits[-1][0]
assert max(textures)[0] < 0
# %% [markdown] lang="en"
# Of {{len(measured)}} cells, {{won}} lie above 0 with their whole interval, {{lost}} below (one of them by a hair: its interval ends
# {{narrowest:.2f}} points below 0); in the other {{len(measured) - won - lost}} the seeds cannot tell. On digits pre-training is worth {{100 * digits[0][0]:.0f}} points with one label per
# class and {{100 * digits[-1][0]:.1f}} with 50: labels replace it. On textures it is worth less than nothing in the mean, with few labels
# and with many.
#
# But lesson 05 found less for digits with one label. How much less, and why?
# %% [markdown] lang="ko"
# {{len(measured)}}칸 중 구간 전체가 0보다 위인 칸이 {{won}}개, 아래인 칸이 {{lost}}개이고(그중 하나는 구간의 끝이 0에서 {{narrowest:.2f}}%p 아래로, 아슬아슬합니다), 나머지 {{len(measured) - won - lost}}칸은 시드 몇 개로는 가릴 수 없습니다. 숫자에서
# 사전 학습의 가치는 클래스당 레이블이 하나일 때 {{100 * digits[0][0]:.0f}}%p, 50개일 때 {{100 * digits[-1][0]:.1f}}%p입니다. 레이블이 사전 학습을 대신하는 것입니다.
# 질감에서는 레이블이 적든 많든 평균이 오히려 손해입니다.
#
# 그런데 5강에서는 레이블이 하나인 숫자에서 이보다 작은 값이 나왔습니다. 얼마나 작았고, 왜 그럴까요?
# %%
one_label = {
    row["strategy"]: row["test_mean"]
    for row in track.recorded("digits").table()
    if row["labels_per_class"] == 1
}
pretrained_best = max(one_label["feature_extraction_long"], one_label["lp_ft"])
tuned_worth = pretrained_best - one_label["scratch"]
print(f"lesson 05, where scratch was tuned as well: {100 * tuned_worth:.0f} points")
assert 0.4 < tuned_worth / digits[0][0] < 0.6
# %% [markdown] lang="en"
# {{100 * tuned_worth:.0f}} points, not {{100 * digits[0][0]:.0f}}. In lesson 05 scratch could choose its rate and a stronger
# regularization; here every strategy runs as it comes. So about half of this advantage is only that scratch was not tuned.
# %% [markdown] lang="ko"
# {{100 * digits[0][0]:.0f}}%p가 아니라 {{100 * tuned_worth:.0f}}%p였습니다. 5강에서는 처음부터 학습하는 쪽도 학습률과 더 강한 정규화를 고를 수 있었고, 여기서는
# 모든 전략이 기본값대로입니다. 이 차이의 절반쯤은 처음부터 학습하는 쪽의 설정을 덜 맞춰 준 탓입니다.
# %% [markdown] lang="en"
# On faces the intervals are wide: two classes, and {{advice["faces"].evidence.validation}} validation images. Every strategy does well
# there, none stands out for certain, and so the choice hardly matters.
# %% [markdown] lang="ko"
# 얼굴은 구간이 넓습니다. 클래스가 둘이고 검증 이미지가 {{advice["faces"].evidence.validation}}장뿐입니다. 어느 전략이나 잘하고 확실히 두드러지는 것이 없으니, 무엇을 골라도 큰
# 차이가 없습니다.
# %%
mobile_rows = [
    row for cell in record.cells if cell.backbone == "MobileNetV2" for row in cell.rows
]
guessing = [
    row
    for row in mobile_rows
    if row["runs"]["scratch"]["validation"] < 1.1 / row["classes"]
]
print(
    f"MobileNetV2 from scratch: {len(guessing)} of {len(mobile_rows)} recorded runs "
    "are no better than guessing"
)
# %% [markdown] lang="en"
# And a caution: under MobileNetV2 scratch has no fair chance. It has {{mobile_rows[0]["updates"]}} updates for a network of dozens of layers,
# and some runs keep a guess as their best epoch. The record cannot tell whether other settings would have mended that. Read these rows
# as what is possible in so few updates, not as what pre-training is worth in the end.
# %% [markdown] lang="ko"
# 조심할 것이 하나 있습니다. MobileNetV2를 처음부터 학습한 쪽에는 공정한 기회가 없었습니다. 층이 수십 개인 신경망에 업데이트가 {{mobile_rows[0]["updates"]}}번뿐이고, 찍는 것과 다름없는
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
ft.show(
    plots.accuracy_curves(record.accuracy_table("glyphnet", "textures")),
    alt="Accuracy on textures against labels per class. Scratch ends on top, full "
    "and LP-FT below it, the last stage alone and the frozen backbone at the bottom.",
)
texture_cells = record.cells_of("glyphnet", "textures")
# In every cell scratch has the highest mean.
assert all(
    cell.scores("scratch").mean() == max(cell.scores(s).mean() for s in cell.strategies)
    for cell in texture_cells
)
# %%
lead_of_scratch = {}
for name in ("lp_ft", "full"):
    leads = [cell.scores("scratch") - cell.scores(name) for cell in texture_cells]
    lead_of_scratch[name] = 100 * np.concatenate(leads)
    won_runs = (lead_of_scratch[name] > 0).sum()
    print(f"scratch beats {name:<6} in {won_runs} of {len(lead_of_scratch[name])} runs")
assert all(points.mean() > 2 for points in lead_of_scratch.values())
assert all((points > 0).mean() > 0.75 for points in lead_of_scratch.values())
# %% [markdown] lang="en"
# Never. Over all numbers of labels, scratch beats `lp_ft` in {{(lead_of_scratch["lp_ft"] > 0).sum()}} of {{len(lead_of_scratch["lp_ft"])}} pairs
# of runs on the same images, by {{lead_of_scratch["lp_ft"].mean():.0f}} points in the mean, and `full` in
# {{(lead_of_scratch["full"] > 0).sum()}}, by {{lead_of_scratch["full"].mean():.0f}} points. An honest win for scratch, against our strategies as
# they come.
# %% [markdown] lang="ko"
# 그런 일은 없습니다. 레이블 수를 통틀어, 같은 이미지로 학습한 {{len(lead_of_scratch["lp_ft"])}}쌍 중 처음부터 학습한 쪽이 `lp_ft`를 이긴 것이
# {{(lead_of_scratch["lp_ft"] > 0).sum()}}쌍이고 평균 {{lead_of_scratch["lp_ft"].mean():.0f}}%p 앞섭니다. `full`을 이긴 것은 {{(lead_of_scratch["full"] > 0).sum()}}쌍,
# 평균 {{lead_of_scratch["full"].mean():.0f}}%p입니다. 정해 둔 전략을 그대로 쓴다면 처음부터 학습하는 쪽이 정당하게 이겼습니다.
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
full_by_rate = {}
for row in track.recorded("gradual").rows:
    if (row["task"], row["method"]) == ("textures", "full"):
        full_by_rate.setdefault(row["rate"], []).append(row)

def mean_validation(rate):
    return np.mean([row["val_accuracy"] for row in full_by_rate[rate]])

best_rate = max(sorted(full_by_rate), key=mean_validation)
tuned_scratch_rows = [
    row for row in track.recorded("textures").rows if row["strategy"] == "scratch"
]
print(f"validation chooses the rate {best_rate:g} for full")
assert best_rate > 1e-3
# %%
def mean_worst_best(rows):
    accuracies = [row["test_accuracy"] for row in rows]
    return float(np.mean(accuracies)), min(accuracies), max(accuracies)

full_low = mean_worst_best(full_by_rate[3e-4])
full_tuned = mean_worst_best(full_by_rate[best_rate])
scratch_tuned = mean_worst_best(tuned_scratch_rows)
fig = plots.bars(
    {
        "full at 3e-4": full_low,
        f"full at {best_rate:g}, by validation": full_tuned,
        "scratch, by validation": scratch_tuned,
    },
    "The low rate lost, not the pre-trained start",
    "Test accuracy, textures, ten labels per class (lines: worst to best seed)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars: full at 0.0003 is far below scratch; at the rate that validation "
    "chose it is level with it or above.",
)
assert full_low[2] < scratch_tuned[1] and full_tuned[0] > scratch_tuned[0] - 0.02
# %% [markdown] lang="en"
# At ten times the rate the pre-trained start is no longer behind: {{100 * full_tuned[0]:.1f}} % against
# {{100 * scratch_tuned[0]:.1f}} %. So the start itself did no harm here. What scratch beats is
# the low rate: it protects features that do not fit. Far from the source, move freely, from whatever start.
# %% [markdown] lang="ko"
# 학습률을 열 배로 높이면 사전 학습된 출발점도 더는 뒤지지 않습니다. {{100 * full_tuned[0]:.1f}}% 대
# {{100 * scratch_tuned[0]:.1f}}%입니다. 그러니 여기서 출발점 자체는 해가 되지 않았습니다. 진 이유는 출발점이 아니라 낮은 학습률이었습니다. 맞지 않는
# 특징을 지키려 들면 손해를 봅니다. 원천 태스크에서 멀면, 어디서 출발하든 자유롭게 움직이세요.
# %% [markdown] lang="en"
# ## Stand still or move?
#
# The second question: given that we keep the pre-training, should the backbone move? The same table, now `lp_ft` minus the frozen
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
def worth_of_moving(cell):
    return cell.scores("lp_ft") - cell.scores("feature_extraction_long")

moving = record.tabulate(worth_of_moving, by_gain)
fig = plots.effect_grid(
    moving, columns, "Labels per class", "Moving minus standing still, test accuracy"
)
ft.show(
    fig,
    alt="A grid, a row per backbone and task, a column per number of labels: what "
    "moving is worth in points. Nothing on digits, a lot on textures, more on blood "
    "cells.",
)
# %%
points = {}
for name, row in moving.items():
    points[name] = [100 * effect[0] for effect in row if effect]
    lowest, highest = min(points[name]), max(points[name])
    print(f"{name:<28}moving is worth {lowest:+5.1f} to {highest:+5.1f} points")
on_digits = points["glyphnet: digits"]
on_textures = points["glyphnet: textures"]
on_cells = points["glyphnet: blood_cells"]
on_flowers = points["MobileNetV2: flowers"]
assert min(on_textures) > 2 and max(np.abs(on_digits)) < 2.5
assert min(on_cells) > max(on_textures)
# %% [markdown] lang="en"
# On digits moving changes hardly anything, at most {{max(np.abs(on_digits)):.1f}} points; on textures it is worth
# {{min(on_textures):.0f}} to {{max(on_textures):.0f}} in the mean (with one label the interval reaches below 0), on blood cells
# {{min(on_cells):.0f}} to {{max(on_cells):.0f}}, on flowers {{min(on_flowers):.0f}} to {{max(on_flowers):.0f}}. Where the frozen backbone reads nearly everything, nothing is left to gain; where it
# leaves much undone, moving often pays. In this record, at the fixed rates of these strategies, the task decides more than the number
# of labels.
# %% [markdown] lang="ko"
# 숫자에서는 움직여도 달라지는 것이 거의 없습니다. 많아야 {{max(np.abs(on_digits)):.1f}}%p입니다. 질감에서는 평균
# {{min(on_textures):.0f}}~{{max(on_textures):.0f}}%p(레이블이 하나일 때는 구간이 0 아래까지 내려갑니다), 혈액 세포에서는
# {{min(on_cells):.0f}}~{{max(on_cells):.0f}}%p, 꽃에서는 {{min(on_flowers):.0f}}~{{max(on_flowers):.0f}}%p를 얻습니다. 동결한 백본이 거의 다 맞히면 더 얻을 것이
# 없고, 많이 틀리면 움직이는 편이 나을 때가 많습니다. 학습률을 정해 둔 이 기록에서는 레이블 수보다 태스크가 더 중요했습니다.
# %% [markdown] lang="en"
# ## The table, filled
#
# So here is the table that every textbook has, filled with what was measured, as far as it goes. A task is far where, with ten labels
# per class, an early stage reads *clearly* better than the last: by more than {{RULE.lead:g}} standard errors, in the mean of the seeds. (A
# *standard error* is how far such a difference strays by chance, with so few images.) All others are near. Few labels are fewer than
# ten per class. In each box the mean test accuracy of the cells of `glyphnet` that fall into it, best first. (MobileNetV2 stays out,
# since its scratch had no fair chance.)
# %% [markdown] lang="ko"
# ## 표 채우기
#
# 어느 책에나 나오는 표를 측정한 값으로 채워 봅시다. 클래스당 레이블이 열 개일 때 앞쪽 스테이지가 마지막 스테이지보다 *뚜렷하게* 잘 읽으면 먼 태스크입니다. 시드의 평균으로
# 표준 오차의 {{RULE.lead:g}}배보다 크게 앞서면 뚜렷하다고 봅니다. (*표준 오차*(standard error)는 이미지가 이만큼일 때 그런 차이가 우연히 흔들리는 폭입니다.) 나머지는 모두 가깝습니다.
# 레이블은 클래스당 열 개가 안 되면 적은 것으로 합니다. 칸마다 거기에 드는 `glyphnet` 실험의 평균 테스트 정확도를 높은 것부터 적습니다. (처음부터 학습한 쪽에 공정한 기회가 없었던 MobileNetV2는 뺍니다.)
# %%
def lead_of_early_stages(task):
    """How clearly an early stage reads better than the last, in standard errors."""
    cell = record.cell("glyphnet", task, 10)
    return np.mean([lead(evidence) for evidence in cell.evidence])

row_of_task = {}
for task in dict.fromkeys(cell.task for cell in glyph_cells):
    early_lead = lead_of_early_stages(task)
    row_of_task[task] = f"far: {task}" if early_lead > RULE.lead else "near"
    print(f"{task:<15}an early stage leads by {early_lead:+.1f} standard errors")
far_rows = sorted(set(row_of_task.values()) - {"near"})
assert far_rows == ["far: blood_cells", "far: textures"]
# %%
def place_in_table(cell):
    """The row of a cell, and whether it has fewer than ten labels per class."""
    return row_of_task[cell.task], "few" if cell.labels_per_class < 10 else "many"

boxes, ranking, mean_of = {}, {}, {}
for place in dict.fromkeys(place_in_table(cell) for cell in glyph_cells):
    inside = [cell for cell in glyph_cells if place_in_table(cell) == place]
    means = {}
    for name in main:
        means[name] = 100 * np.mean([cell.scores(name).mean() for cell in inside])
    ranking[place] = sorted(means, key=means.get, reverse=True)
    listed = ", ".join(f"`{name}` {means[name]:.1f} %" for name in ranking[place])
    boxes[place] = listed + f" (cells: {len(inside)})"
    mean_of[place] = means
# %%
frozen, scratch = "feature_extraction_long", "scratch"
# Near, training from scratch comes last; far, the frozen backbone.
for (row, amount), ranked in ranking.items():
    assert ranked[-1] == (scratch if row == "near" else frozen)
    assert (ranked[0] == scratch) == (row != "near")
behind = [
    mean_of[place][ranked[0]] - mean_of[place][frozen]
    for place, ranked in ranking.items()
    if place[0] != "near"
]
worth_on_cells = [100 * np.array(e) for e in worth["glyphnet: blood_cells"] if e]
three, ten, fifty = (mean for mean, low, high in worth_on_cells)
assert min(behind) > 10
# With ten labels the interval holds 0.
assert [bool(high < 0) for _, _, high in worth_on_cells] == [True, False, True]
# %% [markdown] lang="en"
# | | few labels (below 10) | more labels |
# |---|---|---|
# | **near**: digits, Fashion-MNIST, faces | {{boxes["near", "few"]}} | {{boxes["near", "many"]}} |
# | **far**: textures | {{boxes["far: textures", "few"]}} | {{boxes["far: textures", "many"]}} |
# | **far**: blood cells | {{boxes["far: blood_cells", "few"]}} | {{boxes["far: blood_cells", "many"]}} |
#
# Compare within a box only: the boxes hold different tasks. And "far" is two tasks here, not a law. On
# both scratch is ahead, with few labels and with many, as the strategies come. On textures its lead is large. On blood cells the
# better pre-trained strategy minus scratch is {{three:+.1f}} points with three labels, {{ten:+.1f}} with ten and {{fifty:+.1f}} with 50;
# with ten the seeds leave it open. (Whether a higher rate would draw level here, too, was not measured.)
#
# Larger still is the distance to the other end: the frozen backbone is last, {{min(behind):.0f}} to {{max(behind):.0f}} points behind. So the lower
# rows say: far from the source, do not stand still, and let scratch have a try.
# %% [markdown] lang="ko"
# | | 레이블이 적을 때(10개 미만) | 많을 때 |
# |---|---|---|
# | **가까움**: 숫자, Fashion-MNIST, 얼굴 | {{boxes["near", "few"]}} | {{boxes["near", "many"]}} |
# | **멂**: 질감 | {{boxes["far: textures", "few"]}} | {{boxes["far: textures", "many"]}} |
# | **멂**: 혈액 세포 | {{boxes["far: blood_cells", "few"]}} | {{boxes["far: blood_cells", "many"]}} |
#
# 칸마다 태스크가 다르니 비교는 한 칸 안에서만 하세요. 괄호 안은 그 칸에 든 실험(cell)의 수입니다. 그리고 "멂"은 태스크 두 개일 뿐 법칙이 아닙니다.
# 전략을 기본값대로 쓰면 둘 다 레이블이 적든 많든 처음부터 학습한 쪽이 앞섭니다. 질감에서는 크게 앞섭니다. 혈액 세포에서는 사전 학습을 쓰는 두 전략 중 나은 쪽에서 처음부터 학습한 쪽을 뺀 값이 레이블이 세 개일 때
# {{three:+.1f}}%p, 열 개일 때 {{ten:+.1f}}%p, 50개일 때 {{fifty:+.1f}}%p이고, 열 개일 때는 시드 몇 개로 가릴 수 없습니다. (여기서도 학습률을 높이면 비슷해지는지는 재지 않았습니다.)
#
# 반대쪽 끝과의 거리는 더 큽니다. 동결한 백본이 {{min(behind):.0f}}~{{max(behind):.0f}}%p 뒤져 가장 낮습니다. 그러니 아래 두 줄이 말해 주는 것은 이것입니다. 원천 태스크에서 멀면 가만히 있지 말고,
# 처음부터 학습하는 것도 해 보세요.
# %% [markdown] lang="en"
# ## A rule to ask
#
# `ft.advise` makes a rule of this, with the second sign. It asks two questions, and a network is small for it up to
# {{RULE.parameters / 1e6:g}} million weights:
#
# 1. Does an early stage read clearly better than the last, by more than {{RULE.lead:g}} standard errors, as in the table? Then the last
#    stages do not fit: a small network starts from scratch, a large one is tuned as a whole (`full`).
# 2. If not: how far is the last stage ahead of the coarse pixels? By more than {{100 * RULE.ahead:.0f}} points: there is something to build on,
#    so head first, then everything (`lp_ft`). Behind them: its features do not fit, so `lp_ft`, too. In between, a small network trains
#    the head alone, and a large one takes `lp_ft`.
#
# **Predict.** What does it say to digits with ten labels, and what to textures?
# %% [markdown] lang="ko"
# ## 물어볼 수 있는 규칙
#
# `ft.advise`는 이것을 규칙으로 만든 것이고, 두 번째 단서를 씁니다. 두 가지를 묻는데, 가중치가 {{RULE.parameters / 1e4:,.0f}}만 개 이하면 작은 신경망으로 칩니다.
#
# 1. 앞쪽 스테이지가 마지막 스테이지보다 뚜렷하게 잘 읽나요? 표에서처럼 표준 오차의 {{RULE.lead:g}}배보다 크게 앞서면 그렇다고 봅니다. 그렇다면 뒤쪽 스테이지가 맞지 않는 것이니, 작은 신경망은 처음부터 학습하고 큰 신경망은 전체를 미세 조정합니다(`full`).
# 2. 그렇지 않다면, 마지막 스테이지가 8×8로 줄인 픽셀보다 얼마나 앞서나요? {{100 * RULE.ahead:.0f}}%p 넘게 앞서면 바탕이 될 만하니 헤드 다음에 전체를 학습합니다(`lp_ft`). 뒤지면 특징이 맞지 않는
#    것이니 역시 `lp_ft`입니다. 그 사이라면 작은 신경망은 헤드만 학습하고 큰 신경망은 `lp_ft`를 씁니다.
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
recorded_cell = record.cell("glyphnet", "digits", 3)
seeds = recorded_cell.scores(auto.strategy, "validation")
print(
    f"validation {auto.val_accuracy:.1%} after 100 updates; recorded, after 300: "
    f"{seeds.min():.1%} to {seeds.max():.1%}"
)
for name in ("feature_extraction_long", "lp_ft"):
    accuracy = 100 * recorded_cell.scores(name).mean()
    print(f"{name}: {accuracy:.1f} % of the test images, recorded")
assert seeds.min() - 0.02 <= auto.val_accuracy <= seeds.max() + 0.02
# %% [markdown] lang="en"
# Surprised? With ten labels it said frozen, with three it says move. Nothing in the features has changed: from three labels coarse
# pixels read less, so the lead over them crossed the border. In the record the two are level. A rule with borders jumps where life
# does not.
# %% [markdown] lang="ko"
# 뜻밖인가요? 레이블이 열 개일 때는 동결하라더니, 세 개일 때는 움직이라고 합니다. 특징은 그대로입니다. 레이블이 세 개면 8×8로 줄인 픽셀의 정확도가 낮아져서, 마지막 스테이지가 앞선 폭이 경계를 넘었을 뿐입니다.
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
# ## Ask, or compare
#
# A rule takes seconds and can be wrong. A comparison takes a run for each candidate and answers for your task. So: if your runs take
# minutes, compare. If they take days, ask first, and compare only what the rule doubts.
# %% [markdown] lang="ko"
# ## 물어볼까요, 비교할까요?
#
# 규칙에 물어보는 데는 몇 초면 되지만 틀릴 수 있습니다. 비교하려면 후보마다 한 번씩 학습해야 하지만 내 태스크의 답이 나옵니다. 그러니 학습이 몇 분이면 끝난다면 비교하세요.
# 며칠이 걸린다면 먼저 규칙에 물어보고, 규칙이 의심하는 것만 비교하세요.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Without a rule to ask, a Keras user trains each candidate and lets `validation_data` decide. Three candidates on the
# three labels per class of above: the frozen backbone, all of it at a low rate, and the same layers from scratch. To be fair, each has
# about as many updates as `ft.fit` had, 100, and a head that starts at zero as well. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 물어볼 규칙이 없다면 Keras 사용자는 후보를 모두 학습해 보고 `validation_data`의 점수로 고릅니다. 위에서 쓴 클래스당 레이블 3개로 후보 셋을 비교합니다. 동결한 백본, 낮은 학습률로 전부
# 학습하는 백본, 그리고 같은 층을 처음부터 학습하는 신경망입니다. 공정하게 비교하려고, 셋 다 `ft.fit`처럼 업데이트를 100번쯤 하고 헤드는 0에서 출발합니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
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
    head = keras.layers.Dense(
        few.num_classes, activation="softmax", kernel_initializer="zeros"
    )
    return keras.Model(inputs, head(pooled))
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
        data.train.images, data.train.labels, batch_size=10, epochs=34, verbose=0,
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
# - Two questions decide: is the pre-training worth keeping, and should it move? In this record the task, as probes see it, answered both
#   better than the number of labels.
# - On a near task pre-training replaces labels: with the strategies as they come it was worth {{100 * digits[0][0]:.0f}} points with one
#   label per class ({{100 * tuned_worth:.0f}} where both sides could choose, lesson 05), and {{100 * digits[-1][0]:.1f}} with 50.
# - Nearness can be measured in seconds: by the gain over random features, and by whether the probes rise with depth.
# - On textures, whose features did not fit, scratch beat every strategy that protects the pre-training. At a rate of its own choice
#   the pre-trained start was level. Far from the source, do not protect: on blood cells, too, scratch was ahead and the
#   frozen backbone last.
# - `ft.advise` asks these questions for you. Where runs are cheap, compare as well, and let validation choose.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 두 가지를 물어봅니다. 사전 학습을 남겨 둘 만한가, 그리고 움직여야 하는가. 이 기록에서는 둘 다 레이블 수보다 선형 프로브로 본 태스크가 더 잘 답했습니다.
# - 가까운 태스크에서 사전 학습은 레이블을 대신합니다. 전략을 기본값대로 쓰면 가치가 클래스당 레이블이 하나일 때 {{100 * digits[0][0]:.0f}}%p(양쪽 다 고를 수 있었던
#   5강에서는 {{100 * tuned_worth:.0f}}%p), 50개일 때 {{100 * digits[-1][0]:.1f}}%p였습니다.
# - 유사도는 몇 초면 잴 수 있습니다. 무작위 특징에 비한 이득, 그리고 프로브가 깊이에 따라 오르는지를 봅니다.
# - 특징이 맞지 않던 질감에서는 처음부터 학습한 쪽이 사전 학습을 지키려는 전략을 모두 이겼습니다. 학습률을 자유롭게 고르면 사전 학습된 출발점도 뒤지지 않았습니다.
#   원천 태스크에서 멀면 지키려 하지 마세요. 혈액 세포에서도 처음부터 학습한 쪽이 가장 높고 동결한 백본이 가장 낮았습니다.
# - 이 질문을 대신 해 주는 것이 `ft.advise`입니다. 학습이 오래 걸리지 않는다면 비교도 하고 검증 정확도로 고르세요.
# %% [markdown] lang="en"
# ## Next
#
# How often is such a rule wrong, and what does that cost on a task that it has never seen? Lesson 08b, an extra, puts it to the test.
# Who goes on without it comes to the next question in lesson 09: all this time we judged by the accuracy on the new task alone. What
# does a network forget while it learns, and what keeps it?
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 이런 규칙은 얼마나 자주 틀리고, 처음 보는 태스크에서 틀리면 얼마나 손해일까요? 심화 수업인 8b강에서 시험해 봅니다. 8b강을 건너뛰어도 9강으로 이어집니다. 지금까지는
# 새 태스크의 정확도만 보고 판단했습니다. 신경망은 새것을 배우면서 무엇을 잊을까요? 무엇이 기억을 지켜 줄까요?
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
