# %% [markdown] lang="en"
# # Gradual unfreezing
#
# Lesson 06 opened the whole backbone at once, with one rate for all of it. The digits were fine, and some of the letters
# were gone. Early stages see strokes, which letters and digits share. Must they move as far as late ones?
#
# **Questions**
# - How do I open a network stage by stage, and how do I know that the rest stood still?
# - What does it change when early stages learn more slowly than late ones?
# - Can a short test find the learning rate?
#
# **You will**
# - unfreeze a network stage by stage, and prove with checksums that no stage moved before its turn
# - give every stage its own rate, in Keras and as one field of a strategy
# - run the learning-rate finder, and find out what it cannot see
# - compare four ways to fine-tune on equal terms, near the source and far from it
#
# ⏱ {{minutes}} minutes · Needs: lesson 06 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 점진적 동결 해제(gradual unfreezing)
#
# 6강에서는 백본(backbone) 전체를 한꺼번에 열고 학습률(learning rate) 하나로 학습했습니다. 숫자는 잘 읽었지만 글자는 일부 잊었습니다. 앞쪽
# 스테이지(stage)가 보는 획은 글자와 숫자에 똑같이 쓰입니다. 그런 스테이지까지 뒤쪽만큼 움직여야 할까요?
#
# **질문**
# - 신경망을 스테이지별로 하나씩 열려면 어떻게 하고, 나머지가 그대로였다는 것은 어떻게 알 수 있을까요?
# - 앞쪽 스테이지가 뒤쪽보다 천천히 배우면 무엇이 달라질까요?
# - 짧은 테스트로 알맞은 학습률을 찾을 수 있을까요?
#
# **이 수업을 마치면**
# - 신경망을 한 스테이지씩 동결 해제하고, 차례가 오기 전에는 움직이지 않았음을 체크섬(checksum)으로 증명할 수 있습니다
# - Keras에서도, 전략의 필드 하나로도 스테이지마다 다른 학습률을 줄 수 있습니다
# - 학습률 탐색기(learning-rate finder)를 쓰고, 그것이 보지 못하는 것을 설명할 수 있습니다
# - 네 가지 미세 조정 방법을 같은 조건에서, 원천 태스크에 가까운 데이터와 먼 데이터로 비교할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import dataclasses
import hashlib

import keras
import numpy as np

import ftlib as ft
from ftlib import plots

track = ft.track()
task = track.task(labels_per_class=10, seed=0)
model = ft.classifier(track.backbone, task.num_classes)
fitted = task.for_backbone(model)
images, labels = fitted.train.images[np.arange(len(fitted.train))], fitted.train.labels
print(task)
# %% [markdown] lang="en"
# ## One stage at a time
#
# Gradual unfreezing (Howard and Ruder, 2018) opens the network from the back: first the head alone, then the last stage as
# well, then the last two, until everything trains. In Keras that is a loop over `ft.unfreeze`, which compiles again each
# time.
#
# **Predict.** In which round will `stage1`, the one at the input, move for the first time?
# %% [markdown] lang="ko"
# ## 한 번에 한 스테이지씩
#
# 점진적 동결 해제(Howard와 Ruder, 2018)는 신경망을 뒤에서부터 엽니다. 먼저 헤드(head)만, 다음에는 마지막 스테이지까지, 그다음에는 마지막 두 스테이지까지, 이렇게
# 전체가 학습될 때까지 넓혀 갑니다. Keras에서는 `ft.unfreeze`를 반복문으로 부르면 됩니다. 부를 때마다 다시 컴파일됩니다.
#
# **예측해 보세요.** 입력 쪽에 있는 `stage1`은 몇 번째 회차에 처음 움직일까요?
# %% tags=["exercise"]
ft.guess("07.p1", ...)  # a number: 1 is the round of the head
# %%
def checksum(stage):
    """Six digits that change when any bit of any weight of the stage does."""
    weights = [np.asarray(w) for layer in stage.layers for w in layer.weights]
    return hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()[:6]

keras.utils.set_random_seed(0)
plain = ft.classifier(track.backbone, task.num_classes)
loss = "sparse_categorical_crossentropy"
# Eagerly: quick to compile.
plain.compile(keras.optimizers.Adam(1e-3), loss, run_eagerly=True)
names = [stage.name for stage in ft.stages(plain)]
sums = [[checksum(stage) for stage in ft.stages(plain)]]
for last in range(len(names)):  # 0: the head alone
    ft.unfreeze(plain, last=last)
    plain.fit(images, labels, batch_size=len(images), verbose=0)  # one update is enough
    sums.append([checksum(stage) for stage in ft.stages(plain)])
# %%
rounds = ["at the start", "head", *(f"last {last}" for last in range(1, len(names)))]
print(f"{'':<14}" + "".join(f"{name:<10}" for name in names))
for name, row in zip(rounds, sums):
    print(f"{name:<14}" + "".join(f"{value:<10}" for value in row))

ft.reveal("07.p1", [row[0] != sums[0][0] for row in sums].index(True))

for place, column in enumerate(zip(*sums)):
    turn = len(names) - 1 - place  # rounds before the stage is opened
    assert (
        len(set(column[: turn + 1])) == 1
        and len(set(column[turn:])) == len(column) - turn
    )
# %% [markdown] lang="en"
# Read a column from top to bottom: the checksum stays the same, bit for bit, until the turn of its stage comes, and changes in
# every round from then on. `stage1` moves in the last round only.
# %% [markdown] lang="ko"
# 열을 위에서 아래로 읽어 보세요. 차례가 오기 전까지 체크섬은 비트 하나까지 그대로이고, 그때부터는 회차마다 바뀝니다. `stage1`은 마지막 회차에만
# 움직입니다.
# %% [markdown] lang="en"
# ## The same as a list of phases
#
# In `ftlib` gradual unfreezing is a strategy, and a strategy is data. `"gradual"` has two entries; the second stands for one
# phase per stage. For our backbone it unrolls into these:
# %% [markdown] lang="ko"
# ## 학습 단계의 목록으로
#
# `ftlib`에서는 점진적 동결 해제도 전략이고, 전략은 데이터입니다. `"gradual"`에는 항목이 두 개 있는데, 두 번째 항목이 스테이지마다 하나씩인 학습
# 단계(phase)를 대신합니다. 우리 백본에 맞추어 펼치면 다음과 같습니다.
# %%
recipe = ft.strategy("gradual")
print(recipe, recipe.unrolled(names), sep="\n\n")
# %% [markdown] lang="en"
# Now a run with all {{track.updates}} updates. The head gets a third of them, as in LP-FT; what is left is divided among the
# stages.
#
# **Predict.** How does the number of trainable weights grow: evenly, slowly at first, or with one large step?
# %% [markdown] lang="ko"
# 이제 업데이트 {{track.updates}}번을 모두 써서 학습해 봅시다. LP-FT처럼 헤드가 3분의 1을 쓰고, 나머지는 스테이지끼리 나눕니다.
#
# **예측해 보세요.** 학습되는 가중치의 수는 고르게 늘어날까요, 처음에는 천천히 늘어날까요, 아니면 한 번에 크게 뛸까요?
# %%
gradual = ft.fit(model, task, "gradual", updates=track.updates, seed=0, verbose=False)
counts = [phase["trainable"] for phase in gradual.phases]
for phase, count in zip(gradual.phases, counts):
    print(
        f"{phase['name']:<8}{phase['updates_done']:>4} updates {count:>9,} weights "
        "train"
    )
