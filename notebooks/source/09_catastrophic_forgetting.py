# %% [markdown] lang="en"
# # Catastrophic forgetting
#
# So far we judged every strategy by one number: how well it does on the new task. In lesson 06 we looked at the old task once,
# and saw most of it gone while the digits looked fine. Now we look properly.
#
# **Questions**
# - What does a network still know of its old task once it has learned a new one?
# - Where in the network is it lost? And is it gone, or only out of reach?
# - What keeps it, and what does that cost?
#
# **You will**
# - measure forgetting beside the accuracy on the new task
# - find the stage that lost the letters, by exchanging stages one at a time
# - write L2-SP, replay and weight interpolation yourself, and see which weights EWC protects
# - choose a cure by its price, from recorded seeds with intervals
#
# ⏱ {{minutes}} minutes · Needs: lesson 06 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 치명적 망각(catastrophic forgetting)
#
# 논문이나 책에서는 *파국적 망각*이라고도 합니다. 지금까지는 어떤 전략이든 새 태스크의 정확도 하나로만 평가했습니다. 6강에서 원래 태스크를 잠깐 들여다보니, 숫자는 멀쩡히 읽으면서도 글자는 거의 잊은
# 뒤였습니다. 이번에는 제대로 살펴봅니다.
#
# **질문**
# - 새 태스크를 배운 신경망은 원래 태스크를 얼마나 기억할까요?
# - 신경망의 어디에서 잊을까요? 정말로 사라졌을까요, 아니면 꺼내 쓰지 못할 뿐일까요?
# - 무엇을 하면 기억이 남고, 그 대가는 무엇일까요?
#
# **이 수업을 마치면**
# - 새 태스크의 정확도와 함께 망각도 측정할 수 있습니다
# - 스테이지(stage)를 하나씩 바꿔 끼우며 글자를 잊은 스테이지를 찾아낼 수 있습니다
# - L2-SP, 리플레이(replay), 가중치 보간(interpolation)을 직접 구현하고, EWC가 어떤 가중치를 지키는지 확인할 수 있습니다
# - 여러 시드의 기록과 구간을 보고, 대가를 따져 대책을 고를 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import dataclasses

import keras
import numpy as np

import ftlib as ft
from ftlib import plots

track = ft.track("glyph")
task, letters = track.task(labels_per_class=10, seed=0), track.source_task
print("new:", task)
print("old:", letters)
# %% [markdown] lang="en"
# To see what is forgotten, one needs images of the old task. Often nobody has them any more. Here we do: `glyphnet` was
# pre-trained on letters that a program draws, and the program can draw fresh ones, which the network has never seen.
# %% [markdown] lang="ko"
# 무엇을 잊었는지 알려면 원래 태스크의 이미지가 있어야 합니다. 남아 있지 않을 때도 많지만, 여기에는 있습니다. `glyphnet`은 프로그램이 그린 글자로
# 사전 학습(pre-training)했고, 프로그램은 신경망이 본 적 없는 글자를 얼마든지 새로 그릴 수 있습니다.
# %% [markdown] lang="en"
# ## A success, as far as one can see
#
# We fine-tune in the bluntest way, and a common one: a new head, and everything trains at once, at a rate of 3e-4. Lesson 06 knew
# gentler recipes. But nothing here looks reckless.
# %% [markdown] lang="ko"
# ## 여기까지만 보면 성공입니다
#
# 가장 단순하고 흔한 방법으로 미세 조정(fine-tuning)합니다. 새 헤드(head)를 얹고 전체를 한꺼번에 학습률 3e-4로 학습합니다. 6강에는 더 조심스러운 방법도 있었지만, 이
# 방법도 무모해 보이지는 않습니다.
# %%
model = ft.classifier(track.backbone, task.num_classes)
run = ft.fit(model, task, "full", updates=track.updates, seed=0, verbose=False)
print(f"digits, validation accuracy {100 * run.val_accuracy:.1f} %")
assert run.val_accuracy > 0.95
# %% [markdown] lang="en"
# Most people stop here. We go on: `ft.forgetting` puts the tuned backbone back under the head of its pre-training, and lets
# it read letters, before and after. A third of the validation letters is enough.
#
# **Predict.** How many of every hundred letters did it read before the tuning, and how many now?
# %% [markdown] lang="ko"
# 보통은 여기서 멈춥니다. 조금 더 가 봅시다. `ft.forgetting`은 미세 조정한 백본(backbone)에 사전 학습 때의 헤드를 다시 얹고, 조정 전과 후에 글자를
# 얼마나 읽는지 비교합니다. 검증용 글자의 3분의 1이면 충분합니다.
#
# **예측해 보세요.** 조정하기 전에는 글자 백 개 중 몇 개를 읽었고, 지금은 몇 개를 읽을까요?
# %%
found = ft.forgetting(run, letters, examples=1172)
print(
    f"letters read: {100 * found.before:.1f} % before the tuning, "
    f"{100 * found.after:.1f} % after"
)
assert found.lost > 0.4
# %% [markdown] lang="en"
# This is *catastrophic forgetting* (McCloskey and Cohen, 1989). Nobody asked for it; nobody asked for anything else, either.
# The loss speaks of digits alone. A weight that helps with digits is moved, whatever it did for letters.
# %% [markdown] lang="ko"
# 이것이 *치명적 망각*(catastrophic forgetting; McCloskey와 Cohen, 1989)입니다. 잊으라고 한 사람은 없지만, 잊지 말라고 한 사람도 없습니다. 손실에는
# 숫자 이야기만 있습니다. 숫자에 도움이 된다면 글자를 읽는 데 무슨 일을 하던 가중치든 움직입니다.
# %% [markdown] lang="en"
# Was it bad luck? The record holds the same recipe with five seeds, and each cure of this lesson, too. Our live run has to
# lie among them.
# %% [markdown] lang="ko"
# 운이 나빴을까요? 같은 방법을 시드 다섯 개로 돌린 기록이 있습니다. 이 수업에 나올 대책의 기록도 함께 있습니다. 방금 직접 돌린 결과도 그 사이에 들어야
# 합니다.
# %%
study = track.recorded("anchors")

def seeds(name, score="source_accuracy", record=study):
    """What the recorded seeds of a recipe scored, in the order of the seeds."""
    rows = [
        r for r in record.rows if r["strategy"] == name and r["labels_per_class"] == 10
    ]
    return [r[score] for r in sorted(rows, key=lambda r: r["seed"])]

def among(value, recorded):
    """Whether a live number lies among recorded ones, give or take two points."""
    return min(recorded) - 0.02 <= value <= max(recorded) + 0.02

plain = seeds("none")
print(
    f"recorded, {len(plain)} seeds: {100 * min(plain):.1f} to {100 * max(plain):.1f} "
    "% of the letters"
)
assert among(found.after, plain) and among(
    run.val_accuracy, seeds("none", "val_accuracy")
)
# %% [markdown] lang="en"
# Here are letters of A to Z that it read before the tuning and misreads now, those it is surest of first. It knows the letters of many
# alphabets, and few of us do. So below each letter stands a drawing of the one that the network takes it for now. We keep the functions:
# they will read letters with many other backbones below.
# %% [markdown] lang="ko"
# 다음은 조정하기 전에는 읽었는데 지금은 잘못 읽는 로마자들입니다. 자신 있게 틀린 것부터 보여 줍니다. 신경망은 여러 문자 체계의 글자를 배웠고, 그중에는 우리에게 낯선 글자가 많습니다. 그래서
# 글자마다 그 아래에 지금 신경망이 답한 글자의 그림을 한 장 놓았습니다. 여기서 만드는 함수로 뒤에서도 여러 백본에 글자를 읽혀 봅니다.
# %%
chosen = np.linspace(0, len(letters.validation) - 1, 1172).astype(int)
ours = letters.validation.take(chosen)
(source, names), (untouched, _) = ft.source_model(), ft.source_model()
tuned = run.model.get_layer("backbone")

def read(backbone):
    """What a backbone says under the head of its pre-training: a row of probabilities
    for each letter."""
    source.get_layer("backbone").set_weights(backbone.get_weights())
    return np.array(source(ours.images))

def letters_read(backbone):
    return np.mean(read(backbone).argmax(axis=1) == ours.labels)

def clearest(c):
    """Of the drawings of a class, the one that the untouched network is surest of."""
    drawn = letters.validation.take(np.flatnonzero(letters.validation.labels == c))
    return drawn.images[np.array(untouched(drawn.images))[:, c].argmax()]
