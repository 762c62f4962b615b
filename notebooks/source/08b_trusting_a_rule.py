# %% [markdown] lang="en"
# # How far to trust a rule (extra)
#
# *This lesson is an extra: none of the later ones needs it.* Lesson 08 asked a rule which strategy to take. Here the rule itself is
# on trial: how often is it wrong, what does that cost, and what will it be worth on a task that nobody has tried it on?
#
# **Questions**
# - Which sign of nearness tells more: the gain, or the depth?
# - What does a wrong choice cost?
# - How can I know what a rule costs on a task that it has not seen?
#
# **You will**
# - check a sign against a habit that costs nothing
# - measure a choice by its regret, in points of accuracy
# - cross-validate a rule with whole tasks left out
# - write a rule of your own and have it tried on every recorded cell
#
# ⏱ {{minutes}} minutes · Needs: lesson 08 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 규칙을 어디까지 믿을까 (심화)
#
# *이 수업은 심화이고, 건너뛰어도 뒤의 수업에 지장이 없습니다.* 8강에서는 어떤 전략을 쓸지 규칙에 물어보았습니다. 이번에는 규칙을 시험합니다. 얼마나 자주 틀리고,
# 틀리면 얼마나 손해이며, 아무도 시험해 보지 않은 태스크에서는 얼마나 쓸모 있을까요?
#
# **질문**
# - 유사도의 단서 중 어느 쪽이 더 많은 것을 알려 줄까요? 이득일까요, 깊이일까요?
# - 잘못 고르면 얼마나 손해일까요?
# - 처음 보는 태스크에서 규칙이 얼마나 손해일지 어떻게 알 수 있을까요?
#
# **이 수업을 마치면**
# - 단서를, 아무것도 재지 않는 습관과 비교해 확인할 수 있습니다
# - 선택을 후회(regret)로, 곧 정확도 몇 %p를 잃었는지로 잴 수 있습니다
# - 태스크를 통째로 빼 두고 규칙을 교차 검증할 수 있습니다
# - 규칙을 직접 작성해 기록된 모든 칸에서 시험할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 8강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import numpy as np

import ftlib as ft
from ftlib import plots
from ftlib.course.transfer_record import TransferRecord, evidence_of
from ftlib.evidence.advisor import RULE, lead

track = ft.track("glyph")
record = TransferRecord(track.recorded("transfer")["rows"])
strategies = ("feature_extraction_long", "lp_ft", "scratch")
print(f"{record.run_count} recorded runs in {len(record.cells)} cells")
# %% [markdown] lang="en"
# ## Do the signs tell the truth?
#
# Lesson 08 had two signs of nearness. The *gain* says how many of the mistakes of random features the pre-trained ones mend. The
# *depth* says whether a linear probe reads better from the last stage than from the first. Both are measured before any training.
#
# What they should foretell is what the pre-training turned out to be worth: the better pre-trained strategy minus scratch. Here are all
# three for every pair of backbone and task, with ten labels per class.
#
# **Predict.** Which sign is right more often about whether the pre-training is worth keeping?
# %% [markdown] lang="ko"
# ## 단서는 맞을까요?
#
# 8강에서 유사도의 단서를 두 가지 보았습니다. *이득*(gain)은 무작위 특징의 오답 중 사전 학습된 특징이 맞히는 비율입니다. *깊이*는 선형 프로브가 첫 스테이지보다 마지막
# 스테이지에서 더 잘 맞히는지를 나타냅니다. 둘 다 학습하기 전에 잽니다.
#
# 단서가 알려 주어야 하는 것은 사전 학습의 가치입니다. 사전 학습을 쓰는 두 전략 중 나은 쪽에서 처음부터 학습한 결과를 뺀 값입니다. 클래스당 레이블이 열 개일 때, 백본과 태스크의
# 모든 쌍에서 세 값을 봅시다.
#
# **예측해 보세요.** 사전 학습을 남겨 둘 만한지를 더 자주 맞히는 단서는 어느 쪽일까요?
# %%
def mean_gain(cell):
    return float(np.mean([evidence.gain for evidence in cell.evidence]))

def rise_with_depth(cell):
    """How much better a probe on the last stage reads than one on the first."""
    first_stage, last_stage = cell.stage_probes[:, 0], cell.stage_probes[:, -1]
    return float(np.mean(last_stage - first_stage))

def worth_of_pretraining(cell):
    """The better of the two pre-trained strategies minus scratch."""
    pretrained = ("feature_extraction_long", "lp_ft")
    better = max(pretrained, key=lambda name: cell.scores(name, "validation").mean())
    return float(np.mean(cell.scores(better) - cell.scores("scratch")))
# %%
ten_labels = [record.cell(backbone, task, 10) for backbone, task in record.pairs]
print(f"{'ten labels per class':<28}{'gain':>6}{'last - first':>14}{'worth':>9}")
for cell in sorted(ten_labels, key=mean_gain, reverse=True):
    signs = f"{mean_gain(cell):>6.2f}{100 * rise_with_depth(cell):>+14.1f}"
    print(f"{': '.join(cell.pair):<28}{signs}{100 * worth_of_pretraining(cell):>+9.1f}")
# %%
worth_keeping = [worth_of_pretraining(cell) > 0 for cell in ten_labels]
depth_says = [rise_with_depth(cell) > 0 for cell in ten_labels]
depth_right = sum(np.equal(depth_says, worth_keeping))
always_right = sum(worth_keeping)
print(f"the depth is right about {depth_right} of {len(ten_labels)} pairs")
print(f"'always keep it' is right about {always_right}")