assert counts == sorted(set(counts))
# %% [markdown] lang="en"
# One large step: the last stage alone holds {{100 * (counts[1] - counts[0]) / counts[-1]:.0f}} % of what trains in the end. So
# the early stages, which open last, add few weights. The run has checked by itself what we checked by hand:
# %% [markdown] lang="ko"
# 한 번에 크게 뜁니다. 마지막에 학습되는 가중치 중 {{100 * (counts[1] - counts[0]) / counts[-1]:.0f}}%가 마지막 스테이지 하나에 있습니다. 나중에 열리는 앞쪽
# 스테이지는 가중치를 조금만 보탭니다. 앞에서 손으로 확인한 것을 이번에는 실행이 스스로 확인했습니다.
# %%
for proof in gradual.proofs:
    if "frozen weights" in proof.name or "more trains" in proof.name:
        print(proof)
assert all(proof.holds for proof in gradual.proofs)
# %% [markdown] lang="en"
# ## What is left of the letters
#
# In lesson 06 we put the tuned backbone back under its old head by hand. `ft.forgetting` does it in one call. It also gives the
# *drift* of each stage: how far its features have moved from where they were, in parts of their size. (What the similarity, CKA,
# says, lesson 09 explains.)
#
# **Predict.** Which stage's features drift farthest, the one at the input or the last?
# %% [markdown] lang="ko"
# ## 글자는 얼마나 남았을까요?
#
# 6강에서는 미세 조정한 백본에 사전 학습 때의 헤드를 직접 다시 얹었습니다. `ft.forgetting`은 이 일을 한 번에 해 줍니다. 스테이지마다 특징이 출발점에서 얼마나
# 달라졌는지, 즉 *특징 변화량*(drift)도 원래 크기에 대한 비율로 알려 줍니다. (함께 나오는 유사도 CKA는 9강에서 설명합니다.)
#
# **예측해 보세요.** 특징 변화량이 가장 큰 것은 입력 쪽 스테이지일까요, 마지막 스테이지일까요?
# %%
letters = track.source_task
kept = letters and ft.forgetting(gradual, letters, examples=1172)
print(kept or "The photo track has no source task: ImageNet is not at hand.")
if kept:
    drift = [row["drift"] for row in kept.drift]
    assert drift == sorted(drift)
# %% [markdown] lang="en"
# The last. It has trained longest here, and it also receives what has changed before it: this run cannot tell the two apart. (Drift is
# about features; how far the *weights* went is another question, which comes below.) And one run is an anecdote. The record holds five
# seeds of every method in this lesson, at four rates, always with 300 updates. Our live run has to lie among its five.
# %% [markdown] lang="ko"
# 마지막 스테이지입니다. 여기서는 가장 오래 학습했고, 앞에서 달라진 것도 넘겨받습니다. 이 실행만으로는 둘 중 무엇 때문인지 알 수 없습니다. (특징 변화량은 특징에 대한 것입니다. *가중치*가 얼마나
# 움직였는지는 다른 문제이고, 아래에서 묻습니다.) 게다가 한 번 돌린 결과는 우연일 수 있습니다. 이 수업에 나오는 방법마다
# 학습률 네 가지, 시드 다섯 개로 업데이트를 300번씩 돌려 둔 기록이 있습니다. 방금 직접 돌린 결과도 그 다섯 개 사이에 들어야 합니다.
# %%
study = track.recorded("gradual")
NEW, OLD = "val_accuracy", "source_accuracy"  # on the new task, and on the letters

def recorded(task, method, rate, score):
    """What the recorded seeds scored."""
    cell = (task, method, rate)
    rows = [r for r in study.rows if (r["task"], r["method"], r["rate"]) == cell]
    return np.array([r[score] for r in rows])

def span(*cell):
    """Mean, lowest and highest over the seeds."""
    return [float(f(recorded(*cell))) for f in (np.mean, np.min, np.max)]

live_scores = {NEW: gradual.val_accuracy, OLD: kept.after} if kept else {}
for score, live in live_scores.items():
    _, low, high = span("digits", "gradual", 3e-4, score)
    between = f"{100 * low:.1f} to {100 * high:.1f} %"
    print(f"{score:<16} live {100 * live:.1f} %, recorded {between}")
    assert low - 0.02 <= live <= high + 0.02
# %% [markdown] lang="en"
# Now the same question for the ways of lesson 06: everything at once (`full`), and head first, then everything (`lp_ft`). Same
# updates, same rate of 3e-4.
#
# **Predict.** Put the three in order: who keeps the most letters?
# %% [markdown] lang="ko"
# 6강의 방법에도 같은 것을 물어봅시다. 하나는 처음부터 전체를 학습하고(`full`), 하나는 헤드를 먼저 학습한 뒤 전체를 학습합니다(`lp_ft`). 업데이트 횟수도,
# 학습률 3e-4도 같습니다.
#
# **예측해 보세요.** 셋을 차례로 늘어놓아 보세요. 글자를 가장 많이 지키는 것은 무엇일까요?
# %%
ways = {
    "backbone frozen": ("frozen", 0.0),
    "full: all at once": ("full", 3e-4),
    "lp_ft: head, then all": ("lp_ft", 3e-4),
    "gradual: head, then stage by stage": ("gradual", 3e-4),
}
# %%
fig = plots.bars(
    {name: span("digits", *cell, OLD) for name, cell in ways.items()},
    "With the head first, most letters stay; opening stage by stage adds nothing",
    "Letters still read (lines: worst to best of five seeds)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars: of the letters that a frozen backbone reads, most are left after "
    "LP-FT and after gradual unfreezing, which are level; after tuning all at "
    "once only a third.",
)
at_once, lp_ft, opened = (
    recorded("digits", m, 3e-4, OLD) for m in ("full", "lp_ft", "gradual")
)
assert (
    at_once.max() < lp_ft.min() - 0.3 and abs(lp_ft.mean() - opened.mean()) < 0.03
)
# %% [markdown] lang="en"
# All at once leaves {{100 * span("digits", "full", 3e-4, OLD)[0]:.0f}} % of the letters, head first
# {{100 * span("digits", "lp_ft", 3e-4, OLD)[0]:.0f}} %, stage by stage
# {{100 * span("digits", "gradual", 3e-4, OLD)[0]:.0f}} %. Gradual unfreezing was proposed against the forgetting that
# comes from opening everything at once. Against that it helps; but so does training the head first, and that alone is enough here.
# %% [markdown] lang="ko"
# 글자를 읽는 비율은 한꺼번에 열면 {{100 * span("digits", "full", 3e-4, OLD)[0]:.0f}}%, 헤드를 먼저 학습하면
# {{100 * span("digits", "lp_ft", 3e-4, OLD)[0]:.0f}}%, 스테이지를 하나씩 열면 {{100 * span("digits", "gradual", 3e-4, OLD)[0]:.0f}}%입니다.
# 점진적 동결 해제는 한꺼번에 열 때 생기는 망각을 막으려고 나온 방법입니다. 그런 망각은 확실히 막아 줍니다. 하지만 헤드를 먼저 학습해도 막을 수 있고, 여기서는
# 그것만으로 충분합니다.
# %% [markdown] lang="en"
# ## Slower toward the input
#
# Opening late is one way to spare the early stages. Another is to open everything and let the rate fall from stage to stage.
# It is known as *layer-wise learning-rate decay*, or as *discriminative learning rates* (Howard and Ruder, 2018). `decay=0.5`
# halves the rate with every step toward the input; the head keeps the full rate. In a strategy this is one field of a phase.
# %% [markdown] lang="ko"
# ## 입력 쪽일수록 느리게
#
# 늦게 여는 것만이 앞쪽 스테이지를 아끼는 방법은 아닙니다. 모두 열어 두고, 입력 쪽 스테이지일수록 학습률을 낮게 줄 수도 있습니다. 이것을 *층별 학습률 감쇠*(layer-wise
# learning-rate decay) 또는 *차등 학습률*(discriminative learning rates; Howard와 Ruder, 2018)이라고 합니다. 시간이 지나며 줄어드는 것이 아니라 층에 따라 다른
# 것입니다. `decay=0.5`이면 입력 쪽으로 한 칸 갈 때마다 절반이 되고, 헤드는 학습률을 그대로 씁니다. 전략에서는 학습 단계의 필드 하나입니다.
# %%
def falling(decay, rate=3e-4):
    """LP-FT whose second phase has rates that fall by `decay` from stage to stage."""
    recipe = ft.strategy("lp_ft")
    head, everything = recipe.phases
    everything = dataclasses.replace(everything, decay=decay, rate=rate)
    return dataclasses.replace(recipe, phases=(head, everything))