# %%
before, after = read(track.backbone), read(tuned)
now, sure = after.argmax(axis=1), after.max(axis=1)
lost = (before.argmax(axis=1) == ours.labels) & (now != ours.labels)
is_latin = np.array([name.isascii() for name in names])
latin = np.flatnonzero(lost & is_latin[ours.labels])
abroad = np.sum(~is_latin[now[latin]])
shown = latin[np.argsort(-sure[latin])][:8]
true_names = [names[c] for c in ours.labels[shown]]
fig = plots.image_grid(
    np.concatenate([ours.images[shown], [clearest(c) for c in now[shown]]]),
    true_names + [f"{100 * p:.0f} %" for p in sure[shown]], columns=8,
    title="Read before the tuning, misread now",
    row_names=["the letter", "taken for,\nhow sure"],
)
ft.show(
    fig,
    alt="Eight letters of A to Z that the network read before the tuning; below each a "
    "drawing of the letter that the tuned network takes it for, mostly one of a "
    "similar shape, and how sure it is: nearly 100 %.",
)
surer = 100 * before.max(axis=1).mean(), 100 * sure.mean()
assert surer[1] > surer[0] and abs(np.mean(now == ours.labels) - found.after) < 0.002
assert min(sure[shown]) > 0.95 and abroad > 0.8 * len(latin)
# %% [markdown] lang="en"
# Of the {{len(latin)}} letters of A to Z that it lost, it now takes {{abroad}} for a sign that is not in A to Z. Many answers have a similar
# shape, so something must be left. But the network is not in doubt: over all letters its mean confidence rose from {{surer[0]:.0f}} % to {{surer[1]:.0f}} %. It does not know that it has forgotten.
# %% [markdown] lang="ko"
# 잃은 로마자 {{len(latin)}}개 중 {{abroad}}개를 이제 A부터 Z까지에 없는 글자로 읽습니다. 모양이 비슷한 글자로 잘못 읽은 것이 많습니다. 무언가 남아 있기는 한 모양입니다. 그런데도 망설이는
# 기색이 없습니다. 전체 글자에서 평균 확신은 {{surer[0]:.0f}}%에서 {{surer[1]:.0f}}%로 오히려 올랐습니다. 잊었다는 사실조차 모르는 셈입니다.
# %% [markdown] lang="en"
# ## What it depends on
#
# Lesson 06 recorded other recipes: four rates, and three ways to start the head, at 3e-4. Let us place each in a plane: to the
# right, digits; upwards, letters still read.
#
# **Predict.** Join the points of the rates by a line. Is it flat, steep, or in between?
# %% [markdown] lang="ko"
# ## 무엇에 달려 있을까요?
#
# 6강에는 다른 방법의 기록도 있었습니다. 학습률 네 가지, 그리고 학습률 3e-4에서 헤드를 시작하는 방법 세 가지입니다. 하나하나를 평면에 찍어 봅시다.
# 오른쪽으로 갈수록 숫자를, 위로 갈수록 글자를 잘 읽습니다.
#
# **예측해 보세요.** 점들이 늘어선 모양은 완만할까요, 가파를까요, 그 중간일까요?
# %%
from scipy.stats import t