textures = record.cell("glyphnet", "textures", 10)
fashion = record.cell("glyphnet", "fashion_mnist", 10)
blood_cells = record.cell("glyphnet", "blood_cells", 10)
assert depth_right > always_right
assert rise_with_depth(textures) < -0.1 < 0 < rise_with_depth(fashion)
assert mean_gain(fashion) < mean_gain(textures)
assert worth_of_pretraining(fashion) > 0.02 and worth_of_pretraining(textures) < -0.05
assert abs(worth_of_pretraining(blood_cells)) < 0.02
# %% [markdown] lang="en"
# The gain misleads. Fashion-MNIST has a smaller one than the textures, {{mean_gain(fashion):.2f}} against {{mean_gain(textures):.2f}};
# yet its pre-training is worth {{100 * worth_of_pretraining(fashion):+.1f}} points, theirs
# {{100 * worth_of_pretraining(textures):+.1f}}. Better than random is not much to ask: a network that learns from its own images does
# not stay random.
#
# The depth is right about these two. But it was of real use for one pair only, the textures: the habit "always keep it" is right about
# {{always_right}} of {{len(ten_labels)}}. On blood cells, whose probes rise and then fall, keeping it is worth
# {{100 * worth_of_pretraining(blood_cells):+.1f}} points, less than the seeds can tell. And {{len(ten_labels)}} pairs are few.
# %% [markdown] lang="ko"
# 이득은 오해를 부릅니다. Fashion-MNIST는 질감보다 이득이 작습니다({{mean_gain(fashion):.2f}} 대 {{mean_gain(textures):.2f}}). 그런데 사전 학습의 가치는
# Fashion-MNIST가 {{100 * worth_of_pretraining(fashion):+.1f}}%p, 질감이 {{100 * worth_of_pretraining(textures):+.1f}}%p입니다. 무작위보다 낫기는 어렵지 않습니다.
# 직접 이미지를 보고 배우는 신경망은 무작위인 채로 있지 않으니까요.
#
# 깊이는 이 둘을 모두 맞혔습니다. 다만 "언제나 남겨 둔다"는 습관도 {{len(ten_labels)}}쌍 중 {{always_right}}쌍을 맞히니, 이 단서가 실제로 도움이 된 것은 질감 한 쌍뿐입니다.
# 프로브가 올랐다가 떨어지는 혈액 세포에서는 남겨 둔 가치가 {{100 * worth_of_pretraining(blood_cells):+.1f}}%p로, 시드 몇 개로 가릴 수 없는 차이입니다. 그리고 {{len(ten_labels)}}쌍은 적은 수입니다.
# %% [markdown] lang="en"
# ## What a wrong choice costs
#
# A rule need not always be right; it should be wrong where that is cheap. *Regret* measures it: how many points of test accuracy the
# chosen strategy lies below the one that turned out best in that cell.
#
# ### Exercise 1: regret
#
# `accuracies` is a dictionary from the name of each strategy to its accuracy, from 0 to 1; `chosen` is the name that a rule has
# chosen. Return the regret in points: 0 where the choice was the best one.
# %% [markdown] lang="ko"
# ## 잘못 고르면 얼마나 손해일까요?
#
# 규칙이 늘 맞을 필요는 없습니다. 틀리더라도 손해가 적으면 됩니다. 이것을 재는 것이 *후회*(regret)입니다. 고른 전략의 테스트 정확도가 그 칸에서 가장 좋았던 전략보다
# 몇 %p 낮은지를 봅니다.
#
# ### 연습 1: 후회 구하기
#
# `accuracies`는 전략의 이름에서 0과 1 사이의 정확도로 가는 딕셔너리이고, `chosen`은 규칙이 고른 전략의 이름입니다. 후회를 %p로 돌려주세요. 가장 좋은 것을 골랐다면
# 0입니다.
# %% tags=["exercise"]
def points_lost(accuracies, chosen):
    return ...

# Stuck? ft.hint("08b.1"), then ft.solution("08b.1")
ft.check("08b.1", points_lost)
# %% [markdown] lang="en"
# A rule is a function `decide`: it gets what was recorded before the training, a row, and returns the name of a strategy. Habits are
# rules as well, such as "always from scratch".
#
# **Predict.** Which habit has the smallest mean regret over all cells?
# %% [markdown] lang="ko"
# 규칙은 함수 `decide`입니다. 학습 전에 잰 것이 담긴 행 하나를 받아 전략의 이름을 돌려줍니다. "무조건 처음부터"와 같은 습관도 규칙입니다.
#
# **예측해 보세요.** 모든 칸에서 평균 후회가 가장 작은 습관은 무엇일까요?
# %%
def regret(cell, decide):
    """Points below the best strategy of a cell, mean of its seeds."""
    accuracies = {name: cell.scores(name).mean() for name in cell.strategies}
    best = max(accuracies.values())
    return 100 * np.mean([best - accuracies[decide(row)] for row in cell.rows])

def mean_regret(decide, cells=record.cells):
    return float(np.mean([regret(cell, decide) for cell in cells]))

def freeze_below_ten(row):
    return "feature_extraction_long" if row["labels_per_class"] < 10 else "lp_ft"