print(falling(0.5))
# %% [markdown] lang="en"
# ### Exercise 1: both at once
#
# Take `"gradual"` and replace its second phase by one with `decay=0.5`: a strategy that opens stage by stage, and in which the
# rates fall by 0.5 from stage to stage as well.
# %% [markdown] lang="ko"
# ### 연습 1: 두 가지를 함께
#
# `"gradual"`처럼 스테이지를 하나씩 열면서, 학습률도 입력 쪽으로 한 스테이지 갈 때마다 0.5배로 낮아지는 전략을 만들어 보세요. `"gradual"`의 두 번째 학습 단계에 `decay=0.5`를 주면 됩니다.
# %% tags=["exercise"]
my_strategy = ...
# Stuck? ft.hint("07.1"), then ft.solution("07.1")
ft.check("07.1", my_strategy)
# %% [markdown] lang="en"
# Keras optimizers have one rate. `ft.layerwise` makes one that looks up the stage of each weight and scales the step; schedules
# and callbacks work as before. `ft.fit` uses it where a phase has a decay.
# %% [markdown] lang="ko"
# Keras 옵티마이저에는 학습률이 하나뿐입니다. `ft.layerwise`는 가중치마다 어느 스테이지인지 찾아 걸음의 크기를 조절하는 옵티마이저를 만듭니다. 스케줄과 콜백은
# 그대로 쓸 수 있습니다. 학습 단계에 `decay`가 있으면 `ft.fit`도 이것을 씁니다.
# %%
optimizer = ft.layerwise(keras.optimizers.Adam(1e-3), plain, decay=0.5)
print(optimizer.stage_rates)

plain.compile(optimizer, loss)
with ft.prove(plain) as proof:
    plain.fit(images, labels, batch_size=25, verbose=0)
print(proof.results[-2])
# %% [markdown] lang="en"
# ### Exercise 2: compute the rates
#
# Write the function behind that dict. It gets the names of the stages from the input to the head, the rate of the head, and the
# decay.
# %% [markdown] lang="ko"
# ### 연습 2: 학습률 계산하기
#
# 위의 딕셔너리를 만드는 함수를 직접 작성해 보세요. 입력에서 헤드까지 차례로 놓인 스테이지 이름, 헤드의 학습률, `decay`를 받습니다.
# %% tags=["exercise"]
def stage_rates(names, rate, decay):
    return ...

# Stuck? ft.hint("07.2"), then ft.solution("07.2")
ft.check("07.2", stage_rates)
# %% [markdown] lang="en"
# How far does each stage really go? We take the distance of its kernels from their start, as a root mean square: roughly the way
# of a single weight. First for our live run, which has to fit the record once more.
#
# **Predict.** With one rate for all stages, which goes farthest? And with `decay=0.5`?
# %% [markdown] lang="ko"
# 스테이지는 실제로 얼마나 움직일까요? 커널이 출발점에서 얼마나 멀어졌는지 제곱평균제곱근(root mean square)으로 잽니다. 가중치 하나가 움직인 거리쯤으로 보면
# 됩니다. 먼저 직접 돌린 실행을 재서 기록과 다시 맞춰 봅시다.
#
# **예측해 보세요.** 모든 스테이지의 학습률이 같으면 어느 스테이지가 가장 멀리 갈까요? `decay=0.5`이면 어떨까요?
# %%
def kernels(stage):
    return np.concatenate(
        [np.ravel(w) for x in stage.layers for w in x.weights if w.ndim > 1]
    )

def moved(run):
    """How far the kernels of each stage of the backbone went, as a root mean square."""
    # Without the head.
    pairs = list(zip(ft.stages(run.start), ft.stages(run.model)))[:-1]
    return [float(np.sqrt(np.mean((kernels(b) - kernels(a)) ** 2))) for a, b in pairs]

print([f"{way:.4f}" for way in moved(gradual)])
by_seed = recorded("digits", "gradual", 3e-4, "moved")  # a row for each seed
assert track.name == "photo" or (
    (0.9 * by_seed.min(axis=0) <= moved(gradual)).all()
    and (moved(gradual) <= 1.1 * by_seed.max(axis=0)).all()
)
# %%
methods = {"one rate (lp_ft)": "lp_ft", "gradual": "gradual", "decay 0.5": "decay 0.5"}
way = {
    name: recorded("digits", method, 3e-4, "moved")
    for name, method in methods.items()
}
fig = plots.lines(
    {
        name: ((1, 2, 3), w.mean(axis=0), w.min(axis=0), w.max(axis=0))
        for name, w in way.items()
    },
    "Stage of the backbone (1: at the input)",
    "Distance a weight moved (bars: five seeds)",
    "With one rate the input moves most; both cures turn that round",
)
ft.show(
    fig,
    alt="How far a weight of each stage moved. With one rate the first stage went "
    "farthest; with gradual unfreezing and with falling rates the last one did.",
)
assert (way["one rate (lp_ft)"][:, 0] > way["one rate (lp_ft)"][:, 2]).all()
assert all(
    (way[name][:, 0] < way[name][:, 2]).all() for name in ("gradual", "decay 0.5")
)
# %% [markdown] lang="en"
# Adam takes steps of about the size of the rate, however small the gradient. So one rate spares nobody. Why the first stage goes
# farthest, we have not tested. Gradual unfreezing gives the first stage the least time; `decay=0.5` gives it the shortest steps. What is that worth?
# %% [markdown] lang="ko"
# Adam은 기울기가 아무리 작아도 학습률만 한 걸음을 내딛습니다. 그래서 학습률이 하나면 어느 스테이지도 아끼지 못합니다. 첫 스테이지가 왜 가장 멀리 가는지는 확인해 보지 않았습니다. 점진적
# 동결 해제는 첫 스테이지에 시간을 가장 적게 주고, `decay=0.5`는 걸음을 가장 짧게 합니다. 그만한 가치가 있을까요?
# %% [markdown] lang="en"
# ## When the rate is too high
#
# At 3e-4 all goes well. Suppose that nobody had told us, and we had taken three, ten or thirty times as much. Letters show what
# it does to the backbone.
#
# **Predict.** Which of the three keeps the most letters at 3e-3? Which the fewest?
# %% [markdown] lang="ko"
# ## 학습률이 너무 높을 때
#
# 3e-4에서는 별일이 없습니다. 그런데 이 값을 아무도 알려 주지 않아서 세 배, 열 배, 서른 배로 잡았다고 해 봅시다. 백본이 어떻게 되는지는 글자가 보여 줍니다.
#
# **예측해 보세요.** 3e-3에서 글자를 가장 많이 지키는 것은 셋 중 무엇일까요? 가장 적게 지키는 것은 무엇일까요?
# %%
rates = (3e-4, 1e-3, 3e-3, 1e-2)
fig = plots.lines(
    {
        name: (rates, *zip(*[span("digits", method, rate, OLD) for rate in rates]))
        for name, method in methods.items()
    },
    "Learning rate (of the head, where rates fall)",
    "Letters still read (bars: five seeds)",
    "Falling rates forgive; gradual unfreezing does not",
    log_x=True,
    percent=True,
)
ft.show(
    fig,
    alt="Letters still read against the learning rate. All three fall; falling "
    "rates keep the most throughout, gradual unfreezing the fewest from 0.001 on.",
)
# %%
def trio(rate, score=OLD):
    return [
        recorded("digits", method, rate, score)
        for method in ("decay 0.5", "lp_ft", "gradual")
    ]