def mean_and_interval(values):
    """Mean and 95 % interval over seeds (Student's t)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half

def point(name, label="", record=study, digits="val_accuracy"):
    """A recipe in the plane of digits (x) and letters (y)."""
    x, y = (
        mean_and_interval(seeds(name, score, record))
        for score in (digits, "source_accuracy")
    )
    return {"x": np.clip(x, 0, 1), "y": np.clip(y, 0, 1), "label": label}
# %%
tuning, rates = track.recorded("fine-tuning"), (1e-5, 1e-4, 1e-3, 1e-2)
series = {
    "head first, four rates": [
        point(f"rate {rate:g}", f"{rate:g}", tuning) for rate in rates
    ]
}
for name, label in {
    "head first": "trained",
    "random head": "random",
    "zero head": "zeros",
}.items():
    series[f"3e-4, head: {label}"] = [point(name, record=tuning)]
fig = plots.trade_off(
    series, "Digits (validation accuracy)", "Letters still read",
    "The letters tell recipes apart that look alike on the digits",
)
ft.show(
    fig,
    alt="Letters still read against accuracy on digits for seven recipes. Letters "
    "spread from nearly all to hardly any; the digits of all lie within a few points.",
)
kept = [np.mean(seeds(f"rate {rate:g}", record=tuning)) for rate in rates]
spread = [np.mean(seeds(f"rate {rate:g}", "val_accuracy", tuning)) for rate in rates]
assert min(np.diff(kept) * -1) > 0 and np.ptp(spread) < 0.02 and np.ptp(kept) > 0.5
# %% [markdown] lang="en"
# Steep as a wall. Along the rates the letters fall from {{100 * kept[0]:.0f}} % to {{100 * kept[-1]:.0f}} %, while the digits
# move within {{100 * np.ptp(spread):.1f}} points. Time counts, too: the recipe of our run, everything under a head of zeros, keeps
# {{100 * np.mean(seeds("zero head", record=tuning)):.0f}} % after 150 updates and {{100 * np.mean(plain):.0f}} % after 300.
# %% [markdown] lang="ko"
# 벽처럼 가파릅니다. 학습률에 따라 글자는 {{100 * kept[0]:.0f}}%에서 {{100 * kept[-1]:.0f}}%까지 떨어지는데, 숫자는
# {{100 * np.ptp(spread):.1f}}%p 안에서만 움직입니다. 시간도 영향을 줍니다. 우리가 직접 돌린 방법(0에서 출발하는 헤드를 얹고 전체를 학습)은 업데이트
# 150번 뒤에는 글자를 {{100 * np.mean(seeds("zero head", record=tuning)):.0f}}%, 300번 뒤에는 {{100 * np.mean(plain):.0f}}% 읽습니다.
# %%
shorter = seeds("zero head", record=tuning)
assert min(shorter) > max(plain) and max(shorter) < min(
    seeds("head first", record=tuning)
)
print("half as long, or under a trained head: more letters are kept, in every seed")
# %% [markdown] lang="en"
# ## Where is it lost?
#
# The result of `ft.forgetting` says more. `drift` is how far the features of a stage have moved on letters, measured in their own
# size: 0 is untouched. CKA asks whether they still arrange the letters alike: 1 is the same arrangement, 0 an unrelated one.
#
# **Predict.** Which of the three stages drifts most?
# %% [markdown] lang="ko"
# ## 어디에서 잊을까요?
#
# `ft.forgetting`의 결과에는 더 많은 것이 들어 있습니다. *특징 변화량*(`drift`)은 글자를 볼 때 그 스테이지의 특징(feature)이 움직인 거리를 원래 크기로 나눈 값입니다.
# 0이면 그대로입니다. CKA는 글자들의 배치가 아직 비슷한지 묻습니다. 1이면 같은 배치, 0이면 아무 상관 없는 배치입니다.
#
# **예측해 보세요.** 세 스테이지 중 특징 변화량이 가장 큰 것은 어느 것일까요?
# %%
print(found)
drifts = np.array(seeds("none", "drift"))
print("recorded drift, mean of five seeds:", *(f"{d:.2f}" for d in drifts.mean(axis=0)))
assert (np.diff(drifts, axis=1) > 0).all()
# %%
ft.show(
    found.plot(),
    alt="Bars of the drift of each stage: small in the first, larger in the second, "
    "by far the largest in the last.",
)
# %% [markdown] lang="en"
# In each seed, the later the stage, the larger the drift. But drift adds up: the last stage works on what the first two have
# already changed. To tell them apart we build backbones in which only one stage is tuned, and the others are as they were.
#
# **Predict.** Which stage, tuned alone, does the most damage?
# %% [markdown] lang="ko"
# 어느 시드에서나 뒤쪽 스테이지일수록 특징 변화량이 큽니다. 그러나 변화는 쌓입니다. 마지막 스테이지는 앞의 두 스테이지가 이미 바꾸어 놓은 것을 받기
# 때문입니다. 스테이지별 영향을 가려내려면 스테이지 하나만 미세 조정된 것으로 바꾸고 나머지는 원래대로 두면 됩니다.
#
# **예측해 보세요.** 하나만 바꾼다면, 어느 스테이지가 글자를 가장 많이 망가뜨릴까요?
# %%
def only(names):
    """The backbone as it was, with the stages of these names from the tuned one."""
    mixed = track.backbone
    for old, new in zip(ft.stages(mixed), ft.stages(tuned)):
        if old.name in names:
            for layer, trained in zip(old.layers, new.layers):
                layer.set_weights(trained.get_weights())
    return mixed

stages = [row["stage"] for row in found.drift]
costs = {"nothing tuned": found.before}
costs |= {f"only {name} tuned": letters_read(only([name])) for name in stages}
costs["all tuned"] = found.after
repaired = letters_read(only(stages[:-1]))
# %%
title = "The later the stage, the more letters its tuning costs"
ft.show(
    plots.bars(costs, title, "Letters read", percent=True),
    alt="Bars of letters read: with nothing tuned most are read; with only the first "
    "stage tuned almost as many, with only the second fewer, with only the last less "
    "than half; with all tuned least.",
)
alone = list(costs.values())
assert (np.diff(alone) < 0).all() and repaired > alone[-1] + 0.1
print(f"all tuned but the last stage: {100 * repaired:.1f} %")
# %% [markdown] lang="en"
# The first stage costs {{100 * (alone[0] - alone[1]):.0f}} points, the last one {{100 * (alone[0] - alone[3]):.0f}}. Early stages see
# strokes, which both tasks use; what belongs to letters alone sits late. So freezing early stages, good for much else, would save few
# letters. And the stages depend on each other: putting back the last one alone gives {{100 * repaired:.0f}} %.
# %% [markdown] lang="ko"
# 첫 스테이지 때문에 잃는 것은 {{100 * (alone[0] - alone[1]):.0f}}%p, 마지막 스테이지 때문에 잃는 것은 {{100 * (alone[0] - alone[3]):.0f}}%p입니다. 앞쪽은 두
# 태스크가 함께 쓰는 획을 보고, 글자에만 필요한 것은 뒤쪽에 있습니다. 그러니 앞쪽을 동결하면 다른 면에서는 도움이 되더라도 글자는 별로 지키지 못할 것입니다. 스테이지끼리 서로
# 기대기도 합니다. 마지막 스테이지만 되돌리면 {{100 * repaired:.0f}}%에 그칩니다.
# %% [markdown] lang="en"
# ## Gone, or out of reach?
#
# A CKA of {{found.drift[-1]["similarity"]:.2f}} says that the last stage still arranges letters partly as before. So the old head may be
# wrong by a hair only. Its answer is its first choice; we look at its first ten choices, out of {{len(names)}}.
# %% [markdown] lang="ko"
# ## 사라졌을까요, 꺼내지 못할 뿐일까요?
#
# CKA가 {{found.drift[-1]["similarity"]:.2f}}이니 마지막 스테이지도 글자들을 아직 어느 정도는 예전처럼 배치합니다. 그렇다면 원래 헤드는 아깝게 틀렸을지도
# 모릅니다. 헤드의 답은 첫째로 꼽은 글자입니다. 이번에는 {{len(names)}}개 중 열째로 꼽은 글자까지 봅시다.
# %%
def among_first(said, k=10):
    return np.mean(
        (np.argsort(-said, axis=1)[:, :k] == ours.labels[:, None]).any(axis=1)
    )

ten = among_first(before), among_first(after)
print(
    f"right letter among the first ten: {100 * ten[0]:.1f} % before, "
    f"{100 * ten[1]:.1f} % after"
)
assert ten[1] > 2 * found.after
# %% [markdown] lang="en"
# {{100 * ten[1]:.0f}} %, so much is left. How much could be read with other eyes? We fit a fresh linear head, a *probe* (Alain and
# Bengio, 2017), on four new drawings of each letter. Linear discriminant analysis gives one without a training loop.
# %% [markdown] lang="ko"
# {{100 * ten[1]:.0f}}%입니다. 꽤 남아 있다는 뜻입니다. 다른 눈으로 보면 얼마나 읽을 수 있을까요? 글자마다 새 그림 네 장으로 선형 헤드를 새로 맞추어 봅니다.
# 이런 헤드를 *프로브*(probe; Alain과 Bengio, 2017)라고 합니다. 선형 판별 분석(linear discriminant analysis)을 쓰면 반복 학습 없이 바로 구할 수 있습니다.
# %%
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

few = ft.load_task("glyphs", labels_per_class=4).train
drawings = few.images[:]

def features(backbone, images):
    return np.mean(backbone(images), axis=(1, 2))

def probed(backbone):
    """How many of our letters a new linear head reads."""
    head = LinearDiscriminantAnalysis().fit(features(backbone, drawings), few.labels)
    return head.score(features(backbone, ours.images), ours.labels)
# %% [markdown] lang="en"
# A probe learns by itself, so its number needs two others beside it: what it reads from the untouched backbone, the most that it
# could find, and what it reads from random weights, which know nothing.
#
# **Predict.** Will the tuned backbone lie nearer to the first, or to the second?
# %% [markdown] lang="ko"
# 프로브도 스스로 배우므로 그 값만 보아서는 알 수 없고, 두 값을 곁에 놓아야 합니다. 하나는 조정하기 전의 백본에서 읽은 값으로, 프로브가 찾아낼 수 있는
# 최대치입니다. 다른 하나는 아무것도 모르는 무작위 가중치에서 읽은 값입니다.
#
# **예측해 보세요.** 미세 조정한 백본은 어느 쪽에 더 가까울까요?
# %%
random = track.backbone
ft.reinitialize(random, "he_normal", seed=0)
probes = [probed(backbone) for backbone in (track.backbone, tuned, random)]
fig = plots.bars(
    {
        "old head, untouched backbone": found.before,
        "old head, tuned backbone": found.after,
        "new head, untouched backbone": probes[0],
        "new head, tuned backbone": probes[1],
        "new head, random weights": probes[2],
    },
    "Much of what seemed lost is still there",
    "Letters read",
    percent=True,
)
ft.show(
    fig,
    alt="Bars of letters read. The old head falls from nearly all to less than a "
    "third after the tuning; a new head reads a little less from the tuned backbone "
    "than from the untouched one, and hardly any from random weights.",
)
assert probes[1] > found.after + 0.2 and probes[0] > probes[1] > probes[2] + 0.2
# %% [markdown] lang="en"
# The old head lost {{100 * found.lost:.0f}} points. A new one finds only {{100 * (probes[0] - probes[1]):.0f}} points less in the tuned
# backbone than in the untouched one, and it is not the probe's own work, as random weights show. Most was not erased but moved to
# where the old head does not look. Yet without letters to fit a new head on, that helps nobody.
# %% [markdown] lang="ko"
# 원래 헤드는 {{100 * found.lost:.0f}}%p를 잃었습니다. 새 헤드로 읽으면 미세 조정한 백본이 조정하기 전보다 {{100 * (probes[0] - probes[1]):.0f}}%p 낮을 뿐입니다.
# 무작위 가중치의 값을 보면 프로브 혼자 해낸 일도 아닙니다. 대부분은 지워진 것이 아니라 원래 헤드가 보지 않는 곳으로 옮겨 갔습니다. 그래도 새 헤드를 맞출
# 글자가 없으면 소용이 없습니다.
# %% [markdown] lang="en"
# ## The simplest cure: stay where you are
#
# What does not move forgets nothing. A frozen backbone reads all the letters that it ever read, and lesson 06 showed that
# near the source it reads digits as well as a tuned one. But far from the source, on textures, standing still was no option.
# %% [markdown] lang="ko"
# ## 가장 간단한 대책: 움직이지 않기
#
# 움직이지 않으면 잊지 않습니다. 동결한 백본은 전에 읽던 글자를 모두 그대로 읽습니다. 6강에서 보았듯이 원천 태스크(source task)와 가까우면 숫자도
# 미세 조정한 백본만큼 읽습니다. 그러나 원천 태스크와 먼 질감(texture)에서는 가만히 있을 수 없었습니다.
# %%
digits, textures = track.recorded("digits"), track.recorded("textures")

def compared(record):
    """Validation accuracy, with its interval, of the frozen backbone and of
    fine-tuning."""
    pair = ("feature_extraction_long", "lp_ft")
    return [mean_and_interval(seeds(name, "val_accuracy", record)) for name in pair]

near, far = compared(digits), compared(textures)
for name, (frozen, moved) in {"digits": near, "textures": far}.items():
    print(
        f"{name:<9} frozen {100 * frozen[0]:.1f} %   fine-tuned {100 * moved[0]:.1f} %"
    )
assert near[1][1] < near[0][2]  # the intervals overlap
assert far[1][1] > far[0][2]  # here they do not
# %% [markdown] lang="en"
# If the backbone has to move, it can still move *less*: fewer updates, a smaller rate, the head first. All of that came in lessons 06 and 07 and
# costs nothing to set up. The other cures let the network move, and hold on to what the old task needs.
# %% [markdown] lang="ko"
# 움직여야 하더라도 *덜* 움직일 수는 있습니다. 업데이트를 줄이고, 학습률을 낮추고, 헤드를 먼저 학습합니다. 모두 6강과 7강에 나왔고, 따로 준비할 것도
# 없습니다. 이제부터 볼 대책은 신경망이 움직이게 두되, 원천 태스크에 필요한 것을 붙들어 둡니다.
# %% [markdown] lang="en"
# ## Cure 1: a rubber band (L2-SP)
#
# Lesson 02 pulled weights towards 0. For a pre-trained weight 0 is the wrong place: pull it towards where it started (Li et
# al., 2018). With the weights $w$, their start $w_0$ and a strength $\lambda$ the loss becomes
#
# $$L_{digits} + \frac{\lambda}{2} \sum_i (w_i - w_{0,i})^2$$
# %% [markdown] lang="ko"
# ## 대책 1: 고무줄(L2-SP)
#
# 2강에서는 가중치를 0 쪽으로 당겼습니다. 그러나 사전 학습된 가중치에 0은 엉뚱한 곳입니다. 대신 출발한 곳으로 당깁니다(Li 등, 2018). 가중치를 $w$,
# 출발점을 $w_0$, 세기를 $\lambda$라고 하면 손실은 다음과 같습니다.
#
# $$L_{digits} + \frac{\lambda}{2} \sum_i (w_i - w_{0,i})^2$$
# %% [markdown] lang="en"
# ### Exercise 1: one argument
#
# `ft.Regularization` has a field `anchor` for such a term. Make settings like the preset `light`, but with `ft.L2SP` at a
# strength of 1, and leave the rest as it is.
# %% [markdown] lang="ko"
# ### 연습 1: 인자 하나
#
# `ft.Regularization`에는 이런 항을 담는 필드 `anchor`가 있습니다. 프리셋 `light`에 세기가 1인 `ft.L2SP`만 더하고, 나머지는 그대로 둔 설정을 만들어
# 보세요.
# %% tags=["exercise"]
my_settings = ...
# Stuck? ft.hint("09.1"), then ft.solution("09.1")
ft.check("09.1", my_settings)
# %% [markdown] lang="en"
# ### Exercise 2: write the rubber band
#
# You get two lists of arrays, the weights and their start, and the strength. Return the penalty, a number, and its slopes: a
# list with one array for each array of weights.
# %% [markdown] lang="ko"
# ### 연습 2: 고무줄 구현하기
#
# 가중치와 그 출발점이 각각 배열의 리스트로, 세기가 숫자로 주어집니다. 페널티(숫자 하나)와 그 기울기를 돌려주세요. 기울기는 가중치 배열마다 배열 하나씩,
# 리스트로 담습니다.
# %% tags=["exercise"]
def rubber_band(weights, start, strength):
    return ..., ...

# Stuck? ft.hint("09.2"), then ft.solution("09.2")
ft.check("09.2", rubber_band)
# %% [markdown] lang="en"
# Now the recipe from the beginning, with this one term more, from the record. It needs no letter at all, only a copy of the
# weights at the start.
#
# **Predict.** How many letters will it keep, and what will the digits pay?
# %% [markdown] lang="ko"
# 이제 맨 처음의 방법에 이 항 하나만 더한 기록을 봅니다. 글자는 한 장도 필요 없고, 출발할 때의 가중치만 복사해 두면 됩니다.
#
# **예측해 보세요.** 글자는 얼마나 남고, 손글씨 숫자의 정확도는 얼마나 손해를 볼까요?
# %%
def level(name, score="source_accuracy"):
    """Mean over the recorded seeds, in percent."""
    return 100 * np.mean(seeds(name, score))

bands = ["none", "L2-SP 0.01", "L2-SP 0.1", "L2-SP 1", "L2-SP 10"]
for name in bands:
    drift = np.mean(seeds(name, "drift"), axis=0)[-1]
    said = (
        f"letters {level(name):.1f} %   "
        f"digits (validation) {level(name, 'val_accuracy'):.1f} %"
    )
    print(f"{name:<12}{said}   drift of the last stage {drift:.2f}")
cost = level("none", "val_accuracy") - level("L2-SP 1", "val_accuracy")
assert (np.diff([level(name) for name in bands]) > 0).all() and cost > 0.3
assert min(seeds("L2-SP 1")) > found.before - 0.05
# %% [markdown] lang="en"
# At a strength of 1 nearly all letters stay, {{level("L2-SP 1"):.1f}} % instead of {{level("none"):.1f}} %. The digits lose
# {{cost:.1f}} points on validation. It looks as if the band held something that the digits need. Keep that thought: near the end we
# shall test it. With exercise 1 solved, the next cell trains live, with your settings.
# %% [markdown] lang="ko"
# 세기가 1이면 글자가 거의 다 남습니다. {{level("none"):.1f}}%가 아니라 {{level("L2-SP 1"):.1f}}%입니다. 숫자의 검증 정확도는 {{cost:.1f}}%p 내려갑니다. 숫자에
# 필요한 것까지 고무줄이 붙든 것처럼 보입니다. 정말 그런지는 뒤에서 확인하겠습니다. 연습 1을 풀었다면 다음 셀에서 그 설정으로 직접 학습해 볼 수 있습니다.
# %%
if not isinstance(my_settings, ft.Regularization):
    print(
        "Exercise 1 is still blank. Once it is solved, this cell trains with your "
        "settings."
    )
else:
    mine = ft.fit(
        model, task, "full", my_settings, updates=track.updates, seed=0, verbose=False
    )
    print(ft.forgetting(mine, letters, examples=1172))
    print(f"digits, validation accuracy {100 * mine.val_accuracy:.1f} %")
# %% [markdown] lang="en"
# ## Cure 2: hold what matters (EWC)
#
# Not every weight matters to the letters. Elastic weight consolidation (Kirkpatrick et al., 2017) gives each its own band, as
# strong as the old task needs it:
#
# $$L_{digits} + \frac{\lambda}{2} \sum_i F_i \, (w_i - w_{0,i})^2$$
#
# $F_i$ is the Fisher information: let the network name letters, and take the mean square of the slope that weight $i$ gets.
# %% [markdown] lang="ko"
# ## 대책 2: 중요한 것만 붙들기(EWC)
#
# 글자를 읽는 데 모든 가중치가 똑같이 중요하지는 않습니다. EWC(elastic weight consolidation; Kirkpatrick 등, 2017)는 가중치마다 원천 태스크에 필요한
# 만큼 센 고무줄을 따로 답니다.
#
# $$L_{digits} + \frac{\lambda}{2} \sum_i F_i \, (w_i - w_{0,i})^2$$
#
# $F_i$는 피셔 정보(Fisher information)입니다. 신경망이 글자의 이름을 맞히게 하고, 그때 가중치 $i$가 받는 기울기의 제곱을 평균한 값입니다.
# %%
import tensorflow as tf

reader, _ = ft.source_model()
weights = reader.get_layer("backbone").trainable_weights

@tf.function(autograph=False)
def slopes(image, answer):
    with tf.GradientTape() as tape:
        loss = keras.losses.sparse_categorical_crossentropy(answer, reader(image))
    return tape.gradient(loss, weights)

images = drawings[:100].astype("float32")
chances = np.array(reader(images), "float64").cumsum(axis=1)
# Drawn from what it believes.
answers = (chances < np.random.default_rng(0).random((100, 1))).sum(axis=1)
fisher = 0
# One by one: each letter's slope is squared before the mean is taken.
for i in range(100):
    parts = slopes(images[i : i + 1], answers[i : i + 1])
    fisher += np.concatenate([np.ravel(part) ** 2 for part in parts]) / 100
# %% [markdown] lang="en"
# Does $F$ really know which weights matter? We nudge weights by 0.1, up or down: the half of all with the smallest $F$, a tenth
# at random, the tenth with the largest $F$. For L2-SP the first nudge costs five times as much as either of the others.
#
# **Predict.** How many letters survive each nudge?
# %% [markdown] lang="ko"
# $F$는 정말 어떤 가중치가 중요한지 알까요? 가중치를 위로든 아래로든 0.1만큼 밀어 봅시다. 한 번은 $F$가 작은 쪽 절반을, 한 번은 아무거나 10분의 1을, 한 번은
# $F$가 가장 큰 10분의 1을 밉니다. L2-SP의 페널티는 첫 번째가 나머지의 다섯 배입니다.
#
# **예측해 보세요.** 밀고 나면 글자를 각각 얼마나 읽을까요?
# %%
starts = [w.numpy() for w in weights]
ends = np.cumsum([w.size for w in starts])[:-1]
third = slice(0, None, 3)

def nudged(which, seed):
    """Letters read after some weights have moved by 0.1, up or down at random."""
    rng, moved = (
        np.random.default_rng(seed),
        np.concatenate([w.ravel() for w in starts]),
    )
    moved[which] += 0.1 * rng.choice([-1, 1], len(which)).astype("float32")
    for weight, part in zip(weights, np.split(moved, ends)):
        weight.assign(part.reshape(weight.shape))
    right = np.array(reader(ours.images[third])).argmax(axis=1) == ours.labels[third]
    for weight, start in zip(weights, starts):
        weight.assign(start)
    return right.mean()
# %%
order, tenth = np.argsort(fisher), len(fisher) // 10
groups = {
    "the half with the smallest F": order[: 5 * tenth],
    "a tenth at random": np.random.default_rng(0).choice(
        len(fisher), tenth, replace=False
    ),
    "the tenth with the largest F": order[-tenth:],
}
survived = {
    name: [nudged(which, seed) for seed in range(3)] for name, which in groups.items()
}
fig = plots.bars(
    {name: (np.mean(v), min(v), max(v)) for name, v in survived.items()},
    "It is not how many weights move, but which",
    "Letters read after the nudge",
    percent=True,
)
ft.show(
    fig,
    alt="Bars of letters read after three nudges: hardly any loss for the half of "
    "the weights with the smallest Fisher information and for a random tenth, most "
    "lost for the tenth with the largest.",
)
half, some, most = survived.values()
share = fisher[order[-tenth:]].sum() / fisher.sum()
assert min(half) > 0.8 and min(some) > 0.7 and max(most) < 0.4 and share > 0.5
# %%
ewc, band = seeds("EWC 0.1"), seeds("L2-SP 0.1")
print(
    f"letters at strength 0.1: EWC {100 * np.mean(ewc):.0f} %, L2-SP "
    f"{100 * np.mean(band):.0f} %"
)
assert min(ewc) > max(band)  # in ftlib F has the mean 1, so that strengths compare
# %% [markdown] lang="en"
# Half of all weights can be pushed around and {{100 * np.mean(half):.0f}} % of the letters stay; the tenth that holds
# {{100 * share:.0f}} % of all $F$ cannot. EWC spends its force there: at strength 0.1 it keeps {{100 * np.mean(ewc):.0f}} % of the
# letters, L2-SP {{100 * np.mean(band):.0f}} %. The price: for $F$ one needs some images of the old task, once.
# %% [markdown] lang="ko"
# 가중치의 절반은 이리저리 밀어도 글자를 {{100 * np.mean(half):.0f}}% 읽습니다. $F$의 {{100 * share:.0f}}%가 몰려 있는 10분의 1은 그렇지 않습니다. EWC는 바로
# 그곳에 힘을 씁니다. 세기가 0.1일 때 EWC는 글자를 {{100 * np.mean(ewc):.0f}}%, L2-SP는 {{100 * np.mean(band):.0f}}% 지킵니다. 그 대신 $F$를 구하려면 원천
# 태스크의 이미지가 한 번은, 조금이라도 있어야 합니다.
# %% [markdown] lang="en"
# ## Cure 3: keep practising (replay)
#
# Who still has images of the old task can simply go on learning it. Each update sees digits under the new head and letters
# under the old one (Robins, 1995):
#
# $$L_{digits} + \lambda \, L_{letters}$$
# %% [markdown] lang="ko"
# ## 대책 3: 계속 연습하기(replay)
#
# 원천 태스크의 이미지가 아직 있다면 그것도 계속 배우면 됩니다. 업데이트마다 새 헤드로는 숫자를, 원래 헤드로는 글자를 봅니다(Robins, 1995).
#
# $$L_{digits} + \lambda \, L_{letters}$$
# %% [markdown] lang="en"
# ### Exercise 3: a mixed batch
#
# `ft.Replay` adds a second batch to each update. One can also mix old examples into the batch: of 32 with a share of 0.25, 24 are
# new and 8 are old. Return two arrays of indices, of the new and of the old ones, drawn with `rng`.
# %% [markdown] lang="ko"
# ### 연습 3: 섞은 배치
#
# `ft.Replay`는 업데이트마다 배치를 하나 더 넣습니다. 배치 하나에 섞어 넣는 방법도 있습니다. 배치가 32장이고 옛 예제의 비율(`share`)이 0.25라면 새 예제
# 24장과 옛 예제 8장입니다. 새 예제와 옛 예제의 번호를 `rng`로 뽑아 배열 두 개로 돌려주세요.
# %% tags=["exercise"]
def mixed_batch(new_count, old_count, size, share, rng):
    """Indices into `new_count` new examples, and indices into `old_count` old ones;
    `size` in all."""
    return ..., ...

# Stuck? ft.hint("09.3"), then ft.solution("09.3")
ft.check("09.3", mixed_batch)
# %% [markdown] lang="en"
# **Predict.** Letters at a thirtieth of the weight of digits, `replay 0.03`: will that be enough to matter? And will the digits
# suffer from sharing the network?
# %% [markdown] lang="ko"
# **예측해 보세요.** `replay 0.03`은 글자의 비중이 숫자의 30분의 1쯤입니다. 이것으로도 효과가 있을까요? 신경망을 글자와 나누어 쓰면 숫자 정확도는 떨어질까요?
# %%
names_of = {}
for row in study.rows:
    names_of.setdefault(row["method"], []).append(row["strategy"])
names_of = {method: list(dict.fromkeys(listed)) for method, listed in names_of.items()}

for name in ["none", *names_of["replay"]]:
    print(
        f"{name:<12} letters {level(name):.1f} %   digits (validation) "
        f"{level(name, 'val_accuracy'):.1f} %"
    )
assert min(seeds("replay 0.03")) > max(plain) + 0.3
assert level("replay 0.1", "val_accuracy") > level("none", "val_accuracy") - 0.5
# %% [markdown] lang="en"
# A little practice goes a long way: at 0.03 the letters are already at {{level("replay 0.03"):.0f}} %, and the digits do not suffer.
# The price is the data: without images of the old task there is no replay. And each update takes about twice the work, since it
# sees twice as many images.
# %% [markdown] lang="ko"
# 조금만 연습해도 효과가 큽니다. 0.03이면 벌써 글자를 {{level("replay 0.03"):.0f}}% 읽고, 숫자도 손해를 보지 않습니다. 대가는 데이터입니다. 원천 태스크의
# 이미지가 없으면 리플레이는 할 수 없습니다. 업데이트마다 이미지를 두 배로 보므로 계산도 두 배쯤 듭니다.
# %% [markdown] lang="en"
# ## Cure 4: turn back half-way (interpolation)
#
# Suppose the tuning is done, and nobody thought of forgetting. There are two sets of weights, the start $w_0$ and the tuned $w_1$,
# and all the points between them (WiSE-FT; Wortsman et al., 2022):
#
# $$w(\alpha) = (1 - \alpha) \, w_0 + \alpha \, w_1$$
# %% [markdown] lang="ko"
# ## 대책 4: 반쯤 되돌아가기(interpolation)
#
# 망각은 생각지도 않고 미세 조정을 끝냈다고 합시다. 손에는 출발한 가중치 $w_0$과 미세 조정한 가중치 $w_1$이 있고, 그 사이에는 수많은 점이 있습니다(WiSE-FT; Wortsman
# 등, 2022).
#
# $$w(\alpha) = (1 - \alpha) \, w_0 + \alpha \, w_1$$
# %% [markdown] lang="en"
# ### Exercise 4: a point between two networks
#
# `model.get_weights()` gives a list of arrays of different shapes. Write the point between two such lists, as a list of arrays.
# %% [markdown] lang="ko"
# ### 연습 4: 두 신경망 사이의 한 점
#
# `model.get_weights()`는 모양이 서로 다른 배열들의 리스트를 줍니다. 그런 리스트 두 개 사이의 한 점을 구해 배열의 리스트로 돌려주세요.
# %% tags=["exercise"]
def between(start, tuned, alpha):
    return ...

# Stuck? ft.hint("09.4"), then ft.solution("09.4")
ft.check("09.4", between)
# %% [markdown] lang="en"
# We walk from our tuned run back to the start. The head for digits stays as it was trained; only the backbone turns back.
#
# **Predict.** Half-way, will the letters be half-way between both ends, above that, or below? And the digits?
# %% [markdown] lang="ko"
# 미세 조정한 가중치에서 출발점까지 거꾸로 가 봅시다. 숫자 헤드는 학습된 그대로 두고 백본만 되돌립니다.
#
# **예측해 보세요.** 한가운데에서 글자 정확도는 양 끝의 중간일까요, 그보다 높을까요, 낮을까요? 숫자는 어떨까요?
# %%
between_model = ft.classifier(track.backbone, task.num_classes)
between_model.set_weights(run.model.get_weights())
middle = between_model.get_layer("backbone")
first, last = track.backbone.get_weights(), tuned.get_weights()
alphas, path = [k / 8 for k in range(9)], {}
answers = {0: before.argmax(axis=1), 1: now}  # to our letters, at each alpha
for alpha in alphas:
    middle.set_weights([a + alpha * (b - a) for a, b in zip(first, last)])
    said = np.array(between_model(run.task.validation.images)).argmax(axis=1)
    if alpha not in answers:
        answers[alpha] = read(middle).argmax(axis=1)
    path[alpha] = (
        np.mean(said == run.task.validation.labels),
        np.mean(answers[alpha] == ours.labels),
    )
# %%
on_digits, on_letters = zip(*path.values())
fig = plots.lines(
    {"digits (validation)": (alphas, on_digits), "letters": (alphas, on_letters)},
    "Alpha: 0 is the pre-trained backbone, 1 the tuned one", "Accuracy",
    "Half-way back, most letters return and the digits stay", percent=True,
)
ft.show(
    fig,
    alt="Accuracy along the line between pre-trained and tuned weights. The digits "
    "are high everywhere; the letters stay high for a while and fall towards the "
    "tuned end.",
)
for alpha in (0.25, 0.5, 0.75):
    assert among(path[alpha][1], seeds(f"interpolation {alpha:g}"))
    assert among(path[alpha][0], seeds(f"interpolation {alpha:g}", "val_accuracy"))
assert (
    path[0.5][1] > (path[0][1] + path[1][1]) / 2 + 0.1
    and path[0.5][0] > path[1][0] - 0.02
)
# %% [markdown] lang="en"
# Half-way the network reads {{100 * path[0.5][1]:.0f}} % of the letters, far above the mean of both ends, and
# {{100 * path[0.5][0]:.1f}} % of the digits. (The digits are easy here: even on the old backbone the tuned head reads
# {{100 * path[0][0]:.1f}} %.) It took no letters and no updates, only the old weights. `ft.Strategy` has it as
# `closing=("interpolate",)`, which picks alpha by the new task alone.
# %% [markdown] lang="ko"
# 한가운데의 신경망은 글자를 {{100 * path[0.5][1]:.0f}}%, 숫자를 {{100 * path[0.5][0]:.1f}}% 읽습니다. 글자는 양 끝의 평균보다 훨씬 높습니다. (숫자는 쉬운 편이어서,
# 미세 조정한 헤드를 옛 백본에 얹기만 해도 {{100 * path[0][0]:.1f}}%를 읽습니다.) 글자 이미지도 업데이트도 필요 없고, 옛 가중치만 있으면 됩니다. `ft.Strategy`에서는
# `closing=("interpolate",)`로 쓰며, alpha는 새 태스크만 보고 고릅니다.
# %% [markdown] lang="en"
# **Try it.** These are the eight letters from above, with what the network takes them for at alpha. Run the cell and move the slider
# from 1 to the left. Do the letters come back all at once, or one by one? Where is the last one back, and what do the digits say there?
# %% [markdown] lang="ko"
# **직접 해 보세요.** 앞에서 본 글자 여덟 개와, 그 alpha에서 신경망이 답한 글자입니다. 셀을 실행하고 슬라이더를 1에서 왼쪽으로 옮겨 보세요. 글자는 한꺼번에 돌아올까요, 하나씩
# 돌아올까요? 마지막 글자가 돌아오는 곳은 어디이고, 그때 숫자는 얼마나 읽을까요?
# %%
named = {c for said in answers.values() for c in said[shown]}
drawing_of = {c: clearest(c) for c in named}  # now, so that the slider need not wait

def draw_between(alpha):
    on_digits, on_letters = path[alpha]
    said, true = answers[alpha][shown], ours.labels[shown]
    marks = ["right" if c == t else "wrong" for c, t in zip(said, true)]
    return plots.image_grid(
        np.concatenate([ours.images[shown], [drawing_of[c] for c in said]]),
        true_names + marks, columns=8, row_names=["the letter", "taken for"],
        title=f"Alpha {alpha:g}: {100 * on_letters:.0f} % of all letters, "
        f"{100 * on_digits:.1f} % of the digits",
    )

ft.explore(
    draw_between, {"alpha": alphas}, start=[0.5],
    alt="The eight letters at alpha 0.5, half-way between the pre-trained and the "
    "tuned weights: some are read right again, others are still taken for a letter "
    "of a similar shape.",
)
back = [sum(answers[alpha][shown] == ours.labels[shown]) for alpha in alphas]
assert back[0] == 8 > back[4] > back[-1] == 0
# %% [markdown] lang="en"
# One by one: half-way {{back[4]}} of the eight are right again, and {{back[1]}} at an alpha of {{alphas[1]:g}}. No single letter tells how
# many are back, which is why the figure above counts all.
# %% [markdown] lang="ko"
# 하나씩 돌아옵니다. 여덟 개 중 한가운데에서는 {{back[4]}}개, alpha가 {{alphas[1]:g}}일 때는 {{back[1]}}개를 다시 맞힙니다. 글자 하나만 보아서는 얼마나 돌아왔는지 알 수 없으므로 앞의
# 그래프에서는 전체를 셌습니다.
# %% [markdown] lang="en"
# One more cure belongs here, though not for our network: LoRA (Hu et al., 2022) leaves the pre-trained weights frozen and learns
# small additions to them. Take the additions off, and the old model is back, bit for bit.
# %% [markdown] lang="ko"
# 우리 신경망에는 쓰지 않지만 빼놓을 수 없는 대책이 하나 더 있습니다. LoRA(Hu 등, 2022)는 사전 학습된 가중치를 동결해 둔 채 거기에 더할 작은 값만
# 학습합니다. 더한 값을 떼어 내면 옛 모델이 비트 하나까지 그대로 돌아옵니다.
# %% [markdown] lang="en"
# ## What each keeps, and what it costs
#
# Each cure has a strength, and we must choose it without the test images. Our rule: among the strengths whose validation
# accuracy is at most half a point below plain fine-tuning, the one that keeps most letters.
# %% [markdown] lang="ko"
# ## 무엇을 얼마나 지키고, 대가는 얼마일까요?
#
# 대책마다 세기가 있고, 테스트 이미지를 보지 않고 골라야 합니다. 규칙은 이렇습니다. 숫자의 검증 정확도가 대책을 쓰지 않은 미세 조정보다 1%p의 절반 넘게
# 떨어지지 않는 세기 중, 글자를 가장 많이 지키는 것을 고릅니다.
# %%
methods = ("L2-SP", "EWC", "replay", "interpolation")
floor = level("none", "val_accuracy") - 0.5 - 1e-6
picked = {}
for method in methods:
    fine = [name for name in names_of[method] if level(name, "val_accuracy") >= floor]
    picked[method] = max(fine, key=level)
print("chosen on validation:", ", ".join(picked.values()))
# %% [markdown] lang="en"
# Now the test images, once. Each path begins at plain fine-tuning and goes through the recorded strengths; the point that
# validation chose bears its strength (for interpolation, alpha). The frozen backbone, beside them, keeps every letter.
#
# **Predict.** Which path goes furthest up without turning to the left?
# %% [markdown] lang="ko"
# 이제 테스트 이미지를 한 번만 봅니다. 선은 모두 대책을 쓰지 않은 미세 조정에서 출발해 기록된 세기들을 지나갑니다. 검증 데이터로 고른 점에는 세기를
# 적었습니다(보간은 alpha). 동결한 백본도 곁에 놓습니다. 움직이지 않았으니 글자를 모두 지킵니다.
#
# **예측해 보세요.** 왼쪽으로 꺾이지 않고 가장 높이 올라가는 선은 어느 것일까요?
# %%
series = {}
for method in methods:
    listed = ["none", *names_of[method]]
    labels = [name.split()[-1] if name == picked[method] else "" for name in listed]
    series[method] = [
        point(name, label, digits="test_accuracy")
        for name, label in zip(listed, labels)
    ]
standing = mean_and_interval(seeds("feature_extraction_long", "test_accuracy", digits))
series["frozen backbone"] = [{"x": standing, "y": [found.before] * 3}]
title = "Most letters can be kept before the digits pay"
# %%
ft.show(
    plots.trade_off(
        series, "Digits (test accuracy)", "Letters still read", title, panels=True
    ),
    alt="Letters still read against test accuracy on digits, with intervals. L2-SP "
    "and EWC go up and then turn left; interpolation goes straight up, then left; "
    "replay ends at the top right.",
)
test = {
    name: level(name, "test_accuracy")
    for method in methods
    for name in names_of[method]
}
free = [
    name
    for name, accuracy in test.items()
    if accuracy >= level("none", "test_accuracy")
]
assert max(free, key=level).startswith("replay") and level(max(free, key=level)) > 85
# %%
print(f"{'':<20}{'letters lost':>14}{'digits (test), against plain':>38}")
changes = {}
for name in ("none", *picked.values()):
    change = mean_and_interval(
        np.subtract(seeds(name, "test_accuracy"), seeds("none", "test_accuracy"))
    )
    changes[name] = [100 * c for c in change]
    lost_points = 100 * found.before - level(name)
    said = "{:+.1f} points ({:+.1f} to {:+.1f})".format(*changes[name])
    print(f"{name:<20}{lost_points:>7.1f} points{'' if name == 'none' else said:>38}")
# None is credibly worse than plain fine-tuning.
assert all(changes[name][2] > 0 for name in picked.values())
# %% [markdown] lang="en"
# Plain fine-tuning lost {{100 * found.before - level("none"):.0f}} points of letters. Of that, at no price that five seeds could
# show, L2-SP leaves {{100 * found.before - level(picked["L2-SP"]):.0f}}, EWC
# {{100 * found.before - level(picked["EWC"]):.0f}}, interpolation {{100 * found.before - level(picked["interpolation"]):.0f}} and
# replay {{100 * found.before - level(picked["replay"]):.0f}}. Held firmer, L2-SP and EWC keep nearly all, and the digits fall.
# %% [markdown] lang="ko"
# 대책을 쓰지 않은 미세 조정은 글자를 {{100 * found.before - level("none"):.0f}}%p 잃었습니다. 시드 다섯 개로는 숫자 정확도의 손해가 드러나지 않는 범위에서,
# 잃는 양은 L2-SP {{100 * found.before - level(picked["L2-SP"]):.0f}}%p, EWC
# {{100 * found.before - level(picked["EWC"]):.0f}}%p, 보간 {{100 * found.before - level(picked["interpolation"]):.0f}}%p, 리플레이
# {{100 * found.before - level(picked["replay"]):.0f}}%p로 줄어듭니다. L2-SP와 EWC는 더 세게 붙들면 거의 다 지키지만, 숫자가 내려갑니다.
# %% [markdown] lang="en"
# ## Is it the holding that costs?
#
# L2-SP at 10 hardly moves, like the frozen backbone, and yet reads fewer digits. There is another difference: the cures ran with
# `light`, which distorts the training images; the head of the frozen backbone learned from images as they are. So we freeze
# everything and train the head twice, at the same rate: on images as they are, and distorted.
#
# **Predict.** Will the second head do as well as the first, or as badly as L2-SP at 10?
# %% [markdown] lang="ko"
# ## 붙들어서 손해를 본 것일까요?
#
# 세기가 10인 L2-SP는 동결한 백본처럼 거의 움직이지 않는데도 숫자를 덜 읽습니다. 둘은 다른 점이 하나 더 있습니다. 대책들은 학습 이미지를 조금씩 변형하는
# `light`로 돌렸고, 동결한 백본의 헤드는 원래 이미지로 배웠습니다. 그래서 이번에는 백본을 모두 동결하고 같은 학습률로 헤드를 두 번 학습합니다. 한 번은 원래 이미지로, 한 번은 변형한 이미지로 학습합니다.
#
# **예측해 보세요.** 두 번째 헤드는 첫 번째 헤드만큼 높을까요, 아니면 세기가 10인 L2-SP처럼 낮을까요?
# %%
full = ft.strategy("full")

def frozen_head(views, name):
    """Validation accuracy of three seeds: all frozen, the head trained at the rate of
    `full`, on so many versions of each image."""
    phase = dataclasses.replace(full.phases[0], train="head", views=views)
    recipe, found = dataclasses.replace(full, name=name, phases=(phase,)), []
    for seed in range(3):
        drawn = track.task(labels_per_class=10, seed=seed)
        found.append(
            ft.fit(
                model, drawn, recipe, updates=track.updates, seed=seed, verbose=False
            ).val_accuracy
        )
    return found

firm = seeds("L2-SP 10", "val_accuracy")[:3]
plain, distorted = frozen_head(1, "frozen"), frozen_head(8, "frozen, distorted")
for name, values in {
    "frozen, as they are": plain,
    "frozen, distorted": distorted,
    "L2-SP 10": firm,
}.items():
    print(f"{name:<22} validation {100 * np.mean(values):.1f} %, three seeds")
assert (
    abs(np.mean(distorted) - np.mean(firm)) < 0.015
    and np.mean(distorted) < np.mean(plain) - 0.01
)
# %% [markdown] lang="en"
# As badly. So the price at the firm end is hardly one of remembering letters: a backbone that is held cannot learn to see through
# distortions, and the head has to make up for it. Perhaps firm bands want images as they are; that we have not run. Without this
# control we would have believed a wrong reason.
# %% [markdown] lang="ko"
# L2-SP처럼 낮습니다. 그러니 세게 붙들 때 치른 대가는 글자를 기억한 대가라고 하기 어렵습니다. 붙들린 백본은 변형된 이미지를 알아보는 법을 배울 수 없고, 그 부담을
# 헤드가 떠안습니다. 백본을 세게 붙들 때는 이미지를 원래대로 두는 편이 나을지도 모르지만, 그것은 돌려 보지 않았습니다. 이 대조군이 없었다면 엉뚱한 이유를 믿었을 것입니다.
# %% [markdown] lang="en"
# ## The price list
#
# And the frozen backbone itself? On this near task it gives up nothing: {{100 * standing[0]:.1f}} % of the test digits, and every
# letter. The other cures are for those who have to move. What they ask of you differs:
#
# | cure | images of the old task | to keep in memory | extra time |
# |---|---|---|---|
# | freeze, or move less | no | nothing | none, often less |
# | L2-SP | no | the old weights | hardly any |
# | EWC | some, once | the old weights and $F$ | once, for $F$ |
# | replay | all the time | the images, the old head | about twice per update |
# | interpolation | no | the old weights | a few evaluations at the end |
# | LoRA | no | small additions | less memory in training |
# %% [markdown] lang="ko"
# ## 무엇이 얼마나 들까요?
#
# 그렇다면 동결한 백본은 어떨까요? 이렇게 가까운 태스크에서는 잃는 것이 없습니다. 테스트 숫자를 {{100 * standing[0]:.1f}}% 맞히고, 글자도 모두 지킵니다. 나머지
# 대책은 움직여야만 할 때 필요하고, 요구하는 것이 각각 다릅니다.
#
# | 대책 | 원천 태스크의 이미지 | 보관할 것 | 더 드는 시간 |
# |---|---|---|---|
# | 동결하거나 덜 움직이기 | 필요 없음 | 없음 | 없음. 오히려 줄기도 함 |
# | L2-SP | 필요 없음 | 옛 가중치 | 거의 없음 |
# | EWC | 한 번, 조금 | 옛 가중치와 $F$ | $F$를 구할 때 한 번 |
# | 리플레이 | 내내 필요 | 이미지와 원래 헤드 | 업데이트마다 두 배쯤 |
# | 보간 | 필요 없음 | 옛 가중치 | 끝에 몇 번 평가 |
# | LoRA | 필요 없음 | 더할 작은 값 | 학습 메모리가 줄어듦 |
# %% [markdown] lang="en"
# ## When to care
#
# If nobody will ever ask for letters again, forgetting them is no loss: a model for your flowers need not tell breeds of dogs
# apart. Our digits did not suffer from it, either. Then leave the cures alone, and judge by the new task.
# %% [markdown] lang="ko"
# ## 언제 신경 써야 할까요?
#
# 아무도 다시 글자를 읽으라고 하지 않는다면 잊어도 손해가 없습니다. 꽃을 구별하는 모델이 개의 품종까지 알 필요는 없습니다. 글자를 잊어도 숫자는 손해를
# 보지 않았습니다. 그럴 때는 대책을 쓰지 말고 새 태스크로만 평가하세요.
# %% [markdown] lang="en"
# Care where the old abilities are still in use: an assistant tuned on one company's e-mails that should still do arithmetic;
# a network that learns one task after another (*continual learning*); and images that will change. What your few pictures do not
# show, snow or another camera, only the pre-training has seen. Such a change is called *distribution shift*; under it WiSE-FT
# gained accuracy, so there forgetting can cost the new task itself.
#
# **Predict.** And here? Test digits with strokes a pixel thinner or thicker, moved by a pixel of the scan, or with noise. Nobody trained on
# such. Do those lose more that forgot more letters?
# %% [markdown] lang="ko"
# 옛 능력을 계속 쓴다면 신경 써야 합니다. 한 회사의 이메일로 미세 조정했지만 계산도 여전히 해야 하는 비서 모델, 태스크를 하나씩 차례로 배우는 신경망(*연속 학습*, continual
# learning), 그리고 앞으로 달라질 이미지가 그렇습니다. 눈 오는 날이나 다른 카메라처럼 내 사진 몇 장에 없는 것은 사전 학습 때만 보았습니다. 이런 변화를 *분포 변화*(distribution
# shift)라고 합니다. 그럴 때 WiSE-FT는 정확도를 높였으니, 잊으면 새 태스크까지 손해를 볼 수 있다는 뜻입니다.
#
# **예측해 보세요.** 여기서는 어떨까요? 테스트 숫자의 획을 한 픽셀 얇거나 굵게, 스캔의 한 픽셀만큼 옮기거나, 잡음을 넣었습니다. 이런 숫자로 학습한 것은 없습니다. 글자를 더 많이 잊은
# 쪽이 더 많이 잃을까요?
# %%
shifted = ft.track("glyph").recorded("shifted-digits")

def on_shifted(method, score):
    """A score of five seeds, in their order."""
    return shifted.scores(score, method=method)

recipes = ("frozen", "head first", "at once", "at once, 1e-3")
kinds = (
    "letters_read", "test_accuracy", "test_thinner", "test_thicker", "test_moved",
    "test_noisy",
)
told = {
    method: [on_shifted(method, kind).mean() for kind in kinds] for method in recipes
}
print("".join(f"{kind:>14}" for kind in kinds))
for method, shares in told.items():
    print("".join(f"{share:>14.1%}" for share in shares), "  ", method)
# %%
loss = {
    method: on_shifted(method, "test_accuracy") - on_shifted(method, "test_shifted")
    for method in recipes
}
spared = [100 * x for x in mean_and_interval(loss["frozen"] - loss["at once"])]
between = [100 * x for x in mean_and_interval(loss["head first"] - loss["at once"])]
noisy = {method: 100 * shares[-1] for method, shares in told.items()}
print(f"frozen loses {spared[0]:+.1f} points more than at once "
      f"({spared[1]:+.1f} to {spared[2]:+.1f}), head first {between[0]:+.1f} "
      f"({between[1]:+.1f} to {between[2]:+.1f})")
assert spared[1] > 0 and between[1] < 0 < between[2]
assert told["at once"][0] < told["head first"][0] < told["frozen"][0]
assert noisy["frozen"] < noisy["head first"] < noisy["at once"] < noisy["at once, 1e-3"]
# %% [markdown] lang="en"
# The other way round. The frozen network has kept every letter and loses most, {{spared[0]:.0f}} points more than the one that trained all at once
# ({{spared[1]:.0f}} to {{spared[2]:.0f}}); between head first and at once five seeds cannot tell. It is the noise that parts them:
# {{noisy["frozen"]:.0f}} % frozen, {{noisy["head first"]:.0f}} % head first, {{noisy["at once"]:.0f}} % at once, {{noisy["at once, 1e-3"]:.0f}} % at the higher
# rate. The letters were drawn without noise, so the pre-training had no answer to it that could have been lost; WiSE-FT's photos had seen
# much of the world before. Why tuning helped against noise that it never saw, this lesson has not tested.
# %% [markdown] lang="ko"
# 오히려 반대입니다. 글자를 모두 지킨 동결한 신경망이 가장 많이 잃습니다. 한꺼번에 학습한 신경망보다 {{spared[0]:.0f}}%p({{spared[1]:.0f}}~{{spared[2]:.0f}}) 더 잃습니다. 헤드부터 학습한 것과
# 한꺼번에 학습한 것의 차이는 시드 다섯 개로 가릴 수 없습니다. 갈라놓는 것은 잡음입니다. 동결하면 {{noisy["frozen"]:.0f}}%, 헤드부터면 {{noisy["head first"]:.0f}}%, 한꺼번에면
# {{noisy["at once"]:.0f}}%, 학습률을 높이면 {{noisy["at once, 1e-3"]:.0f}}%를 맞힙니다. 글자는 잡음 없이 그린 것이니 사전 학습에 잃어버릴 만한 대비책이 없었습니다. WiSE-FT의
# 사진은 그 전에 세상을 많이 보았습니다. 본 적 없는 잡음에 왜 미세 조정이 도움이 되었는지는 이 수업에서 시험하지 않았습니다.
# %% [markdown] lang="en"
# Either way the first step is the same: measure. Whoever does not keep a few examples of the old task, or of what the model
# must still be able to do, will not notice that it is gone.
# %% [markdown] lang="ko"
# 어느 쪽이든 첫걸음은 같습니다. 측정하는 것입니다. 원천 태스크의 예제, 또는 모델이 여전히 해내야 할 일의 예제를 조금이라도 남겨 두지 않으면, 능력이
# 사라져도 알아채지 못합니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Replay needs nothing new: two models that share one backbone, each with its own head, and `train_on_batch` on them by
# turns. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 리플레이에는 새 도구가 필요 없습니다. 백본 하나를 함께 쓰고 헤드만 따로 둔 모델 두 개에 번갈아 `train_on_batch`를 부르면 됩니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
loss = "sparse_categorical_crossentropy"
new_digits = task.for_backbone(track.backbone)

def tune_with(replay, updates=60):
    """Tunes on digits; after each update, if wanted, one on letters under the old
    head."""
    keras.utils.set_random_seed(0)
    old, _ = ft.source_model()
    shared = old.get_layer("backbone")
    pooled = keras.layers.GlobalAveragePooling2D()(shared.output)
    head = keras.layers.Dense(10, activation="softmax")(pooled)
    new = keras.Model(shared.input, head)
    for layer in shared.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    new.compile(keras.optimizers.Adam(3e-4), loss, metrics=["accuracy"])
    old.compile(keras.optimizers.Adam(3e-4), loss)
    rng = np.random.default_rng(0)
    for _ in range(updates):
        rows = rng.integers(0, len(new_digits.train), 32)
        new.train_on_batch(new_digits.train.images[rows], new_digits.train.labels[rows])
        if replay:
            rows = rng.integers(0, len(few), 32)
            old.train_on_batch(drawings[rows], few.labels[rows])
    return new, shared
# %% tags=["folded"]
keras_scores = {}
for name, replay in (("without replay", False), ("with replay", True)):
    new, shared = tune_with(replay)
    on_digits = new.evaluate(
        new_digits.validation.images, new_digits.validation.labels, verbose=0,
        return_dict=True,
    )["accuracy"]
    on_letters = letters_read(shared)
    keras_scores[name] = on_digits, on_letters
    print(f"{name:<15} digits {on_digits:.1%}, letters {on_letters:.1%}")
assert keras_scores["with replay"][1] > keras_scores["without replay"][1]
# %% [markdown] lang="en"
# Without replay {{100 * keras_scores["without replay"][1]:.1f}} % of the letters are left, with it
# {{100 * keras_scores["with replay"][1]:.1f}} %; the digits are at {{100 * keras_scores["without replay"][0]:.1f}} and
# {{100 * keras_scores["with replay"][0]:.1f}} %. These are 60 updates; `ft.Replay` in the record, with
# {{track.updates}} and a weight of its own, kept {{level(picked["replay"]):.1f}} %.
# %% [markdown] lang="ko"
# 리플레이가 없으면 글자의 {{100 * keras_scores["without replay"][1]:.1f}}%가 남고, 있으면 {{100 * keras_scores["with replay"][1]:.1f}}%가
# 남습니다. 손글씨 숫자는 각각 {{100 * keras_scores["without replay"][0]:.1f}}%와 {{100 * keras_scores["with replay"][0]:.1f}}%입니다.
# 여기서는 60번만 업데이트했습니다. 기록에서 {{track.updates}}번 업데이트하고 가중치를 따로 고른 `ft.Replay`는 {{level(picked["replay"]):.1f}}%를 지켰습니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 09.q1}}
# %% [markdown] lang="ko"
# {{quiz 09.q1}}
# %% tags=["exercise"]
ft.check("09.q1", ...)
# %% [markdown] lang="en"
# {{quiz 09.q2}}
# %% [markdown] lang="ko"
# {{quiz 09.q2}}
# %% tags=["exercise"]
ft.check("09.q2", ...)
# %% [markdown] lang="en"
# {{quiz 09.q3}}
# %% [markdown] lang="ko"
# {{quiz 09.q3}}
# %% tags=["exercise"]
ft.check("09.q3", ...)
# %% [markdown] lang="en"
# {{quiz 09.q4}}
# %% [markdown] lang="ko"
# {{quiz 09.q4}}
# %% tags=["exercise"]
ft.check("09.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Fine-tuning everything at once took the letters from {{100 * found.before:.0f}} % to {{100 * found.after:.0f}} %, while the digits
#   looked fine. (The gentler LP-FT of lesson 06 keeps most of them.) The new task cannot show it: keep examples of the old one, and measure with `ft.forgetting`.
# - It was lost late: the last stage, tuned alone, cost {{100 * (alone[0] - alone[3]):.0f}} points, the first
#   {{100 * (alone[0] - alone[1]):.0f}}.
# - Much was out of reach rather than gone: a new head still read {{100 * probes[1]:.0f}} % from the tuned backbone, against
#   {{100 * probes[0]:.0f}} % from the untouched one.
# - Move less, or not at all, where that is enough. Else hold the weights (L2-SP), those that matter (EWC), go on practising
#   (replay), or turn back half-way (interpolation).
# - Here the network still read {{level(picked["replay"]):.0f}} % of the letters after replay, at no price that showed on the digits, and
#   {{level(picked["interpolation"]):.0f}} % after interpolation, without any training.
# - A price needs a control, too: firm bands seemed to cost digits, but a frozen backbone loses as many on distorted images.
# - Whether to care depends on who will still ask for the old task.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 전체를 한꺼번에 미세 조정하니 글자 정확도가 {{100 * found.before:.0f}}%에서 {{100 * found.after:.0f}}%로 떨어졌지만, 숫자는 멀쩡해 보였습니다. (6강의 LP-FT라면 대부분 남습니다.) 새 태스크만
#   보아서는 알 수 없습니다. 원천 태스크의 예제를 남겨 두고 `ft.forgetting`으로 측정합니다.
# - 뒤쪽에서 잊습니다. 한 스테이지만 조정했을 때 잃은 것은 마지막 스테이지가 {{100 * (alone[0] - alone[3]):.0f}}%p, 첫 스테이지가
#   {{100 * (alone[0] - alone[1]):.0f}}%p였습니다.
# - 사라졌다기보다 꺼내지 못하는 것이 많았습니다. 새 헤드는 미세 조정한 백본에서도 글자를 {{100 * probes[1]:.0f}}% 읽었습니다. 조정하기 전의 백본에서는
#   {{100 * probes[0]:.0f}}%였습니다.
# - 움직이지 않거나 덜 움직여도 되면 그렇게 합니다. 안 되면 가중치를 붙들거나(L2-SP), 중요한 것만 붙들거나(EWC), 계속 연습하거나(리플레이), 반쯤
#   되돌아갑니다(보간).
# - 여기서는 리플레이를 하면 숫자에 드러나는 손해 없이 글자를 {{level(picked["replay"]):.0f}}% 읽었고, 보간은 학습 없이도
#   {{level(picked["interpolation"]):.0f}}% 읽었습니다.
# - 대가를 따질 때도 대조군이 필요합니다. 세게 붙들면 숫자가 손해를 보는 듯했지만, 동결한 백본도 변형된 이미지로 배우면 그만큼 잃었습니다.
# - 신경 쓸지 말지는 원천 태스크를 누가 다시 찾느냐에 달려 있습니다.
# %% [markdown] lang="en"
# ## Next
#
# All this time we wanted to keep what the pre-training had given us. But not everything one inherits is worth keeping. What if the
# network learned a bad habit from its letters? Lesson 10 plants one, and sees whether fine-tuning forgets it.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 지금까지는 사전 학습에서 물려받은 것을 지키려고 했습니다. 그러나 물려받은 것이 모두 지킬 만하지는 않습니다. 신경망이 글자를 배우면서 나쁜 버릇까지 들였다면
# 어떨까요? 10강에서는 그런 버릇을 하나 심어 두고, 미세 조정이 그것을 잊게 하는지 알아봅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - [EWC](https://arxiv.org/abs/1612.00796), [L2-SP](https://arxiv.org/abs/1802.01483),
#   [WiSE-FT](https://arxiv.org/abs/2109.01903), [LoRA](https://arxiv.org/abs/2106.09685),
#   [CKA](https://arxiv.org/abs/1905.00414); Parisi et al., 2019,
#   [continual learning, a review](https://arxiv.org/abs/1802.07569)
# - Keras: [LoRA on GPT-2](https://keras.io/examples/nlp/parameter_efficient_finetuning_of_gpt2_with_lora/)
# - Dive into Deep Learning:
#   [distribution shift](https://d2l.ai/chapter_linear-classification/environment-and-distribution-shift.html)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - [EWC](https://arxiv.org/abs/1612.00796), [L2-SP](https://arxiv.org/abs/1802.01483),
#   [WiSE-FT](https://arxiv.org/abs/2109.01903), [LoRA](https://arxiv.org/abs/2106.09685),
#   [CKA](https://arxiv.org/abs/1905.00414). Parisi 등, 2019,
#   [연속 학습 총설](https://arxiv.org/abs/1802.07569)
# - Keras: [GPT-2에 LoRA 쓰기](https://keras.io/examples/nlp/parameter_efficient_finetuning_of_gpt2_with_lora/)
# - Dive into Deep Learning:
#   [분포 변화](https://d2l.ai/chapter_linear-classification/environment-and-distribution-shift.html)