habits = {}
for name in strategies:
    habits[f"always {name}"] = mean_regret(lambda row, name=name: name)
habits["frozen below ten labels, else lp_ft"] = mean_regret(freeze_below_ten)
for name, cost in habits.items():
    print(f"{name:<36}{cost:>5.1f} points")
best_habit = min(habits, key=habits.get)
assert best_habit == "always lp_ft"
# %% [markdown] lang="en"
# ## A task that the rule has not seen
#
# Where a rule has numbers in it, somebody has fitted them to runs. To judge it by the same runs would flatter it. The honest question
# is what it costs on a task that it has never seen.
#
# We try it on a simple rule with the first sign: scratch where the gain lies below a *threshold*, else LP-FT. Leave out one task, fit
# the threshold on the others, and apply it to the one left out. Then the next. This is *cross-validation*, with a task at a time left
# out.
#
# **Predict.** Will the threshold that the others choose be right for the textures?
# %% [markdown] lang="ko"
# ## 규칙이 처음 보는 태스크
#
# 규칙에 수치가 들어 있다면 누군가 실험에 맞추어 정한 것입니다. 바로 그 실험으로 규칙을 평가하면 규칙에 유리합니다. 처음 보는 태스크에서 얼마나 손해인지를 물어야 합니다.
#
# 첫 번째 단서를 쓰는 단순한 규칙으로 해 봅시다. 이득이 *경계*(threshold)보다 작으면 처음부터 학습하고, 아니면 LP-FT를 씁니다. 태스크를 하나 빼고 나머지로 경계를 정한 다음, 빼 둔
# 태스크에 적용합니다. 태스크를 바꿔 가며 되풀이합니다. 이것이 *교차 검증*(cross-validation)이고, 여기서는 한 번에 태스크를 하나씩 뺍니다.
#
# **예측해 보세요.** 나머지 태스크로 정한 경계는 질감에도 맞을까요?
# %%
def threshold_rule(threshold):
    """Scratch where the gain lies below the threshold, else LP-FT."""
    def decide(row):
        return "scratch" if evidence_of(row).gain < threshold else "lp_ft"

    return decide