assert all(trio(rate)[0].mean() > trio(rate)[1].mean() for rate in rates)
for fell, one, opened in (trio(1e-3), trio(3e-3)):
    assert opened.max() < min(one.min(), fell.min())
assert fell.min() > one.max() + 0.1  # at 3e-3
fell, one, opened = (way[:, -1] for way in trio(3e-3, "moved"))  # of the last stage
assert (fell < one).all() and (one < opened).all()
least = min(
    span("digits", m, rate, NEW)[0] for m in methods.values() for rate in rates
)
print(f"the lowest mean on digits, over all methods and rates: {100 * least:.1f} %")
assert least > 0.96
# %% [markdown] lang="en"
# At 3e-3 one rate leaves {{100 * span("digits", "lp_ft", 3e-3, OLD)[0]:.0f}} % of the letters, falling rates leave
# {{100 * span("digits", "decay 0.5", 3e-3, OLD)[0]:.0f}} %: a safety belt. Gradual unfreezing leaves only
# {{100 * span("digits", "gradual", 3e-3, OLD)[0]:.0f}} %: its last stage opens first, goes farthest of all, and letters are
# read from that stage. The digits hardly notice: every mean is at least {{100 * least:.1f}} %.
# %% [markdown] lang="ko"
# 3e-3에서 남는 글자는 학습률이 하나일 때 {{100 * span("digits", "lp_ft", 3e-3, OLD)[0]:.0f}}%, 층별로 낮아지는 학습률을 쓸 때
# {{100 * span("digits", "decay 0.5", 3e-3, OLD)[0]:.0f}}%입니다. 안전띠인 셈입니다. 점진적 동결 해제로는
# {{100 * span("digits", "gradual", 3e-3, OLD)[0]:.0f}}%만 남습니다. 가장 먼저 열리는 마지막 스테이지가 다른 방법에서보다 더 멀리 가는데, 글자는 바로 그
# 스테이지에서 읽기 때문입니다. 숫자만 보아서는 거의 모릅니다. 평균은 어느 경우에나 {{100 * least:.1f}}% 이상입니다.
# %% [markdown] lang="en"
# ## A test for the rate
#
# So the rate is what matters. The range test (Smith, 2017) looks for it in one short run: a copy trains while the rate grows with
# every update, from tiny to huge. Where the loss is lowest, it is about to rise. `ft.find_lr` suggests a tenth of that rate.
#
# **Predict.** A run with huge rates wrecks a network. What will be left of our model after it?
# %% [markdown] lang="ko"
# ## 학습률을 찾는 테스트
#
# 결국 중요한 것은 학습률입니다. 학습률 범위 테스트(range test; Smith, 2017)는 짧게 한 번 돌려서 학습률을 찾습니다. 모델의 복사본을 학습하면서, 업데이트마다 학습률을
# 아주 작은 값에서 아주 큰 값까지 키웁니다. 손실이 가장 낮은 곳은 곧 오르기 시작할 곳입니다. `ft.find_lr`는 그 학습률의 10분의 1을 권합니다.
#
# **예측해 보세요.** 학습률이 그렇게 커지면 신경망은 망가집니다. 테스트가 끝나면 우리 모델은 어떻게 되어 있을까요?
# %%
weights, numbers = model.get_weights(), np.random.get_state()[1].copy()
search = ft.find_lr(model, task, updates=max(20, track.updates // 3))
print(search)
assert all(
    np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True)
)
assert np.array_equal(numbers, np.random.get_state()[1])
ft.show(
    search.plot(),
    alt="Training loss against the learning rate: it falls, and rises steeply "
    "at the end; a ring marks the suggestion, a tenth of the lowest point.",
)
# %% [markdown] lang="en"
# Nothing has changed, bit for bit: the search ran on a copy, and put back even the random numbers. Is its suggestion any good?
# Lesson 06 recorded five rates with five seeds each; we look at the one next to it.
# %% [markdown] lang="ko"
# 그림의 고리가 권한 학습률입니다. 세로축은 매끄럽게 한 학습 손실입니다. 모델은 비트 하나까지 그대로입니다. 테스트는 복사본으로 했고, 난수의 상태까지 되돌려 놓았습니다. 그런데 권해 준 값은 쓸 만할까요? 6강에는 학습률 다섯 가지를 시드
# 다섯 개씩으로 돌린 기록이 있습니다. 그중 가장 가까운 것을 찾아봅시다.
# %%
tuning = track.recorded("fine-tuning")

def of_lesson_06(rate, score):
    return np.mean([r[score] for r in tuning.rows if r["strategy"] == f"rate {rate:g}"])

swept = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
near = min(swept, key=lambda rate: abs(np.log(rate / search.suggestion)))
for rate in swept:
    new, old = (100 * of_lesson_06(rate, score) for score in (NEW, OLD))
    mark = "  <- next to the suggestion" if rate == near else ""
    print(f"rate {rate:<7g} digits {new:5.1f} %   letters {old:5.1f} %{mark}")
highest = max(of_lesson_06(rate, NEW) for rate in swept)
assert track.name == "photo" or of_lesson_06(near, NEW) > highest - 0.01
# %% [markdown] lang="en"
# For digits it is a good choice: {{100 * of_lesson_06(near, NEW):.1f}} %, no recorded rate is better by a point. But
# at a tenth of that rate {{100 * of_lesson_06(near / 10, OLD):.0f}} % of the letters are read instead of
# {{100 * of_lesson_06(near, OLD):.0f}} %. The search sees the training loss of the new task, and nothing else.
# %% [markdown] lang="ko"
# 숫자에는 좋은 선택입니다. 정확도가 {{100 * of_lesson_06(near, NEW):.1f}}%이고, 이보다 1%p 넘게 나은 학습률은 기록에 없습니다. 그러나 학습률을 그
# 10분의 1로 하면 글자를 {{100 * of_lesson_06(near, OLD):.0f}}%가 아니라 {{100 * of_lesson_06(near / 10, OLD):.0f}}% 읽습니다. 이 테스트는
# 새 태스크의 학습 손실만 볼 뿐, 다른 것은 보지 못합니다.
# %% [markdown] lang="en"
# ### Exercise 3: read a search
#
# Write the rule behind the suggestion. You get the rates and the loss after each update. Single losses jump about, so smooth them
# first, for example by the mean of the last ten. Return a tenth of the rate at which the smoothed loss is lowest.
# %% [markdown] lang="ko"
# ### 연습 3: 결과에서 학습률 고르기
#
# 학습률을 권하는 규칙을 직접 작성해 보세요. 학습률과, 업데이트마다 잰 손실을 받습니다. 손실 하나하나는 들쭉날쭉하니 먼저 매끄럽게 합니다. 이를테면 최근 열 개의
# 평균을 쓰면 됩니다. 매끄럽게 한 손실이 가장 낮은 곳을 찾아, 그 학습률의 10분의 1을 돌려주세요.
# %% tags=["exercise"]
def suggest(rates, losses):
    return ...

# Stuck? ft.hint("07.3"), then ft.solution("07.3")
ft.check("07.3", suggest)
# %% [markdown] lang="en"
# Digits forgive much. A harder trial: the textures of lesson 06, which have no strokes in them.
#
# **Predict.** Will the search suggest more for this far task, or less? And which rate is really best?
# %% [markdown] lang="ko"
# 숫자에서는 웬만한 학습률이면 다 잘됩니다. 더 어려운 문제로 해 봅시다. 6강에서 본, 획이 전혀 없는 질감 데이터입니다.
#
# **예측해 보세요.** 이렇게 먼 태스크에는 더 큰 학습률을 권할까요, 더 작은 학습률을 권할까요? 실제로 가장 좋은 학습률은 얼마일까요?
# %%
far = ft.load_task("textures", labels_per_class=10, seed=0)
fresh = ft.classifier(track.backbone, far.num_classes)
far_search = ft.find_lr(fresh, far, updates=max(20, track.updates // 3))
print(f"suggested rate {far_search.suggestion:.1e}")
close = min(rates, key=lambda rate: abs(np.log(rate / far_search.suggestion)))
tried = {rate: span("textures", "lp_ft", rate, NEW)[0] for rate in rates}
for rate, accuracy in tried.items():
    print(f"rate {rate:<7g} textures {100 * accuracy:5.1f} %")
best = max(tried, key=tried.get)
assert track.name == "photo" or (
    best > 3 * far_search.suggestion and tried[best] > tried[close] + 0.05
)
# %% [markdown] lang="en"
# The best recorded rate is {{best / far_search.suggestion:.0f}} times the suggestion, and worth
# {{100 * (tried[best] - tried[close]):.0f}} points more than the recorded rate next to it. The test knows how high a rate may be before the loss explodes, not how far
# the network has to go. Take its suggestion as the place where a sweep begins.
# %% [markdown] lang="ko"
# 기록에서 가장 좋은 학습률은 권한 값의 {{best / far_search.suggestion:.0f}}배이고, 권한 값에 가장 가까운 학습률보다 정확도가 {{100 * (tried[best] - tried[close]):.0f}}%p 높습니다. 이 테스트는
# 학습률을 어디까지 올려도 손실이 치솟지 않는지 알려 줄 뿐, 신경망이 얼마나 멀리 가야 하는지는 모릅니다. 권한 값을 출발점으로 삼아 여러 학습률을 시험해 보세요.
# %% [markdown] lang="en"
# ## Four ways on equal terms
#
# Now a fair contest: everything at once, head first, stage by stage, and falling rates. Each has 300 updates and the same four
# rates to try, and validation chooses its rate, by the mean of five seeds. (To choose such a value on validation data is called
# *hyperparameter tuning*.)
#
# **Predict.** On digits, how far apart will the best and the worst be? And on textures?
# %% [markdown] lang="ko"
# ## 같은 조건에서 네 가지 방법
#
# 이제 공정하게 비교해 봅시다. 한꺼번에 열기, 헤드 먼저, 스테이지 하나씩, 층별로 낮아지는 학습률, 이렇게 네 가지입니다. 모두 업데이트는 300번이고 학습률도 똑같이 네 가지를
# 시험하며, 어느 학습률을 쓸지는 시드 다섯 개의 평균 검증 정확도로 고릅니다. (검증 데이터로 이런 값을 고르는 일을 *하이퍼파라미터 튜닝*이라고 합니다.)
#
# **예측해 보세요.** 숫자에서는 가장 나은 방법과 가장 못한 방법이 얼마나 벌어질까요? 질감에서는 어떨까요?
# %% tags=["exercise"]
ft.guess("07.p2", ...)  # digits, in points: from 50 % to 60 % is 10 points
# %% tags=["exercise"]
ft.guess("07.p3", ...)  # textures, in points
# %%
four, chosen = ("full", "lp_ft", "gradual", "decay 0.5"), {}
for name in ("digits", "textures"):
    for method in four:
        rate = max(rates, key=lambda r: round(span(name, method, r, NEW)[0], 6))
        chosen[name, method] = rate
        new, old = (100 * span(name, method, rate, score)[0] for score in (NEW, OLD))
        print(
            f"{name:<10}{method:<11}rate {rate:<8g}validation {new:.1f} %   letters "
            f"{old:4.1f} %"
        )
winner = {key: span(*key, rate, NEW)[0] for key, rate in chosen.items()}
gap = {
    name: np.ptp([winner[name, m] for m in four]) for name in ("digits", "textures")
}
print(ft.reveal("07.p2", gap["digits"]))
print(ft.reveal("07.p3", gap["textures"]))
assert gap["digits"] < 0.015 and gap["textures"] > 0.05
# %% [markdown] lang="en"
# On digits all four lie within {{100 * gap["digits"]:.1f}} points: no reason to prefer one, except for the letters. On textures they
# are {{100 * gap["textures"]:.0f}} points apart. To see why, we draw every rate of every way: to the right textures, upwards the letters.
# %% [markdown] lang="ko"
# 숫자에서는 넷이 모두 {{100 * gap["digits"]:.1f}}%p 안에 있습니다. 글자를 빼면 어느 하나를 더 좋다고 할 이유가 없습니다. 질감에서는
# {{100 * gap["textures"]:.0f}}%p나 벌어집니다. 왜 그런지 보려고 방법마다 네 학습률을 모두 그려 봅니다. 오른쪽으로 갈수록 질감을 더 맞히고, 위로 갈수록 글자가 더 남습니다.
# %%
def path(method):
    """Where each rate leads, as far as 3e-3 and as the rate that validation chose."""
    points = []
    for rate in (r for r in rates if r <= max(3e-3, chosen["textures", method])):
        new, old = (span("textures", method, rate, score) for score in (NEW, OLD))
        points.append(
            {"x": new, "y": old, "label": f"{rate:g}" if method == "lp_ft" else ""}
        )
    return points

paths = {method: path(method) for method in four}
fig = plots.trade_off(
    paths,
    "Textures (validation accuracy; bars: five seeds)",
    "Letters still read",
    "Down the same slope, until gradual unfreezing drops off it",
)
ft.show(
    fig,
    alt="Letters still read against accuracy on textures, a path of growing "
    "rates for each way. LP-FT, falling rates and gradual unfreezing go down "
    "together, then gradual unfreezing falls steeply; full has hardly a letter "
    "left at any rate.",
)
# %%
def textures_at(method, letters_left):
    """The textures read where a path crosses this height."""
    new, old = (np.array([point[axis][0] for point in paths[method]]) for axis in "xy")
    return float(np.interp(-letters_left, -old, new))

half, fifth = (
    [textures_at(m, at) for m in ("lp_ft", "decay 0.5", "gradual")]
    for at in (0.5, 0.2)
)
for left, scores in (("half", half), ("a fifth", fifth)):
    text = "   ".join(f"{100 * score:.1f} %" for score in scores)
    print(f"{left + ' of the letters left':<30}lp_ft, decay 0.5, gradual: {text}")
ends = {method: winner["textures", method] for method in four}
opened = ends.pop("gradual")
assert np.ptp(half) < 0.02 and fifth[0] > fifth[2] + 0.03
assert np.ptp(list(ends.values())) < 0.04 and min(ends.values()) > opened + 0.03
assert all(path[-1]["y"][0] < 0.15 for path in paths.values())
# %% [markdown] lang="en"
# With half of the letters left, the three that train the head first read about equally many textures, within
# {{100 * np.ptp(half):.1f}} points (read off the lines of the picture). With a fifth left, gradual unfreezing is {{100 * (fifth[0] - fifth[2]):.0f}} points behind LP-FT: it
# gives letters away and gets hardly a texture for them. The other three end within {{100 * np.ptp(list(ends.values())):.0f}} points of
# each other, with few letters left.
# %% [markdown] lang="ko"
# 글자가 절반 남은 곳에서는 헤드를 먼저 학습하는 세 방법의 질감 정확도가 {{100 * np.ptp(half):.1f}}%p 안에 모입니다(그림의 선에서 읽은 값입니다). 글자가 5분의 1 남은 곳에서는 점진적 동결 해제가
# LP-FT보다 {{100 * (fifth[0] - fifth[2]):.0f}}%p 뒤처집니다. 글자를 내주고도 질감은 거의 얻지 못합니다. 나머지 세 방법은 끝에서
# {{100 * np.ptp(list(ends.values())):.0f}}%p 안에 모이고, 글자는 얼마 남지 않습니다.
# %% [markdown] lang="en"
# Why does gradual unfreezing fall behind? A guess: the first stage opens last, so it moves too little for a task this far away. The
# record can test that: with `decay=0.5` at 1e-2 the first stage moves about as little as under gradual unfreezing at 3e-3.
#
# **Predict.** If the guess is right, how well will textures be read with those falling rates?
# %% [markdown] lang="ko"
# 점진적 동결 해제는 왜 뒤처질까요? 첫 스테이지를 마지막에 열어서, 이렇게 먼 태스크를 배울 만큼 움직이지 못했다고 짐작할 수 있습니다. 이 짐작은 기록으로 확인할 수 있습니다.
# 학습률 1e-2에 `decay=0.5`를 쓰면, 첫 스테이지가 움직이는 거리는 3e-3의 점진적 동결 해제와 비슷합니다.
#
# **예측해 보세요.** 짐작이 맞다면 그렇게 층별로 낮아지는 학습률로는 질감을 얼마나 맞힐까요?
# %% tags=["exercise"]
ft.guess("07.p4", ...)  # in percent
# %%
first, read = {}, {}
for method, rate in {"gradual": 3e-3, "decay 0.5": 1e-2}.items():
    first[method] = recorded("textures", method, rate, "moved")[:, 0].mean()
    read[method] = span("textures", method, rate, NEW)[0]
    print(
        f"{method:<11}first stage {first[method]:.4f}   textures "
        f"{100 * read[method]:.1f} %"
    )
assert first["decay 0.5"] < 1.2 * first["gradual"]
assert read["decay 0.5"] > read["gradual"] + 0.03
print(ft.reveal("07.p4", read["decay 0.5"]))
# %% [markdown] lang="en"
# The guess fails: as short a way, and {{100 * (read["decay 0.5"] - read["gradual"]):.0f}} points more. Another suspect is time. All
# stages train together for {{gradual.phases[-1]["updates_done"]}} of {{track.updates}} updates only; before that, late stages adapt to
# early ones that have yet to change. This lesson has not tested it. It takes one field, `share`, in three phases: what the last one
# gets, the two before it must give. Try it, and compare with `"gradual"` as it is, which reads
# {{100 * span("textures", "gradual", 3e-4, NEW)[0]:.0f}} % at this rate of 3e-4:
#
# ```python
# unrolled = ft.strategy("gradual").unrolled(names)
# shares = (1 / 3, 0.1, 0.1, 0.46)  # the head, then one, two and three stages
# phases = [
#     dataclasses.replace(phase, share=share)
#     for phase, share in zip(unrolled.phases, shares)
# ]
# longer = dataclasses.replace(unrolled, phases=tuple(phases))
# ft.fit(fresh, far, longer, updates=track.updates, seed=0)
# ```
# %% [markdown] lang="ko"
# 짐작은 틀렸습니다. 움직인 거리는 비슷한데 질감은 {{100 * (read["decay 0.5"] - read["gradual"]):.0f}}%p 더 맞힙니다. 다음으로 의심되는 것은 시간입니다. 모든
# 스테이지가 함께 학습하는 것은 업데이트 {{track.updates}}번 중 {{gradual.phases[-1]["updates_done"]}}번뿐이고, 그전까지 뒤쪽 스테이지는 앞으로 바뀔 앞쪽 스테이지에
# 맞추어 학습합니다. 여기서 확인해 보지는 않았습니다. 세 학습 단계의 `share` 필드만 바꾸면 됩니다. 마지막 단계가 더 받는 만큼 그 앞의 두 단계가 내놓아야 합니다. 직접 해 보고, 같은 학습률 3e-4에서
# {{100 * span("textures", "gradual", 3e-4, NEW)[0]:.0f}}%를 맞히는 원래의 `"gradual"`과 비교해 보세요.
#
# ```python
# unrolled = ft.strategy("gradual").unrolled(names)
# shares = (1 / 3, 0.1, 0.1, 0.46)  # 헤드, 그다음 스테이지 하나, 둘, 셋
# phases = [
#     dataclasses.replace(phase, share=share)
#     for phase, share in zip(unrolled.phases, shares)
# ]
# longer = dataclasses.replace(unrolled, phases=tuple(phases))
# ft.fit(fresh, far, longer, updates=track.updates, seed=0)
# ```
# %% [markdown] lang="en"
# One control is missing. With `decay=0.5` the stages of the backbone train at a half, a quarter and an eighth of the rate, so all
# of it is slower. Is it the falling that spares letters, or the slowness? The control is a *single* rate, about a third as high.
#
# **Predict.** Which of the two keeps more letters?
# %% [markdown] lang="ko"
# 대조군이 하나 빠졌습니다. `decay=0.5`이면 백본의 스테이지들은 학습률의 2분의 1, 4분의 1, 8분의 1로 학습하니, 백본 전체가 느려집니다. 글자를 지켜 준 것은 입력 쪽으로 갈수록
# 낮아진다는 점일까요, 그저 전체가 낮다는 점일까요? 대조군은 3분의 1쯤 되는 학습률 *하나*입니다.
#
# **예측해 보세요.** 둘 중 글자를 더 지키는 쪽은 어느 것일까요?
# %%
controls = {1e-3: 3e-4, 3e-3: 1e-3, 1e-2: 3e-3}  # where rates fall -> the single rate
for name in ("digits", "textures"):
    for rate, single in controls.items():
        falls = [span(name, "decay 0.5", rate, score)[0] for score in (NEW, OLD)]
        alone = [span(name, "lp_ft", single, score)[0] for score in (NEW, OLD)]
        for kind, at, (new, old) in (
            ("falls from", rate, falls),
            ("one rate of", single, alone),
        ):
            print(
                f"{name:<10}{kind:<12}{at:<8g}validation {new:.1%}   letters {old:.1%}"
            )
        assert abs(falls[0] - alone[0]) < 0.02 and alone[1] > falls[1]
# %% [markdown] lang="en"
# The new task is read equally well, and in all six pairs the single lower rate keeps more letters, not fewer. Rates that
# fall are, above all, *lower* rates. What they buy is room for error: the rate of the head may be too high, and the backbone
# still gets a modest one. If you know a good rate, one is enough.
# %% [markdown] lang="ko"
# 새 태스크의 정확도는 비슷하고, 글자는 여섯 쌍 모두 낮은 학습률 하나를 쓴 쪽에 더 많이 남았습니다. 층별로 낮아지는 학습률은 무엇보다도 *낮은* 학습률입니다. 덕분에 얻는
# 것은 여유입니다. 헤드의 학습률을 너무 높게 잡아도 백본에는 알맞은 값이 돌아갑니다. 좋은 학습률을 이미 안다면 하나로 충분합니다.
# %% [markdown] lang="en"
# ## The test set, once
#
# Validation has chosen a rate for every way. Now one look at the test images of those recorded runs, and beside them the two ends
# of the scale: the frozen backbone, and training from scratch.
#
# **Predict.** Which way is best on textures, and does it beat scratch?
# %% [markdown] lang="ko"
# ## 테스트 데이터는 한 번만
#
# 방법마다 학습률은 검증 데이터로 골랐습니다. 이제 그렇게 고른 실행의 테스트 이미지를 한 번만 봅니다. 양쪽 끝에 있는 두 가지, 동결한 백본과 처음부터 학습한
# 신경망도 나란히 놓습니다.
#
# **예측해 보세요.** 질감에서 가장 나은 방법은 무엇일까요? 처음부터 학습한 것보다 나을까요?
# %%
LESSON_06 = {"textures": track.recorded("textures"), "digits": track.recorded("digits")}

def lesson_06(name, strategy):
    """Test accuracy of a strategy in the record of lesson 06, over five seeds."""
    rows = [
        r
        for r in LESSON_06[name].rows
        if (r["strategy"], r["labels_per_class"]) == (strategy, 10)
    ]
    values = [r["test_accuracy"] for r in rows if r["seed"] < 5]
    return float(np.mean(values)), min(values), max(values)

def tested(name):
    """Test accuracy of the frozen backbone, of every way at its rate, and of
    scratch."""
    values = {"frozen": span(name, "frozen", 0.0, "test_accuracy")}
    for method in four:
        values[method] = span(name, method, chosen[name, method], "test_accuracy")
    return values | {"scratch": lesson_06(name, "scratch")}
# %%
near_test, far_test = tested("digits"), tested("textures")
fig = plots.bars(
    far_test,
    "Far from the source, opening stage by stage falls behind",
    "Test accuracy, textures (lines: worst to best of five seeds)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars for textures: the frozen backbone is lowest, gradual unfreezing "
    "next; LP-FT, falling rates, full and training from scratch are above them.",
)
above = [
    far_test[method][0] for method in ("full", "lp_ft", "decay 0.5", "scratch")
]
assert far_test["frozen"][0] < far_test["gradual"][0] < min(above) - 0.03
assert max(above) < far_test["scratch"][0] + 0.03
assert far_test["lp_ft"][0] > lesson_06("textures", "lp_ft")[0] + 0.02
# %%
for method, (mean, low, high) in near_test.items():
    seeds = f"({100 * low:.1f} to {100 * high:.1f} %)"
    print(f"{method:<11}digits, test {100 * mean:.1f} %   {seeds}")
moving = [near_test[method][0] for method in ("frozen", *four)]
assert np.ptp(moving) < 0.015 and min(moving) > near_test["scratch"][0]
print(
    f"this lesson's own run, gradual at 3e-4: test {100 * gradual.test_accuracy:.1f} %"
)
# %% [markdown] lang="en"
# On textures gradual unfreezing ends lowest of the four. LP-FT reads {{100 * far_test["lp_ft"][0]:.0f}} %, where lesson 06, which tried
# lower rates only, had {{100 * lesson_06("textures", "lp_ft")[0]:.0f}} %. Still nothing is clearly ahead of scratch, which never saw a
# letter. On digits all ways lie within {{100 * np.ptp(moving):.1f}} points, frozen included, and all are ahead of scratch.
# %% [markdown] lang="ko"
# 질감에서는 점진적 동결 해제가 넷 중 가장 낮습니다. LP-FT는 {{100 * far_test["lp_ft"][0]:.0f}}%를 맞힙니다. 더 낮은 학습률만 시험했던 6강에서는
# {{100 * lesson_06("textures", "lp_ft")[0]:.0f}}%였습니다. 그래도 글자를 본 적이 없는, 처음부터 학습한 신경망보다 뚜렷하게 나은 방법은 없습니다. 숫자에서는 동결한
# 백본까지 포함해 모든 방법이 {{100 * np.ptp(moving):.1f}}%p 안에 있고, 모두 처음부터 학습한 것보다 낫습니다.
# %% [markdown] lang="en"
# ## On photos
#
# Flowers, MobileNetV2 and its ImageNet weights once more: twenty photos of each kind, 120 updates, five draws. This backbone has
# five stages, so gradual unfreezing has five steps after the head. What is kept is told by clothes, as in lesson 06: how many pieces of clothing a
# linear head on the features names.
#
# **Predict.** At 3e-4 and at 1e-3: which of the four ways bears the higher rate, and which breaks?
# %% [markdown] lang="ko"
# ## 사진에서는
#
# 이번에도 꽃과 MobileNetV2, ImageNet의 가중치입니다. 종류마다 사진 스무 장, 업데이트 120번, 사진은 다섯 번 뽑았습니다. 이 백본은 스테이지가 다섯이므로, 점진적 동결 해제는 헤드 다음에 다섯 단계를 거칩니다. 무엇이 남았는지는
# 6강처럼 옷으로 알아봅니다. 특징 위에 얹은 선형 헤드가 옷의 종류를 얼마나 맞히는지입니다.
#
# **예측해 보세요.** 학습률이 3e-4와 1e-3일 때, 넷 중 높은 학습률을 견디는 방법은 무엇이고 무너지는 방법은 무엇일까요?
# %%
photos = track.recorded("photos")

def on_flowers(method, rate, score="test_accuracy"):
    """What the recorded draws of a method scored on flowers, in their order."""
    return photos.scores(score, method=f"{method} {rate:g}", labels=20)

for rate in (3e-4, 1e-3):
    for method in four:
        flowers = on_flowers(method, rate)
        clothes = on_flowers(method, rate, "clothes_read")
        print(
            f"rate {rate:<7g} flowers {flowers.mean():.1%} ({flowers.min():.0%} to "
            f"{flowers.max():.0%})   clothes {clothes.mean():.1%}   {method}"
        )
# %%
fig = plots.bars(
    {
        f"{method}, rate {rate:g}": (draws.mean(), draws.min(), draws.max())
        for method in four
        for rate in (3e-4, 1e-3)
        for draws in [on_flowers(method, rate)]
    },
    "Falling rates bear the higher rate, gradual unfreezing breaks",
    "Test accuracy, flowers (lines: worst to best of five draws)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars for flowers: at 3e-4 the four ways are level; at 1e-3 falling rates "
    "stay, full and LP-FT lose some, and gradual unfreezing is near chance.",
)
at_1e_3 = {method: on_flowers(method, 1e-3) for method in four}
at_3e_4 = [on_flowers(method, 3e-4).mean() for method in four]
assert np.ptp(at_3e_4) < 0.03 and sum(at_1e_3["gradual"] < 0.21) == 4
assert at_1e_3["decay 0.5"].mean() == max(draws.mean() for draws in at_1e_3.values())
assert at_1e_3["decay 0.5"].mean() > on_flowers("decay 0.5", 3e-4).mean() - 0.01
# %% [markdown] lang="en"
# As on digits and textures: at a good rate the four lie within {{100 * np.ptp(at_3e_4):.1f}} points, and falling rates forgive one that is too high,
# {{100 * at_1e_3["decay 0.5"].mean():.0f}} % at 1e-3. Gradual unfreezing does not: {{100 * at_1e_3["gradual"].mean():.0f}} %, in four of the five draws no better than chance. What
# breaks it was not tested.
# %% [markdown] lang="ko"
# 숫자, 질감과 같습니다. 학습률이 알맞으면 넷이 {{100 * np.ptp(at_3e_4):.1f}}%p 안에 있고, 층별로 낮아지는 학습률은 너무 높은 값도 견뎌서 1e-3에서 {{100 * at_1e_3["decay 0.5"].mean():.0f}}%입니다. 점진적 동결 해제는 견디지 못해
# {{100 * at_1e_3["gradual"].mean():.0f}}%이고, 다섯 번 중 네 번은 찍는 것과 다르지 않습니다. 무엇 때문인지는 확인하지 않았습니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# A rate of its own for each stage: `fit` has one optimizer, so one writes the step by hand, with an optimizer per
# stage. The stages are the groups of layers between the names below; the rate falls by half from one to the next. (The
# code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 스테이지마다 학습률을 따로 주려면, `fit`의 옵티마이저는 하나뿐이므로 스테이지마다 옵티마이저를 두고 업데이트를 직접 써야 합니다. 학습률은 헤드에서 입력 쪽으로 한 스테이지 내려갈 때마다 절반이 됩니다.
# (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
import tensorflow as tf

keras_model = ft.classifier(track.backbone, task.num_classes)
body = keras_model.get_layer("backbone")
for layer in body.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.trainable = False
groups = [  # from the input to the head
    [w for layer in stage.layers for w in layer.trainable_weights]
    for stage in ft.stages(keras_model)
]
group_rates = [1e-3 * 0.5 ** (len(groups) - 1 - place) for place in range(len(groups))]
optimizers = [keras.optimizers.Adam(rate) for rate in group_rates]
for optimizer, weights in zip(optimizers, groups):
    optimizer.build(weights)
loss_of = keras.losses.SparseCategoricalCrossentropy()
# %% tags=["folded"]
@tf.function
def update(x, y):
    with tf.GradientTape() as tape:
        value = loss_of(y, keras_model(x, training=True))
    gradients = tape.gradient(value, groups)
    for optimizer, slopes, weights in zip(optimizers, gradients, groups):
        optimizer.apply(slopes, weights)
    return value

order = np.random.default_rng(0)
for _ in range(20):  # epochs
    for rows in order.permutation(len(labels)).reshape(-1, 25):
        update(images[rows].astype("float32"), labels[rows])
held_out = fitted.validation.images[np.arange(len(fitted.validation))]
said = np.argmax(keras_model.predict(held_out, verbose=0), axis=1)
keras_accuracy = np.mean(said == fitted.validation.labels)
print("rates:", ", ".join(f"{rate:.3g}" for rate in group_rates))
print(f"plain Keras: validation accuracy {100 * keras_accuracy:.1f} %")
print(f"ft.fit:      validation accuracy {100 * gradual.val_accuracy:.1f} %")
assert keras_accuracy > 0.5
# %% [markdown] lang="en"
# {{100 * keras_accuracy:.1f}} % after 20 epochs with rates that fall, {{100 * gradual.val_accuracy:.1f}} % by
# `"gradual"` of `ft.fit`. Gradual unfreezing itself needs no new tool: in plain Keras it is a loop over `trainable =
# True`, `compile` and `fit`, as in the first cells of this lesson.
# %% [markdown] lang="ko"
# 층별로 낮아지는 학습률로 20에폭을 학습하면 {{100 * keras_accuracy:.1f}}%, `ft.fit`의 `"gradual"`로는
# {{100 * gradual.val_accuracy:.1f}}%입니다. 점진적 동결 해제에는 새 도구가 필요 없습니다. 순수 Keras에서는 이 수업 첫 부분처럼 `trainable = True`,
# `compile`, `fit`을 되풀이하면 됩니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 07.q1}}
# %% [markdown] lang="ko"
# {{quiz 07.q1}}
# %% tags=["exercise"]
ft.check("07.q1", ...)
# %% [markdown] lang="en"
# {{quiz 07.q2}}
# %% [markdown] lang="ko"
# {{quiz 07.q2}}
# %% tags=["exercise"]
ft.check("07.q2", ...)
# %% [markdown] lang="en"
# {{quiz 07.q3}}
# %% [markdown] lang="ko"
# {{quiz 07.q3}}
# %% tags=["exercise"]
ft.check("07.q3", ...)
# %% [markdown] lang="en"
# {{quiz 07.q4}}
# %% [markdown] lang="ko"
# {{quiz 07.q4}}
# %% tags=["exercise"]
ft.check("07.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Gradual unfreezing is a loop over `ft.unfreeze`, or one strategy. A checksum of each stage shows when it first moved.
# - At 3e-4 it leaves {{100 * span("digits", "gradual", 3e-4, OLD)[0]:.0f}} % of the letters, opening everything at
#   once {{100 * span("digits", "full", 3e-4, OLD)[0]:.0f}} %, LP-FT
#   {{100 * span("digits", "lp_ft", 3e-4, OLD)[0]:.0f}} %: the saving comes with the phase that trains the head first.
# - Rates that fall toward the input (layer-wise decay) forgive a rate that is too high: at 3e-3 they leave
#   {{100 * span("digits", "decay 0.5", 3e-3, OLD)[0]:.0f}} % of the letters, one rate
#   {{100 * span("digits", "lp_ft", 3e-3, OLD)[0]:.0f}} %. A single rate a third as high keeps even more.
# - A learning-rate search tells how high a rate may be before training breaks, not which is best. Begin a sweep there.
# - Compare ways at equal updates, each with the same rates to try. Near the source they hardly differ. Far from it gradual
#   unfreezing falls behind, and every way that learns the new task well gives the letters up.
# - So, by what was measured here: train the head first, then everything at one rate that validation has chosen. Let rates fall
#   where you cannot try several. Gradual unfreezing was never needed.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 점진적 동결 해제는 `ft.unfreeze`를 반복문으로 부르거나 전략 하나로 쓰면 됩니다. 스테이지가 언제 처음 움직였는지는 체크섬이 보여 줍니다.
# - 3e-4에서 남는 글자는 점진적 동결 해제 {{100 * span("digits", "gradual", 3e-4, OLD)[0]:.0f}}%, 한꺼번에 열기
#   {{100 * span("digits", "full", 3e-4, OLD)[0]:.0f}}%, LP-FT {{100 * span("digits", "lp_ft", 3e-4, OLD)[0]:.0f}}%입니다. 헤드를 먼저
#   학습하는 단계가 있으면 글자가 남습니다.
# - 층별로 낮아지는 학습률을 쓰면 학습률을 너무 높게 잡아도 피해가 덜합니다. 3e-3에서 글자가
#   {{100 * span("digits", "decay 0.5", 3e-3, OLD)[0]:.0f}}% 남고, 학습률이 하나면 {{100 * span("digits", "lp_ft", 3e-3, OLD)[0]:.0f}}%만
#   남습니다. 하지만 3분의 1로 낮춘 학습률 하나를 쓰면 그보다 더 남습니다.
# - 학습률 탐색기가 알려 주는 것은 학습이 무너지지 않는 한도이지, 가장 좋은 학습률이 아닙니다. 거기서부터 여러 값을 시험하세요.
# - 방법은 업데이트 횟수와 시험할 학습률을 똑같이 두고 비교합니다. 원천 태스크에 가까우면 거의 차이가 없습니다. 멀면 점진적 동결 해제가 뒤처지고, 새 태스크를 잘
#   배우는 방법은 모두 글자를 잃습니다.
# - 그러니 여기서 잰 바로는 이렇게 하면 됩니다. 헤드를 먼저 학습하고, 검증 데이터로 고른 학습률 하나로 전체를 학습합니다. 여러 값을 시험할 수 없으면 층별로 낮추는
#   학습률을 씁니다. 점진적 동결 해제가 꼭 필요한 경우는 없었습니다.
# %% [markdown] lang="en"
# ## Next
#
# Near the source every way was good enough. Far from it the careful one fell behind, and pre-training itself was of doubtful use.
# How do I know beforehand how near a task is? And what if there is one label per class, or fifty? Lesson 08 draws the map, size of
# the data against similarity, and takes from it a rule to choose by.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 원천 태스크에 가까울 때는 어느 방법이든 쓸 만했습니다. 멀 때는 조심스러운 방법이 뒤처졌고, 사전 학습이 도움이 되는지조차 의심스러웠습니다. 그런데 태스크가
# 가까운지 먼지 미리 알 수 있을까요? 레이블이 클래스당 하나뿐이거나 쉰 개라면 어떨까요? 8강에서는 데이터의 양과 유사도를 두 축으로 지도를 그리고, 거기서 전략을
# 고르는 규칙을 끌어냅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Howard and Ruder, 2018, [ULMFiT](https://arxiv.org/abs/1801.06146): gradual unfreezing and discriminative rates; Smith, 2017,
#   [the range test](https://arxiv.org/abs/1506.01186)
# - Keras: [learning-rate schedules](https://keras.io/api/optimizers/learning_rate_schedules/)
# - fast.ai, [chapter 5 of the book](https://github.com/fastai/fastbook/blob/master/05_pet_breeds.ipynb): the finder and
#   discriminative rates on photos of pets
# - Dive into Deep Learning: [learning-rate scheduling](https://d2l.ai/chapter_optimization/lr-scheduler.html)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Howard와 Ruder, 2018, [ULMFiT](https://arxiv.org/abs/1801.06146): 점진적 동결 해제와 차등 학습률. Smith, 2017,
#   [학습률 범위 테스트](https://arxiv.org/abs/1506.01186)
# - Keras: [학습률 스케줄](https://keras.io/api/optimizers/learning_rate_schedules/)
# - fast.ai 책 [5장](https://github.com/fastai/fastbook/blob/master/05_pet_breeds.ipynb): 반려동물 사진으로 해 보는 학습률 탐색과 차등 학습률
# - Dive into Deep Learning: [학습률 스케줄링](https://d2l.ai/chapter_optimization/lr-scheduler.html)