def fit_threshold(cells):
    """The threshold with the smallest mean regret; of several the middle one."""
    thresholds = np.linspace(-0.55, 0.95, 31)
    costs = np.array([mean_regret(threshold_rule(one), cells) for one in thresholds])
    best_places = np.flatnonzero(costs < costs.min() + 1e-9)
    return thresholds[best_places[len(best_places) // 2]]
# %%
unseen, own = {}, {}
for task in dict.fromkeys(cell.task for cell in record.cells):
    left_out = [cell for cell in record.cells if cell.task == task]
    others = [cell for cell in record.cells if cell.task != task]
    threshold = fit_threshold(others)
    unseen[task] = [regret(cell, threshold_rule(threshold)) for cell in left_out]
    own[task] = mean_regret(threshold_rule(fit_threshold(left_out)), left_out)
    print(
        f"{task:<15}threshold {threshold:+.2f}: {np.mean(unseen[task]):4.1f} points; "
        f"with its own threshold {own[task]:4.1f}"
    )
assert np.mean(unseen["textures"]) > own["textures"] + 3
# %% [markdown] lang="en"
# No. On textures that threshold costs {{np.mean(unseen["textures"]):.0f}} points, where one of their own would have cost next to
# nothing. The other tasks had hardly shown that it may be better to start from scratch. A rule
# knows the tasks it was made from.
# %% [markdown] lang="ko"
# 맞지 않습니다. 그 경계는 질감에서 {{np.mean(unseen["textures"]):.0f}}%p 손해이고, 질감에 맞춘 경계였다면 손해가 거의 없었을 것입니다. 처음부터 학습하는 편이 나을
# 수도 있다는 것이 다른 태스크에서는 거의 드러나지 않았습니다. 규칙은 자기를 만든 태스크만 압니다.
# %% [markdown] lang="en"
# ## Habits, rules, and trying everything
#
# `ft.advise` was put to the same trial, and `make results` has recorded it. And there is the most natural rival: run all three
# strategies and let validation choose. It takes the time of all three.
#
# **Predict.** How much does each way cost: the best habit, the threshold, `ft.advise`, and trying all three?
# %% [markdown] lang="ko"
# ## 습관, 규칙, 그리고 모두 해 보기
#
# `ft.advise`도 똑같이 평가했고, 그 결과가 `make results`로 기록되어 있습니다. 가장 자연스러운 비교 대상도 있습니다. 세 전략을 모두 돌려 보고 검증 정확도로 고르는
# 것입니다. 대신 시간이 셋을 합친 만큼 듭니다.
#
# **예측해 보세요.** 가장 나은 습관, 경계를 둔 규칙, `ft.advise`, 모두 해 보기는 각각 얼마나 손해일까요?
# %%
def choose_by_validation(row):
    return max(strategies, key=lambda name: row["runs"][name]["validation"])

advice = track.recorded("advice")
trial = advice["cells"]
threshold_cost = float(np.mean(np.concatenate(list(unseen.values()))))
advice_cost = float(np.mean([cell["regret"] for cell in trial]))
compare_cost = mean_regret(choose_by_validation)

costs = dict(sorted(habits.items(), key=lambda habit: habit[1], reverse=True))
costs["gain below a threshold, tasks left out"] = threshold_cost
costs["ft.advise, tasks left out"] = advice_cost
costs["all three, validation chooses"] = compare_cost
# Both records are of the same runs.
assert len(trial) == len(record.cells)
# %%
fig = plots.bars(
    costs,
    "What each way of choosing costs",
    f"Points of test accuracy below the best, mean of {len(record.cells)} cells",
)
ft.show(
    fig,
    alt="Bars, the mean regret of four habits, of a threshold on the gain and of "
    "ft.advise on tasks left out, and of trying all three.",
)
assert compare_cost < habits[best_habit]
assert advice_cost < min(habits[best_habit], threshold_cost)
# %%
def total_seconds(strategy):
    return sum(cell.scores(strategy, "seconds").sum() for cell in record.cells)

all_three = sum(total_seconds(name) for name in strategies)
times_frozen = all_three / total_seconds("feature_extraction_long")
print(f"all three take {times_frozen:.0f} times the time of the frozen backbone")
assert times_frozen > 10
# %% [markdown] lang="en"
# The threshold on the gain costs {{threshold_cost:.1f}} points, `ft.advise` {{advice_cost:.1f}}, the best habit ({{best_habit}})
# {{habits[best_habit]:.1f}}. Trying all three costs {{compare_cost:.1f}}, and {{times_frozen:.0f}} times the time of frozen runs. (That
# is more than the prices of lesson 08 add up to: MobileNetV2 is counted in.)
# %% [markdown] lang="ko"
# 이득에 경계를 둔 규칙은 {{threshold_cost:.1f}}%p, `ft.advise`는 {{advice_cost:.1f}}%p, 가장 나은 습관({{best_habit}})은
# {{habits[best_habit]:.1f}}%p 손해입니다. 셋을 모두 돌리면 {{compare_cost:.1f}}%p이고, 시간은 동결한 백본의 {{times_frozen:.0f}}배가 듭니다. (MobileNetV2까지
# 셌으므로 8강에서 본 비용의 합보다 큽니다.)
# %% [markdown] lang="en"
# ## An honest trial, and what it spoiled
#
# One caution: the form of today's rule was chosen with these tasks in view. An earlier form was tried honestly: it was written down
# before MobileNetV2 had seen four of the tasks. It froze the backbone wherever coarse pixels read about as well as the last stage, or
# better.
#
# **Predict.** On which of the four did that cost most?
# %% [markdown] lang="ko"
# ## 정직한 시험, 그리고 그 대가
#
# 조심할 점이 있습니다. 지금 규칙의 형태는 이 태스크들을 보면서 정했습니다. 앞서 쓰던 규칙은 제대로 시험해 보았습니다. MobileNetV2가 네 태스크를 보기 전에 적어 둔 것으로,
# 8×8로 줄인 픽셀의 정확도가 마지막 스테이지와 비슷하거나 더 높으면 언제나 백본을 동결했습니다.
#
# **예측해 보세요.** 넷 중 어느 태스크에서 손해가 가장 컸을까요?
# %%
def always_frozen(row):
    return "feature_extraction_long"

pixel_lead, frozen_cost = {}, {}
for task in ("faces", "fashion_mnist", "digits", "textures"):
    cell = record.cell("MobileNetV2", task, 10)
    leads = [evidence.probe - evidence.pixels for evidence in cell.evidence]
    pixel_lead[task] = 100 * np.mean(leads)
    frozen_cost[task] = regret(cell, always_frozen)
    print(
        f"{task:<15}last stage ahead of pixels by {pixel_lead[task]:+5.1f} points; "
        f"frozen costs {frozen_cost[task]:4.1f}"
    )
many_cost = regret(record.cell("MobileNetV2", "fashion_mnist", 50), always_frozen)
assert pixel_lead["digits"] < 0
assert frozen_cost["digits"] > 5 > frozen_cost["fashion_mnist"]
assert many_cost > frozen_cost["fashion_mnist"] + 1
# %% [markdown] lang="en"
# On digits it lost {{frozen_cost["digits"]:.0f}} points: the features of photos read strokes worse than pixels do, and what is frozen
# cannot mend itself. (On textures the last stage was far ahead of the pixels, so that the rule did not freeze there.) So the rule now
# tunes there too; and since being frozen costs {{many_cost:.0f}} points on Fashion-MNIST with 50 labels, it freezes no large network at
# all.
#
# That made it better, and untried again: no task was left that it had not seen. Whoever mends a rule after a test has used up the test.
#
# So a new task was needed. Lesson 08 looked for a second far one, and the probes found the blood cells. The rule had been fixed before
# they were measured, and nothing was fitted on them. On the tasks that it comes from, each left out in turn, it had cost
# {{advice["judged"]["regret"]:.1f}} points, and always `lp_ft` {{advice["judged"]["always"]["lp_ft"]:.1f}}.
#
# **Predict.** What will the rule cost on the blood cells, and what the habit?
# %% [markdown] lang="ko"
# 숫자에서 {{frozen_cost["digits"]:.0f}}%p를 잃었습니다. 사진에서 배운 특징으로는 획을 픽셀만큼도 구별하지 못하는데, 동결해 두면 고칠 길이 없습니다. (질감에서는 마지막 스테이지가 픽셀을
# 크게 앞섰으므로 동결하지 않았습니다.) 그래서 이제는 그런 때에도 미세 조정을 권합니다. 레이블이 50개인 Fashion-MNIST에서도 동결하면 {{many_cost:.0f}}%p를 잃기 때문에 큰 신경망은
# 아예 동결하지 않습니다.
#
# 규칙은 나아졌지만 다시 시험받지 않은 규칙이 되었습니다. 규칙을 고치는 데 쓰지 않은 태스크가 남아 있지 않았기 때문입니다. 시험해 보고 규칙을 고치면, 그 시험은 다 써 버린 것입니다.
#
# 그래서 새 태스크가 필요했습니다. 8강에서 두 번째 먼 태스크를 찾다가 프로브가 골라낸 혈액 세포입니다. 세포를 재기 전에 규칙을 정해 두었고, 세포에 맞추어 고친 것은 없습니다. 규칙을 만들 때 쓴
# 태스크를 하나씩 빼고 평가했을 때 규칙은 {{advice["judged"]["regret"]:.1f}}%p, 항상 `lp_ft`를 쓰는 습관은 {{advice["judged"]["always"]["lp_ft"]:.1f}}%p 손해였습니다.
#
# **예측해 보세요.** 혈액 세포에서 규칙은 얼마나 손해일까요? 습관은요?
# %%
new_task = [line for line in trial if line["pair"] == "glyphnet/blood_cells"]
for line in new_task:
    print(f"{line['labels_per_class']} labels per class, best: {line['best']}")
    print("   chosen, seed by seed:", ", ".join(line["chosen"]))
    habit = line["always"]["lp_ft"]
    print(f"   regret {line['regret']:.1f} points; always lp_ft {habit:.1f}")
rule_cost = advice["unseen"]["regret"]
habit_cost = advice["unseen"]["always"]["lp_ft"]
scratch_cost = advice["unseen"]["always"]["scratch"]
print(f"mean: the rule {rule_cost:.1f} points, always lp_ft {habit_cost:.1f}")
assert rule_cost > habit_cost
# %%
cells_of_blood = record.cells_of("glyphnet", "blood_cells")
frozen_leads = [
    lead(evidence_of(row))
    for line, cell in zip(new_task, cells_of_blood)
    for name, row in zip(line["chosen"], cell.rows)
    if name == "feature_extraction_long"
]
choices = sum(len(line["chosen"]) for line in new_task)
doubted = sum(abs(one - RULE.lead) < 1 for one in frozen_leads)
print(f"frozen: {len(frozen_leads)} of {choices} choices, {doubted} of them in doubt")
frozen_regret = regret(record.cell("glyphnet", "blood_cells", 10), always_frozen)
assert doubted == len(frozen_leads) - 1 and max(frozen_leads) < RULE.lead
assert frozen_regret > 15 and new_task[-1]["regret"] == 0
# %% [markdown] lang="en"
# The habit won. The rule cost {{rule_cost:.1f}} points in the mean, always `lp_ft` {{habit_cost:.1f}}, and always from scratch
# {{scratch_cost:.1f}}. Most was lost in
# {{len(frozen_leads)}} of {{choices}} choices: there the rule froze the backbone, which costs {{frozen_regret:.0f}} points with ten
# labels. In {{doubted}} of them the second stage led the last by not quite the {{RULE.lead:g}} standard errors that the rule asks for. There
# `ft.advise` names its own doubt, a lead close to the border, and says: compare. In the other, with three labels, the probes show
# nothing of the kind. With 50 labels the lead is clear in every seed, and the rule lost nothing.
#
# So a promise of {{advice["judged"]["regret"]:.1f}} points would have been broken on the first new task. We leave the rule as it is:
# mended, it would be untried once more. One task is no verdict either, but it is the only one that the rule had not seen.
# %% [markdown] lang="ko"
# 습관이 이겼습니다. 평균 손해가 규칙은 {{rule_cost:.1f}}%p, 항상 `lp_ft`를 쓰는 습관은 {{habit_cost:.1f}}%p, 무조건 처음부터 학습하는 습관은 {{scratch_cost:.1f}}%p입니다. 대부분은 고른 것 {{choices}}번 중 {{len(frozen_leads)}}번에서 잃었습니다.
# 백본을 동결하라고 한 경우이고, 레이블이 열 개일 때 동결하면 {{frozen_regret:.0f}}%p 손해입니다. 그중 {{doubted}}번은 두 번째 스테이지가 마지막 스테이지를 앞섰지만 규칙이 요구하는 표준 오차의
# {{RULE.lead:g}}배에 조금 못 미쳤습니다. 이럴 때 `ft.advise`는 앞선 폭이 경계에 가깝다는 의심을 스스로 밝히고 비교해 보라고 합니다. 레이블이 세 개였던 나머지 한 번은 프로브에 그런 기미가 없었습니다. 레이블이
# 50개일 때는 어느 시드에서나 뚜렷하게 앞섰고, 규칙은 잃은 것이 없습니다.
#
# 그러니 {{advice["judged"]["regret"]:.1f}}%p라는 약속은 첫 새 태스크에서 깨졌을 것입니다. 그래도 규칙은 그대로 둡니다. 고치면 또다시 시험받지 않은 규칙이 되니까요. 태스크 하나로 판결을 내릴 수는
# 없지만, 규칙이 보지 못한 태스크는 이것 하나뿐입니다.
# %% [markdown] lang="en"
# ### Exercise 2: a rule of your own
#
# The gain alone cannot tell textures from Fashion-MNIST. There was a second sign. Write
# `decide(labels_per_class, probes, untrained)`, which returns `"scratch"`, `"feature_extraction_long"` or `"lp_ft"`. `probes`
# lists the accuracies of the probes from the first stage, `probes[0]`, to the last, `probes[-1]`. It is tried on every recorded cell; the goal is a smaller mean
# regret than any habit has.
# %% [markdown] lang="ko"
# ### 연습 2: 나만의 규칙
#
# 이득만으로는 질감과 Fashion-MNIST를 가릴 수 없습니다. 단서가 하나 더 있었습니다. `decide(labels_per_class, probes, untrained)`를 작성해 보세요. `"scratch"`, `"feature_extraction_long"`, `"lp_ft"` 중 하나를 돌려줍니다. `probes`는 첫
# 스테이지(`probes[0]`)부터 마지막 스테이지(`probes[-1]`)까지 프로브의 정확도를 늘어놓은 리스트입니다. 기록된 모든 칸에서 시험하며, 목표는 어떤 습관보다도 평균 후회가 작은 규칙입니다.
# %% tags=["exercise"]
def decide(labels_per_class, probes, untrained):
    return ...

# Stuck? ft.hint("08b.2"), then ft.solution("08b.2")
ft.check("08b.2", decide)
# %% [markdown] lang="en"
# ## A choice that the rule does not have
#
# The rule chooses among strategies; it invents none. For textures the early stages fitted best, which suggests one more: a *hybrid*. Keep the first stages, draw the rest anew, and
# train everything at the rate of scratch (Yosinski et al., 2014, cut networks like that). In `ftlib` it is a strategy with `keep`:
# %% [markdown] lang="ko"
# ## 규칙에 없는 선택
#
# 규칙은 있는 전략 중에서 고를 뿐, 새로 만들지는 않습니다. 질감에는 앞쪽 스테이지가 잘 맞았습니다. 그렇다면 한 가지 방법이 더 있습니다. 앞쪽 스테이지만 남기고, 나머지는 새로 초기화해서, 처음부터 학습할 때의 학습률로 전체를 학습하는
# 하이브리드(hybrid)입니다(Yosinski 등, 2014가 신경망을 이렇게 잘라 보았습니다). `ftlib`에서는 `keep`을 준 전략입니다.
# %%
backbone = track.backbone
print(ft.strategy("hybrid"))
print("of the stages", ", ".join(stage.name for stage in ft.stages(backbone)))
# %% [markdown] lang="en"
# First the record, on digits with ten labels. There the late stages are the best ones, and the hybrid throws the last away.
#
# **Predict.** How much will that cost, compared with LP-FT?
# %% [markdown] lang="ko"
# 먼저 레이블이 열 개인 숫자의 기록을 봅니다. 숫자에는 뒤쪽 스테이지가 더 나은데, 하이브리드는 마지막 스테이지를 버립니다.
#
# **예측해 보세요.** LP-FT와 비교해 얼마나 손해일까요?
# %%
recorded_rows = track.recorded("digits").table()
recorded_rows += track.recorded("digits-others").table()
on_digits = {r["strategy"]: r for r in recorded_rows if r["labels_per_class"] == 10}
bars = {}
for name in ("scratch", "hybrid", "feature_extraction_long", "lp_ft"):
    row = on_digits[name]
    bars[name] = row["test_mean"], row["test_low"], row["test_high"]
fig = plots.bars(
    bars,
    "On digits, two stages of three are all that it takes",
    "Test accuracy, digits, ten labels per class (lines: 95 % intervals)",
    percent=True,
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
task = ft.load_task("textures", labels_per_class=10, seed=0)
model = ft.classifier(backbone, task.num_classes)
hybrid = ft.fit(model, task, "hybrid", updates=track.updates, seed=0, verbose=False)
accuracies = {"hybrid, live": hybrid.val_accuracy}
recorded_cell = record.cell("glyphnet", "textures", 10)
for name in ("scratch", "full", "feature_extraction_long", "lp_ft"):
    # The first seed had the same images.
    accuracies[name] = recorded_cell.scores(name, "validation")[0]
for name, accuracy in accuracies.items():
    print(f"{name:<26}validation {100 * accuracy:.1f} %")
assert recorded_cell.rows[0]["seed"] == 0
assert max(accuracies.values()) == hybrid.val_accuracy > accuracies["full"]
# %% [markdown] lang="en"
# Above the other four as they come, on this seed. One seed is an anecdote, so the hybrid has been recorded with five, on the same images
# as the others; and once more with the first stage alone. `full` comes at the rate that lesson 08 chose for it on validation.
#
# **Predict.** What is left of the lead over five seeds? And are more stages thrown away better still?
# %% [markdown] lang="ko"
# 이 시드에서는 기본값대로 돌린 나머지 넷보다 높습니다. 시드 하나는 우연일 수 있으니, 나머지와 같은 이미지로 하이브리드를 다섯 시드에서 기록해 두었습니다. 첫 스테이지만 남긴 것도 함께입니다. `full`에는
# 8강에서 검증 데이터로 고른 학습률을 썼습니다.
#
# **예측해 보세요.** 다섯 시드에서도 앞설까요? 스테이지를 더 버리면 더 나아질까요?
# %%
hybrids = track.recorded("hybrids")
full_rows = [
    row
    for row in track.recorded("gradual").rows
    if (row["task"], row["method"]) == ("textures", "full")
]

def full_at(rate, score):
    """What `full` scored at a rate, in the order of the seeds."""
    rows = sorted((r for r in full_rows if r["rate"] == rate), key=lambda r: r["seed"])
    return np.array([row[score] for row in rows])

best_rate = max(
    {row["rate"] for row in full_rows},
    key=lambda rate: full_at(rate, "val_accuracy").mean(),
)
five_seeds = {
    "the first two stages kept": hybrids.scores("test_accuracy", method="keep 2"),
    "the first stage kept": hybrids.scores("test_accuracy", method="keep 1"),
    "scratch": recorded_cell.scores("scratch"),
    "lp_ft": recorded_cell.scores("lp_ft"),
    "full, at its best rate": full_at(best_rate, "test_accuracy"),
}
# %%
from ftlib.evidence.comparison import interval

fig = plots.bars(
    {name: interval(scores) for name, scores in five_seeds.items()},
    "Two stages kept beat scratch, and lose nothing to all three at a good rate",
    "Test accuracy, textures (lines: 95 % intervals of five seeds)",
    percent=True,
)
ft.show(
    fig,
    alt="Bars: two stages kept are above scratch and level with full at its best "
    "rate; one stage kept is level with scratch; LP-FT is lowest.",
)
kept_two = five_seeds["the first two stages kept"]
leads = {
    name: 100 * np.array(interval(kept_two - scores, bounds=(-1, 1)))
    for name, scores in five_seeds.items()
}
for name in ("scratch", "the first stage kept", "full, at its best rate"):
    lead, low, high = leads[name]
    between = f"{low:+.1f} to {high:+.1f}"
    print(f"two stages kept, over {name}: {lead:+.1f} points ({between})")
over_scratch, over_full = leads["scratch"], leads["full, at its best rate"]
assert over_scratch[1] > 0 and leads["the first stage kept"][1] > 0 > over_full[1]
assert five_seeds["the first stage kept"].mean() < five_seeds["scratch"].mean()
# %% [markdown] lang="en"
# The lead over scratch stands: {{over_scratch[0]:+.1f}} points ({{over_scratch[1]:+.1f}} to {{over_scratch[2]:+.1f}}, seed by seed). So even on a
# far task two stages of the pre-training are worth keeping. But keeping the first alone gives it all away again, and `full` at its best
# rate, which kept all three, is not behind: two stages are {{over_full[0]:+.1f}} points over it ({{over_full[1]:+.1f}} to {{over_full[2]:+.1f}}).
# It was the low rate that had to go; the last stage need not.
# %% [markdown] lang="ko"
# 처음부터 학습한 것보다는 여전히 {{over_scratch[0]:+.1f}}%p 높습니다(시드마다 뺀 값의 95% 신뢰 구간 {{over_scratch[1]:+.1f}}~{{over_scratch[2]:+.1f}}). 먼 태스크에서도 사전 학습된 스테이지
# 두 개는 남길 가치가 있습니다. 하지만 첫 스테이지만 남기면 그 이점이 사라집니다. 그리고 가장 나은 학습률을 쓴 `full`은 스테이지를 모두 남기고도 뒤지지 않습니다. 두 스테이지를 남긴 쪽에서 `full`을 빼면
# {{over_full[0]:+.1f}}%p입니다({{over_full[1]:+.1f}}~{{over_full[2]:+.1f}}). 버려야 했던 것은 낮은 학습률이지 마지막 스테이지가 아닙니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# The sign that the rule rests on takes no library: cut the backbone behind each stage, average the features over the image, and train
# one `Dense` layer on them. Textures again, ten labels per class. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 규칙이 쓰는 단서는 라이브러리 없이도 잴 수 있습니다. 스테이지마다 그 뒤에서 백본을 자르고, 특징을 이미지 전체에서 평균하고, 그 위에 `Dense` 층 하나를 학습합니다. 이번에도
# 클래스당 레이블이 열 개인 질감입니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
import keras

data = task.for_backbone(backbone)  # the textures
stage_ends = ("stage1_block1_relu2", "stage2_block2_relu2", "stage3_block2_relu2")

def stage_features(layer_name, images):
    features = backbone.get_layer(layer_name).output
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    cut_backbone = keras.Model(backbone.input, pooled)
    return np.asarray(cut_backbone(images.astype("float32")))
# %% tags=["folded"]
keras_probes = []
for layer_name in stage_ends:
    train = stage_features(layer_name, data.train.images)
    validation = stage_features(layer_name, data.validation.images)
    scaler = keras.layers.Normalization()
    scaler.adapt(train)
    keras.utils.set_random_seed(0)
    probe = keras.Sequential(
        [scaler, keras.layers.Dense(data.num_classes, activation="softmax")]
    )
    probe.compile(
        keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    probe.fit(train, data.train.labels, batch_size=len(train), epochs=200, verbose=0)
    loss, accuracy = probe.evaluate(validation, data.validation.labels, verbose=0)
    keras_probes.append(accuracy)
# %% tags=["folded"]
recorded_probes = record.cell("glyphnet", "textures", 10).stage_probes[0]
for layer_name, accuracy, recorded in zip(stage_ends, keras_probes, recorded_probes):
    print(f"{layer_name}: Keras {100 * accuracy:.1f} %, record {100 * recorded:.1f} %")
assert keras_probes[0] > keras_probes[1] > keras_probes[2]
# %% [markdown] lang="en"
# Both fall with depth: {{100 * keras_probes[0]:.1f}}, {{100 * keras_probes[1]:.1f}} and {{100 * keras_probes[2]:.1f}} % by Keras. The
# numbers differ a little from the recorded ones, since the probe of `ft.advise` is fitted in another way; the sign is the same.
# %% [markdown] lang="ko"
# 둘 다 깊어질수록 떨어집니다. Keras로는 {{100 * keras_probes[0]:.1f}}, {{100 * keras_probes[1]:.1f}}, {{100 * keras_probes[2]:.1f}}%입니다. `ft.advise`의 프로브는 다른
# 방법으로 학습하므로 기록된 값과 조금 다르지만, 알려 주는 것은 같습니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 08b.q1}}
# %% [markdown] lang="ko"
# {{quiz 08b.q1}}
# %% tags=["exercise"]
ft.check("08b.q1", ...)
# %% [markdown] lang="en"
# {{quiz 08b.q2}}
# %% [markdown] lang="ko"
# {{quiz 08b.q2}}
# %% tags=["exercise"]
ft.check("08b.q2", ...)
# %% [markdown] lang="en"
# {{quiz 08b.q3}}
# %% [markdown] lang="ko"
# {{quiz 08b.q3}}
# %% tags=["exercise"]
ft.check("08b.q3", ...)
# %% [markdown] lang="en"
# {{quiz 08b.q4}}
# %% [markdown] lang="ko"
# {{quiz 08b.q4}}
# %% tags=["exercise"]
ft.check("08b.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - Check a sign against what a habit would have said. The depth was right about {{depth_right}} of {{len(ten_labels)}} pairs, "always keep
#   the pre-training" about {{always_right}}.
# - Judge a rule by its regret, what its mistakes cost, and not by how many it makes.
# - Fit on some tasks, judge on one left out. There a threshold on the gain cost {{threshold_cost:.1f}} points, `ft.advise`
#   {{advice_cost:.1f}}, the best habit {{habits[best_habit]:.1f}}; trying all three, at {{times_frozen:.0f}} times the time of a frozen
#   backbone, {{compare_cost:.1f}}.
# - A rule offers only what somebody put into it. The hybrid, which keeps the first two stages and draws the last anew, did well on
#   digits, and on textures was {{over_scratch[0]:.0f}} points ahead of scratch.
# - On blood cells, which it had not seen, `ft.advise` cost {{rule_cost:.1f}} points, always `lp_ft` {{habit_cost:.1f}}. A new task can cost
#   more than all the old ones let expect.
# - A rule that was mended after its trial is untried. If your runs take minutes, compare. If they take days, ask, and look at what the
#   advice itself doubts.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 단서는 습관이 했을 말과 비교해 확인하세요. 깊이는 {{len(ten_labels)}}쌍 중 {{depth_right}}쌍을, "언제나 사전 학습을 남겨 둔다"는 {{always_right}}쌍을 맞혔습니다.
# - 규칙은 몇 번 틀리는지가 아니라 틀려서 얼마를 잃는지, 곧 후회로 평가합니다.
# - 일부 태스크로 규칙을 정하고 빼 둔 태스크로 평가합니다. 거기서 이득에 경계를 둔 규칙은 {{threshold_cost:.1f}}%p, `ft.advise`는 {{advice_cost:.1f}}%p, 가장 나은 습관은
#   {{habits[best_habit]:.1f}}%p 손해였고, 셋을 모두 돌려 보면 동결한 백본의 {{times_frozen:.0f}}배 시간에 {{compare_cost:.1f}}%p 손해였습니다.
# - 규칙은 누군가 넣어 둔 것만 권합니다. 앞의 두 스테이지를 남기고 마지막을 새로 초기화하는 하이브리드는 숫자에서 잘했고, 질감에서는
#   처음부터 학습한 것보다 {{over_scratch[0]:.0f}}%p 앞섰습니다.
# - 처음 보는 혈액 세포에서 `ft.advise`는 {{rule_cost:.1f}}%p, 항상 `lp_ft`를 쓰는 습관은 {{habit_cost:.1f}}%p 손해였습니다. 새 태스크에서는 지금까지의 태스크로 예상한 것보다
#   손해가 클 수 있습니다.
# - 시험한 뒤에 고친 규칙은 다시 시험받지 않은 규칙입니다. 학습이 몇 분이면 끝난다면 직접 비교하세요. 며칠이 걸린다면 규칙에 물어보되, 규칙 스스로 의심하는 것을 살피세요.
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
# - Alain and Bengio, 2017, [linear probes](https://arxiv.org/abs/1610.01644); Yosinski et al., 2014,
#   [how transferable are features?](https://arxiv.org/abs/1411.1792)
# - scikit-learn: [cross-validation, also by groups](https://scikit-learn.org/stable/modules/cross_validation.html)
# - Keras: [the `Normalization` layer](https://keras.io/api/layers/preprocessing_layers/numerical/normalization/)
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Alain과 Bengio, 2017, [선형 프로브](https://arxiv.org/abs/1610.01644). Yosinski 등, 2014,
#   [특징은 얼마나 옮겨 쓸 수 있을까](https://arxiv.org/abs/1411.1792)
# - scikit-learn: [교차 검증, 그룹별로도](https://scikit-learn.org/stable/modules/cross_validation.html)
# - Keras: [`Normalization` 층](https://keras.io/api/layers/preprocessing_layers/numerical/normalization/)
