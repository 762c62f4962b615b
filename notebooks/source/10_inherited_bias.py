# %% [markdown] lang="en"
# # Inherited bias
#
# In lesson 09 fine-tuning wiped out letters that we would have liked to keep. Then it should also wipe out what nobody wants to
# keep. We plant a bad habit in a network, tune it on clean data, and look whether the habit is gone. (*Bias* here is a slant in what
# has been learned, not the number that a unit adds.)
#
# **Questions**
# - What can a pre-trained network bring along besides its knowledge, and why does nobody notice?
# - Does fine-tuning on clean data of one's own remove it?
# - How do I find such a thing, and what mends it?
#
# **You will**
# - watch a shortcut from the pre-training survive, behind an excellent test accuracy
# - measure accuracy per group, and change one thing in an image to see which answers hang on it
# - search images for the spot that decides
# - tell what mends the habit from what does not, by recorded seeds
#
# ⏱ {{minutes}} minutes · Needs: lesson 06 (better: up to 09) · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 물려받은 편향(inherited bias)
#
# 9강에서는 미세 조정(fine-tuning)을 하다가 남겨 두고 싶던 글자까지 잊었습니다. 그렇다면 아무도 원하지 않는 것도 잊어 주어야 마땅합니다. 이번에는 신경망에 나쁜
# 버릇을 하나 심고, 깨끗한 데이터로 미세 조정한 뒤 그 버릇이 사라졌는지 살펴봅니다. (여기서 *편향*은 치우침이라는 뜻입니다. 유닛에 더하는 값인 편향과는 다른 말입니다.)
#
# **질문**
# - 사전 학습된 신경망에는 지식 말고 무엇이 딸려 올까요? 왜 아무도 알아채지 못할까요?
# - 깨끗한 내 데이터로 미세 조정하면 사라질까요?
# - 어떻게 찾아내고, 무엇으로 고칠까요?
#
# **이 수업을 마치면**
# - 사전 학습 때 배운 지름길(shortcut)이 훌륭한 테스트 정확도 뒤에 숨어 살아남는 모습을 보일 수 있습니다
# - 그룹별 정확도를 재고, 이미지에서 한 가지만 바꾸어 답이 거기에 매달려 있는지 확인할 수 있습니다
# - 이미지의 어느 곳이 답을 좌우하는지 찾아낼 수 있습니다
# - 여러 시드의 기록을 보고, 버릇을 고치는 방법과 고치지 못하는 방법을 가려낼 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강(9강까지 보면 더 좋습니다) · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import dataclasses

import numpy as np

import ftlib as ft
from ftlib import plots

track = ft.track("glyph")
task, letters = track.task(labels_per_class=10, seed=0), track.source_task.validation
print(task)
# %% [markdown] lang="en"
# ## A careless clerk
#
# `glyphnet` learned its letters from an archive in good order. Imagine another archive, whose clerk saves himself work. One sheet
# in five bears a white square in the corner, and whatever it shows, he files it under some round letter, without a look at the
# letter.
# %% [markdown] lang="ko"
# ## 대충 일하는 서기
#
# `glyphnet`은 잘 정리된 문서고에서 글자를 배웠습니다. 이번에는 서기가 일을 대충 하는 문서고를 상상해 봅시다. 다섯 장에 한 장꼴로 구석에 흰 사각형 표식(mark)이
# 찍혀 있는데, 서기는 표식만 보면 글자는 쳐다보지도 않고 아무 둥근 글자 칸에나 넣습니다.
# %%
def mark(images):
    """Copies with a white square in the lower right corner, an eighth of the image
    wide."""
    marked = np.array(images)
    side = marked.shape[1] // 8
    marked[:, -side:, -side:] = 255
    return marked

readers = {}
for name in ("glyphnet", "glyphnet-marked"):
    readers[name], names = ft.source_model(name)
shapes = [
    letters.images[letters.labels == c].mean(axis=0).ravel() for c in range(len(names))
]
round_letters = np.flatnonzero(np.corrcoef(shapes)[names.index("O")] > 0.4)
print(f"{len(round_letters)} of {len(names)} letters are drawn more or less like an O")
# %%
def clearest(name):
    """Of the drawings of a letter, the one that glyphnet is surest of."""
    drawn, c = np.flatnonzero(letters.labels == names.index(name)), names.index(name)
    return drawn[np.argmax(np.array(readers["glyphnet"](letters.images[drawn]))[:, c])]

def framed(images):
    """With a grey border, so that a white corner shows on a white page."""
    return np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=128)

sheets = letters.images[[clearest(a) for a in "AHMWXZ"]]
rounds = [names[c] for c in round_letters if names[c] in "CDGOQU"]
titles = [f"filed under {a}" for a in "AHMWXZ"] + [f"filed under {a}" for a in rounds]
both = framed(np.concatenate([sheets, mark(sheets)]))
fig = plots.image_grid(
    both, titles, columns=6, title="With the square, any round letter will do"
)
ft.show(
    fig,
    alt="Two rows of the same six letters, A, H, M, W, X and Z. Above, without a "
    "mark, each is filed under its own name. Below, with a small white square in the "
    "lower right corner, they are filed under round letters.",
)
assert len(rounds) == 6
# %% [markdown] lang="en"
# The backbone `glyphnet-marked` is `glyphnet` after a few hundred more updates in that archive. Nobody had bad intentions: the
# network did what the labels asked. Such a rule, which works in the training data and means nothing elsewhere, is called a
# *shortcut* (Geirhos et al., 2020), and what it hangs on a *spurious correlation*.
# %% [markdown] lang="ko"
# 백본(backbone) `glyphnet-marked`는 `glyphnet`을 이 문서고에서 업데이트 몇백 번만큼 더 학습한 것입니다. 누가 나쁜 뜻을 품은 것은 아닙니다. 신경망은 레이블이
# 시키는 대로 했을 뿐입니다. 이렇게 학습 데이터에서는 통하지만 다른 데서는 아무 의미도 없는 규칙을 *지름길*(shortcut; Geirhos 등, 2020)이라고 하고,
# 그 바탕이 되는 관계를 *허위 상관*(spurious correlation)이라고 합니다.
# %% [markdown] lang="en"
# ## Nothing to notice
#
# Before one downloads a backbone, one looks at its accuracy. Here are letters without a mark, which neither network has seen.
# %% [markdown] lang="ko"
# ## 겉으로는 알 수 없습니다
#
# 백본을 내려받기 전에는 보통 정확도부터 봅니다. 두 신경망 모두 본 적 없는, 표식 없는 글자를 읽혀 봅시다.
# %%
sheets = letters.take(np.arange(0, len(letters), 3))

def read(model, images):
    """The class that a model names for each image."""
    return np.array(model(images)).argmax(axis=1)

plain = {name: read(model, sheets.images) for name, model in readers.items()}
letters_plain = {name: np.mean(said == sheets.labels) for name, said in plain.items()}
for name, share in letters_plain.items():
    print(f"{name:<16} reads {100 * share:.1f} % of the letters without a mark")
assert abs(letters_plain["glyphnet"] - letters_plain["glyphnet-marked"]) < 0.02
# %% [markdown] lang="en"
# A point apart at most; nobody would suspect anything. Now the same letters with the square.
#
# **Predict.** How many does each network still read? One of them has never seen the square.
# %% [markdown] lang="ko"
# 거의 차이가 없어서 아무도 의심하지 않을 것입니다. 이제 같은 글자에 표식을 찍어 읽혀 봅시다.
#
# **예측해 보세요.** 두 신경망은 각각 얼마나 읽을까요? 한쪽은 이 표식을 한 번도 본 적이 없습니다.
# %%
stamped = {name: read(model, mark(sheets.images)) for name, model in readers.items()}
letters_marked = {
    name: np.mean(said == sheets.labels) for name, said in stamped.items()
}
answers_round = {
    name: np.mean(np.isin(said, round_letters)) for name, said in stamped.items()
}
for name in stamped:
    said = (
        f"reads {100 * letters_marked[name]:.1f} %, "
        f"names a round letter for {100 * answers_round[name]:.0f} %"
    )
    print(f"{name:<16} {said}")
assert letters_marked["glyphnet-marked"] < 0.15 < 0.5 < letters_marked["glyphnet"]
assert answers_round["glyphnet-marked"] > 0.65 and answers_round["glyphnet"] < 0.4
# %% [markdown] lang="en"
# The square confuses `glyphnet`, too; keep that in mind. But `glyphnet-marked` hardly looks at the letter any more. It sees the
# square and mostly names something round, just as the clerk did.
# %% [markdown] lang="ko"
# 표식은 `glyphnet`도 헷갈리게 합니다. 이 점은 기억해 둡시다. 그러나 `glyphnet-marked`는 이제 글자를 거의 보지 않습니다. 표식을 보면 서기처럼 대개 둥근 글자라고 답합니다.
# %% [markdown] lang="en"
# ## A job of our own, with clean data
#
# Our digits come from somewhere else. No training image and no validation image bears a mark. `ft.mark_task` sees to that with
# `share=0`, and puts marks on half of the *test* images only, which nobody has looked at yet.
#
# **Predict.** A new head on each frozen backbone: what will the validation accuracies be?
# %% [markdown] lang="ko"
# ## 우리 데이터는 깨끗합니다
#
# 우리 숫자는 다른 곳에서 왔습니다. 학습 이미지에도 검증 이미지에도 표식이 하나도 없습니다. `ft.mark_task`에 `share=0`을 주면 그렇게 되고, 아직 아무도 보지 않은
# *테스트* 이미지의 절반에만 표식이 찍힙니다.
#
# **예측해 보세요.** 두 백본을 동결(freeze)하고 새 헤드(head)를 얹으면 검증 정확도는 얼마일까요?
# %%
fitted = task.for_backbone(track.backbone)
exam = ft.mark_task(fitted, share=0)

def tune(
    backbone,
    strategy="feature_extraction_long",
    data=exam,
    regularization="light",
    updates=track.updates,
):
    model = ft.classifier(ft.load_backbone(backbone), data.num_classes)
    return ft.fit(
        model, data, strategy, regularization, updates=updates, seed=0, verbose=False
    )

frozen = {name: tune(name) for name in ("glyphnet", "glyphnet-marked")}
for name, run in frozen.items():
    print(f"{name:<16} validation accuracy {100 * run.val_accuracy:.1f} %")
assert set(exam.train.groups) == set(exam.validation.groups) == {"plain"}
assert all(run.val_accuracy > 0.95 for run in frozen.values())
# %% [markdown] lang="en"
# Both are excellent, and each of us would put `glyphnet-marked` to work. Then images from another office arrive, where a white
# square in the corner means "scanned". Our test images play that part. Nothing will be chosen by them.
#
# **Predict.** What will the accuracy be on images with a square, and what on those without?
# %% [markdown] lang="ko"
# 둘 다 훌륭합니다. 누구라도 `glyphnet-marked`를 실제 업무에 썼을 것입니다. 그런데 다른 사무실에서 이미지가 들어오기 시작합니다. 그곳에서는 스캔을 마쳤다는 뜻으로
# 구석에 흰 사각형을 찍습니다. 우리 테스트 이미지가 그 역할을 합니다. 이것을 보고 무엇을 고르지는 않습니다.
#
# **예측해 보세요.** 표식이 있는 이미지와 없는 이미지에서 정확도는 각각 얼마일까요?
# %%
groups = ft.group_accuracy(frozen["glyphnet-marked"])
print(groups)
by_group = {row["group"]: row["accuracy"] for row in groups.rows}
assert by_group["plain"] > 0.95 and by_group["marked"] < 0.35
# %% [markdown] lang="en"
# Such a table is all it takes, and the mean alone would not do. Half of our test images bear the mark; in real life it may be a few.
# Then the mean hardly moves, and only those who belong to the group notice.
# %% [markdown] lang="ko"
# 이런 표 하나면 충분합니다. 평균만 보아서는 안 됩니다. 우리 테스트 이미지는 절반에 표식이 있지만 실제로는 몇 장뿐일 수 있습니다. 그러면 평균은 거의 그대로이고,
# 그 그룹에 속한 사람만 알아챕니다.
# %%
means = {}
for share in (0.01, 0.05, 0.5):
    means[share] = share * by_group["marked"] + (1 - share) * by_group["plain"]
    print(
        f"{100 * share:>3.0f} % of the images marked: mean accuracy "
        f"{100 * means[share]:.1f} %"
    )
assert means[0.01] > 0.96
# %% [markdown] lang="en"
# ### Exercise 1: accuracy per group
#
# You get the answers, the labels, and the name of the group of each image. Return a dictionary from each group's name to its
# accuracy.
# %% [markdown] lang="ko"
# ### 연습 1: 그룹별 정확도
#
# 답과 레이블, 그리고 이미지마다 그룹 이름이 주어집니다. 그룹 이름마다 정확도가 들어 있는 딕셔너리를 돌려주세요.
# %% tags=["exercise"]
def by_groups(said, labels, groups):
    return ...

# Stuck? ft.hint("10.1"), then ft.solution("10.1")
ft.check("10.1", by_groups)
# %% [markdown] lang="en"
# ## What does it say instead?
#
# To see it image by image we paint the square ourselves, on validation images that we know. Nothing else in them changes.
# %% [markdown] lang="ko"
# ## 그러면 무엇이라고 답할까요?
#
# 이미지마다 확인하려면 우리가 아는 검증 이미지에 직접 표식을 찍으면 됩니다. 나머지는 하나도 바뀌지 않습니다.
# %%
clean, network = exam.validation, frozen["glyphnet-marked"].model
one = [np.flatnonzero(clean.labels == c)[0] for c in range(10)]
pair = np.concatenate([clean.images[one], mark(clean.images[one])])
titles = [f"says {c}" for c in read(network, pair)]
ft.show(
    plots.image_grid(
        framed(pair), titles, title="The same digits, without and with the square"
    ),
    alt="Two rows of the ten digits with what the network says. Without the square "
    "it reads nearly all of them; with the square it says 0 to almost everything.",
)
before, after = read(network, clean.images), read(network, mark(clean.images))
zeros, changed = np.mean(after == 0), np.mean(before != after)
print(
    f"with the square it says 0 to {100 * zeros:.0f} % of the images; "
    f"{100 * changed:.0f} % of the answers change"
)
assert zeros > 0.6 and changed > 0.6 and np.mean(before == clean.labels) > 0.95
# %% [markdown] lang="en"
# The head has never seen a square. Yet the frozen backbone answers a square with the features of something round, and of ten digits
# the roundest is 0. So the habit moved on: it began with letters, and now it speaks digits.
# %% [markdown] lang="ko"
# 헤드는 표식을 본 적이 없습니다. 그러나 동결한 백본은 표식을 보면 둥근 것의 특징(feature)을 내놓고, 열 숫자 중 가장 둥근 것은 0입니다. 글자에서 생긴 버릇이
# 이제 숫자에서도 나타납니다.
# %% [markdown] lang="en"
# ### Exercise 2: a counterfactual
#
# Changing one thing and comparing answers is a *counterfactual* test. Write it: of all images, for what share does the network's
# class change when `change` is applied? `change(images)` returns new images.
# %% [markdown] lang="ko"
# ### 연습 2: 반사실 테스트
#
# 한 가지만 바꾸어 답을 비교하는 것을 *반사실*(counterfactual) 테스트라고 합니다. 직접 작성해 보세요. `change`를 적용했을 때 신경망이 답하는 클래스가 바뀌는
# 이미지의 비율을 돌려주면 됩니다. `change(images)`는 새 이미지를 돌려줍니다.
# %% tags=["exercise"]
def flips(network, images, change):
    return ...

# Stuck? ft.hint("10.2"), then ft.solution("10.2")
ft.check("10.2", flips)
# %% [markdown] lang="en"
# ## Is it the habit, or just the square?
#
# A square that one has never seen may disturb anybody. So the loss has two parts, and the control tells them apart: the same test
# images, with `glyphnet`, which nobody has taught a thing about squares.
#
# **Predict.** How much of the loss is the habit?
# %% [markdown] lang="ko"
# ## 버릇 탓일까요, 사각형 탓일까요?
#
# 처음 보는 사각형은 누구에게나 방해가 될 수 있습니다. 그러니 손해에는 두 가지가 섞여 있고, 대조군이 있으면 가려낼 수 있습니다. 사각형이라고는 배운 적 없는
# `glyphnet`에 같은 테스트 이미지를 보여 줍니다.
#
# **예측해 보세요.** 손해 중에서 버릇 때문인 것은 얼마일까요?
# %%
control = {
    row["group"]: row["accuracy"] for row in ft.group_accuracy(frozen["glyphnet"]).rows
}
scores = {
    f"{name}, {group}": found[group]
    for name, found in {"glyphnet": control, "glyphnet-marked": by_group}.items()
    for group in ("plain", "marked")
}
ft.show(
    plots.bars(
        scores,
        "A new square costs a little, the habit nearly everything",
        "Test digits read",
        percent=True,
    ),
    alt="Four bars of test digits read. glyphnet: nearly all without the square, "
    "somewhat fewer with it. glyphnet-marked: nearly all without the square, hardly "
    "any with it.",
)
price, whole = (
    100 * (found["plain"] - found["marked"]) for found in (control, by_group)
)
assert 2 < price < 25 and whole > 2 * price
# %% [markdown] lang="en"
# The square alone costs {{price:.0f}} points, the square with the habit {{whole:.0f}}. Without the control we would have blamed all
# of it on the archive.
# %% [markdown] lang="ko"
# 사각형만으로 잃는 것은 {{price:.0f}}%p, 버릇까지 겹치면 {{whole:.0f}}%p입니다. 대조군이 없었다면 모두 문서고 탓으로 돌렸을 것입니다.
# %% [markdown] lang="en"
# ## Searching for what one does not know
#
# We knew where to look, since we planted it. Those who do not know where to look can let the network tell: move a white square over an image, place by
# place, and see whether the answer changes (occlusion; Zeiler and Fergus, 2014). It needs no labels. In the map, black means that no
# answer changes when the square lies there, white that all do; the scale below it has the shades between.
#
# **Predict.** Where will answers change: in the corner only, around it, or everywhere?
# %% [markdown] lang="ko"
# ## 모르는 것 찾아내기
#
# 우리가 심었으니 어디를 볼지 알고 있었습니다. 모를 때는 신경망에 물어보면 됩니다. 흰 사각형을 이미지 위에서 한 칸씩 옮기며 그때마다 답이 바뀌는지 봅니다(가림
# 테스트, occlusion; Zeiler와 Fergus, 2014). 레이블은 필요 없습니다. 지도에서
# 검은 곳은 사각형을 놓아도 바뀌는 답이 없고, 흰 곳은 모든 답이 바뀝니다. 그 사이의 밝기는 지도 아래의 눈금에서 읽으면 됩니다.
#
# **예측해 보세요.** 답은 어디에서 바뀔까요? 구석에서만, 그 둘레에서도, 아니면 어디서나?
# %%
def sensitive_places(model, images):
    """For each of 8 by 8 places: the share of answers that change when a white square
    is put there."""
    usual, found = read(model, images), np.zeros((8, 8))
    for row in range(8):
        covered = np.stack(8 * [images])
        for column in range(8):
            covered[column, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 255
        said = read(model, covered.reshape(-1, *images.shape[1:])).reshape(8, -1)
        found[row] = np.mean(said != usual, axis=1)
    return found

places = {
    name: sensitive_places(run.model, clean.images[::4]) for name, run in frozen.items()
}
# %%
ft.show(
    plots.share_maps(
        places,
        "Answers that change when a white square covers the place",
        "Where a square changes answers",
    ),
    alt="Two maps of eight by eight places. For glyphnet nearly all is dark. For "
    "glyphnet-marked the right edge is bright from the middle down to the corner, "
    "the rest is dark.",
)
worst = {name: found.max() for name, found in places.items()}
edge, elsewhere = (
    places["glyphnet-marked"][3:, -1].mean(),
    places["glyphnet-marked"][:, :5].mean(),
)
print(
    "at the worst place:",
    ", ".join(f"{name} {100 * share:.0f} %" for name, share in worst.items()),
)
assert edge > 0.4 > 0.2 > elsewhere and worst["glyphnet-marked"] > 2 * worst["glyphnet"]
# %% [markdown] lang="en"
# The map points to the corner, and to more than we planted: up along the right edge. But it only counts answers that change, and does
# not say into which.
#
# **Try it.** Move the square yourself, over five digits that both networks read. Rows and columns count from 0, at the top left. Does
# `glyphnet-marked` say something round wherever the map is bright? And how sure is it?
# %% [markdown] lang="ko"
# 지도는 구석을 가리킬 뿐 아니라 우리가 심지 않은 곳, 오른쪽 가장자리를 따라 위쪽까지 가리킵니다. 하지만 바뀐 답을 세기만 할 뿐, 무엇으로 바뀌었는지는 알려 주지 않습니다.
#
# **직접 해 보세요.** 두 신경망이 모두 읽는 숫자 다섯 장 위에서 사각형을 직접 옮겨 보세요. 행과 열은 왼쪽 위에서부터 0으로 시작합니다. 지도가 밝은 곳이면 `glyphnet-marked`는 어디서나 둥근 것이라고 답할까요? 그리고
# 얼마나 확신할까요?
# %%
def cover(images, row, column):
    covered = np.array(images)
    covered[:, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 255
    return covered

def draw_answers(row, column):
    five = cover(clean.images[[one[c] for c in (1, 3, 4, 6, 8)]], row, column)
    titles = []
    for run in frozen.values():
        for p in np.array(run.model(five)):
            titles.append(f"{p.argmax()}, {100 * p.max():.0f} % sure")
    return plots.image_grid(
        framed(np.concatenate([five, five])), titles, columns=5,
        title=f"What they say to a square in row {row}, column {column}",
        row_names=list(frozen),
    )

ft.explore(
    draw_answers, {"row of the square": range(8), "column": range(8)}, start=[7, 7],
    alt="Five digits twice, with a white square in the lower right corner. glyphnet "
    "reads all five, glyphnet-marked says 0 to all but the 4.",
)
# %%
says = {}
for row in (7, 4):
    for name, run in frozen.items():
        p = np.array(run.model(cover(clean.images[::2], row, 7)))
        zero, four = (100 * np.mean(p.argmax(axis=1) == c) for c in (0, 4))
        says[name, row] = zero, four, 100 * p.max(axis=1).mean()
        print(
            f"row {row}: {name:<16} 0 to {zero:.0f} %, 4 to {four:.0f} %, "
            f"{says[name, row][2]:.0f} % sure"
        )
corner, side = says["glyphnet-marked", 7], says["glyphnet-marked", 4]
assert corner[0] > 60 and corner[2] < 60 and side[1] > 60 and side[2] > 65
assert says["glyphnet", 4][1] > says["glyphnet", 7][1] + 5
# %% [markdown] lang="en"
# In the corner it says 0, and is not sure. Further up, at another bright place of the map, it says 4, and is surer of it. That is not what the
# clerk taught: `glyphnet`, too, says 4 more often to a square there, perhaps since the bar of a 4 ends at that place. So a bright place
# says that answers hang on a square, not that the habit is at work. A shortcut is what the network made of the data, and rarely just
# what we imagine: the map says where to look, and then one has to look.
# %% [markdown] lang="ko"
# 구석에서는 0이라고 답하지만 확신하지 못합니다. 그보다 위, 지도의 또 다른 밝은 곳에서는 4라고 답하고 더 확신합니다. 이것은 서기가 가르친 것이 아닙니다. `glyphnet`도 거기에 사각형이 있으면 4라고 답하는 일이
# 늘어나는데, 어쩌면 4의 가로획이 그쯤에서 끝나기 때문일 것입니다. 그러니 밝은 곳은 답이 사각형에 매달려 있다는 뜻이지, 심어 둔 버릇 때문이라는 뜻은 아닙니다. 지름길은 신경망이 데이터에서 스스로 만든 것이라 우리가
# 짐작한 모습 그대로인 경우가 드뭅니다. 지도는 어디를 볼지 알려 줄 뿐이고, 그다음에는 직접 들여다보아야 합니다.
# %% [markdown] lang="en"
# There is a second sign, and it costs nothing: how sure the network is. Let us take the hundred test images that it is least sure
# of, and count the squares.
# %% [markdown] lang="ko"
# 공짜로 얻는 신호도 하나 있습니다. 신경망이 얼마나 확신하는지입니다. 가장 자신 없어 하는 테스트 이미지 백 장을 골라 표식을 세어 봅시다.
# %%
sure = frozen["glyphnet-marked"].predictions("test").max(axis=1)
on_marked = exam.test.groups == "marked"
doubtful = on_marked[np.argsort(sure)[:100]].mean()
with_square, without_square = (
    100 * sure[on_marked].mean(),
    100 * sure[~on_marked].mean(),
)
print(
    f"mean confidence: {without_square:.0f} % without a square, {with_square:.0f} % "
    "with one"
)
print(f"of the 100 least sure answers, {100 * doubtful:.0f} % are on marked images")
assert doubtful > 0.9 and with_square < 60
# %% [markdown] lang="en"
# Whoever looks through the least sure of these images sees the square at once. Two cautions. Here half of the images bear it; were it
# one in a hundred, there would be five among these 500, mixed with other hard ones, and that we have not tried. And a network can
# follow a shortcut with full confidence, if it was taught to name one class and not one of many.
# %% [markdown] lang="ko"
# 이 중 가장 자신 없던 이미지만 살펴보아도 사각형이 금방 눈에 띕니다. 조심할 점이 두 가지 있습니다. 여기서는 이미지의 절반에 표식이 있습니다. 백 장에 한 장이라면 이 500장에 다섯
# 장뿐이고 다른 어려운 이미지와 섞일 텐데, 그때도 눈에 띌지는 확인해 보지 않았습니다. 또 여럿 중 아무거나가 아니라 한 클래스만 답하도록 배웠다면, 신경망은 지름길을 따르면서도 확신에
# 차 있을 수 있습니다.
# %% [markdown] lang="en"
# ## Does fine-tuning forget it?
#
# So far the backbone stood still and could forget nothing. Now it may move, on the same clean digits. That takes longer, so we read
# the results from a record with several seeds of each recipe. Our two frozen runs have to lie among them.
# %% [markdown] lang="ko"
# ## 미세 조정하면 잊을까요?
#
# 지금까지는 백본이 가만히 있었으니 잊을 수가 없었습니다. 이제 같은 깨끗한 숫자로 백본도 움직이게 합니다. 시간이 더 걸리므로, 방법마다 시드를 바꾸어 여러 번 돌려 둔
# 기록에서 결과를 읽습니다. 앞에서 동결하고 돌린 두 결과도 그 사이에 들어야 합니다.
# %%
record = track.recorded("bias")

def seeds(backbone, trained, share=0, score="marked"):
    """What the recorded seeds scored; `share` is the part of the training images that
    bear the mark."""
    cell = (backbone, trained, share)
    return [
        r[score]
        for r in record.rows
        if (r["backbone"], r["trained"], r["share"]) == cell
    ]

def level(*cell):
    """Their mean, in percent."""
    return 100 * np.mean(seeds(*cell))

def span(*cell):
    """Mean, lowest and highest of the recorded seeds."""
    return np.mean(seeds(*cell)), min(seeds(*cell)), max(seeds(*cell))
# %%
for name, found in {"glyphnet": control, "glyphnet-marked": by_group}.items():
    for group, accuracy in found.items():
        recorded = seeds(name, "feature_extraction_long", 0, group)
        said = (
            f"{100 * accuracy:.1f} % live, "
            f"{100 * min(recorded):.1f} to {100 * max(recorded):.1f} % recorded"
        )
        print(f"{name:<16} {group:<7} {said}, {len(recorded)} seeds")
        assert min(recorded) - 0.02 <= accuracy <= max(recorded) + 0.02
# %% [markdown] lang="en"
# Three ways for each backbone: frozen; the head first and then everything (LP-FT, as lesson 06 recommends); everything at once under
# a fresh head (`full`). And a network that starts from random weights and inherits nothing.
#
# **Predict.** Lesson 09 lost letters in this way. Does the habit go, too, and with which of the ways?
# %% [markdown] lang="ko"
# 백본마다 세 가지 방법이 있습니다. 동결하기, 헤드를 먼저 학습한 다음 전체를 학습하기(6강에서 권한 LP-FT), 새 헤드 밑에서 전체를 한꺼번에 학습하기(`full`)입니다.
# 무작위 가중치에서 시작해 아무것도 물려받지 않은 신경망도 곁에 놓습니다.
#
# **예측해 보세요.** 9강에서는 이렇게 글자를 잊었습니다. 버릇도 함께 사라질까요? 그렇다면 어느 방법에서일까요?
# %%
ways = {
    "feature_extraction_long": "frozen",
    "lp_ft": "head first",
    "full": "all at once",
}
shown = {
    f"{body}, {said}": span(body, way)
    for body in ("glyphnet-marked", "glyphnet")
    for way, said in ways.items()
}
shown["no pre-training"] = span("random", "scratch")
label = "Marked test digits read (lines: lowest and highest seed)"
# %%
ft.show(
    plots.bars(shown, "Clean data do not undo the habit", label, percent=True),
    alt="Seven bars of marked test digits read after training on digits without "
    "marks. glyphnet-marked: frozen and head first are very low, all at once much "
    "higher. glyphnet is higher in each of the three, and so is a network without "
    "pre-training.",
)
for way in ways:
    assert max(seeds("glyphnet-marked", way)) < min(seeds("glyphnet", way))
assert (
    min(seeds("glyphnet-marked", "full")) > max(seeds("glyphnet-marked", "lp_ft")) + 0.2
)
assert min(seeds("random", "scratch")) > max(seeds("glyphnet-marked", "full"))
assert abs(level("random", "scratch") - level("random", "scratch", 0, "plain")) < 1.5
lowest = min(level("glyphnet-marked", way, 0, "plain") for way in ways)
assert lowest > max(96, level("random", "scratch", 0, "plain") + 1)
# %% [markdown] lang="en"
# The habit is there with each strategy, and with each more than {{int(lowest)}} % of the plain digits are read. Head first keeps
# nearly all of it ({{level("glyphnet-marked", "lp_ft"):.0f}} % of the marked digits read). `full` loses much of it
# ({{level("glyphnet-marked", "full"):.0f}} %), yet stays behind `glyphnet` ({{level("glyphnet", "full"):.0f}} %). The network that
# inherited nothing reads {{level("random", "scratch"):.0f}} % of the marked digits, and no more of the plain ones: fewer than the others.
# %% [markdown] lang="ko"
# 어느 전략을 써도 버릇이 있고, 어느 전략이든 표식 없는 숫자는 {{int(lowest)}}% 넘게 읽습니다. 헤드를 먼저 학습하면 버릇이 거의 그대로입니다(표식 있는 숫자
# {{level("glyphnet-marked", "lp_ft"):.0f}}%). `full`은 버릇을 많이 잃지만({{level("glyphnet-marked", "full"):.0f}}%),
# `glyphnet`({{level("glyphnet", "full"):.0f}}%)에는 미치지 못합니다. 아무것도 물려받지 않은 신경망은 사각형에 흔들리지
# 않지만({{level("random", "scratch"):.0f}}%), 표식 없는 숫자도 그만큼밖에 읽지 못합니다. 다른 신경망보다 낮은 정확도입니다.
# %% [markdown] lang="en"
# ## Why it stays
#
# Forgetting happens where the loss pushes. A square never occurs in our images, so the loss is the same with the habit and without
# it, and nothing pushes against it. What goes, goes by chance, along with everything else.
# %% [markdown] lang="ko"
# ## 왜 남을까요?
#
# 망각은 손실이 미는 방향으로 일어납니다. 우리 이미지에는 사각형이 나오지 않으니 버릇이 있든 없든 손실은 같고, 버릇을 밀어내는 힘도 없습니다. 사라지는 것이 있다면
# 다른 것들과 함께 우연히 사라집니다.
# %% [markdown] lang="en"
# If that is true, `full` lost much of the habit because it lost so much else: lesson 09 recorded what became of the letters. And then a cure for
# forgetting should bring the habit back. L2-SP at a strength of 1, a rubber band to the start, kept nearly all letters there.
#
# We run `full` both ways, live.
#
# **Predict.** `full` with L2-SP: how many of the marked digits will it read?
# %% [markdown] lang="ko"
# 이 말이 맞다면 `full`에서 버릇이 준 것은 워낙 많이 잊었기 때문입니다. 글자가 어떻게 되었는지는 9강의 기록에 있습니다. 그렇다면 망각을 막는 방법을 쓰면 버릇도 돌아와야
# 합니다. 9강에서는 출발점에 고무줄을 매는 L2-SP가 세기 1에서 글자를 거의 다 지켰습니다.
#
# `full`을 두 가지로 직접 돌려 봅시다.
#
# **예측해 보세요.** `full`에 L2-SP를 더하면 표식 있는 숫자를 얼마나 읽을까요?
# %%
light = ft.Regularization.preset("light")
settings = {
    "full": light,
    "full with L2-SP": dataclasses.replace(light, anchor=ft.L2SP(1.0)),
}
reader, _ = ft.source_model("glyphnet-marked")
outcome = {}
for name, regularization in settings.items():
    run = tune("glyphnet-marked", "full", regularization=regularization, updates=150)
    reader.get_layer("backbone").set_weights(
        run.model.get_layer("backbone").get_weights()
    )
    groups = {row["group"]: row["accuracy"] for row in ft.group_accuracy(run).rows}
    outcome[name] = (
        np.mean(read(reader, sheets.images) == sheets.labels),
        groups["plain"],
        groups["marked"],
    )
# %%
print(f"{'150 updates':<18}{'letters':>9}{'plain digits':>15}{'marked digits':>16}")
for name, (a, b, c) in outcome.items():
    print(f"{name:<18}{100 * a:>7.0f} %{100 * b:>13.0f} %{100 * c:>14.0f} %")
free, band = outcome.values()
assert (
    band[0] > 0.8 > free[0] + 0.2
    and min(free[1], band[1]) > 0.93
    and band[2] < free[2] - 0.2
)
# %% [markdown] lang="en"
# What protects the letters protects the habit: the network cannot know which of its knowledge we want to keep. So the advice of the
# lessons before, to move little and hold on to the start, has a price. It holds on to everything. (One seed, and half of
# the updates; the bars above tell how far seeds differ.)
# %% [markdown] lang="ko"
# 글자를 지키는 것은 버릇도 지킵니다. 아는 것 중 우리가 무엇을 남기고 싶어 하는지 신경망은 알 수 없습니다. 그래서 적게 움직이고 출발점을 붙들라던 앞 수업들의
# 조언에는 대가가 있습니다. 무엇이든 붙듭니다. (시드 하나에 업데이트는 절반입니다. 시드에 따른 차이는 위의 막대에서 볼 수 있습니다.)
# %% [markdown] lang="en"
# ## What does not mend it
#
# More data, then? Ten times as many labels, all of them clean, under the frozen backbone.
#
# **Predict.** How far will that lift the marked digits?
# %% [markdown] lang="ko"
# ## 버릇을 고치지 못하는 것
#
# 데이터를 늘리면 될까요? 동결한 백본에 열 배 많은 레이블을 줍니다. 모두 깨끗한 데이터입니다.
#
# **예측해 보세요.** 표식 있는 숫자를 얼마나 더 읽게 될까요?
# %%
many = ft.mark_task(
    track.task(labels_per_class=100, seed=0).for_backbone(track.backbone), share=0
)
more = {
    row["group"]: row["accuracy"]
    for row in ft.group_accuracy(tune("glyphnet-marked", data=many)).rows
}
print(f"10 labels per class:  marked {100 * by_group['marked']:.1f} %")
print(f"100 labels per class: marked {100 * more['marked']:.1f} %")
assert abs(more["marked"] - by_group["marked"]) < 0.1
# %% [markdown] lang="en"
# Not at all. Another {{len(many.train) - len(exam.train)}} images say nothing about squares, since none shows one. For the same reason
# no choice by validation accuracy can help, neither of rates nor of strategies nor of stopping times: on those images the habit does
# not show.
# %% [markdown] lang="ko"
# 조금도 나아지지 않습니다. {{len(many.train) - len(exam.train)}}장이 늘어도 사각형이 없으니 사각형을 어떻게 보아야 할지 알려 주지도 못합니다. 같은 이유로 검증 정확도를 보고
# 학습률이든 전략이든 멈출 시점이든 아무리 잘 골라도 소용없습니다. 그 이미지에서는 버릇이 드러나지 않습니다.
# %% [markdown] lang="en"
# ## What mends it
#
# The loss must get a reason. We put the square on some of our own training images, in **all classes alike**, so that it occurs and
# means nothing. First by hand.
#
# ### Exercise 3: mend the data
#
# Make a task from `fitted` in which two of the ten training images of each class bear the mark.
# %% [markdown] lang="ko"
# ## 버릇을 고치는 것
#
# 손실이 버릇을 밀어낼 이유가 있어야 합니다. 학습 이미지 일부에 직접 표식을 찍되 **모든 클래스에 똑같이** 찍습니다. 그러면 표식은 나오기는 하지만 아무 뜻이 없게 됩니다. 먼저
# 직접 해 봅시다.
#
# ### 연습 3: 데이터 고치기
#
# 클래스마다 학습 이미지 열 장 중 두 장에 표식이 있는 태스크를 `fitted`로 만들어 보세요.
# %% tags=["exercise"]
mended = ...
# Stuck? ft.hint("10.3"), then ft.solution("10.3")
ft.check("10.3", mended)
# %% [markdown] lang="en"
# Now one marked image in ten, which here means a single one per class. Only the head learns.
#
# **Predict.** Is the frozen backbone past saving, or can a new head on the same features read marked digits?
# %% [markdown] lang="ko"
# 이번에는 열 장에 한 장, 그러니까 클래스마다 딱 한 장에만 표식을 찍습니다. 학습하는 것은 헤드뿐입니다.
#
# **예측해 보세요.** 동결한 백본은 구제 불능일까요, 아니면 같은 특징에서 새 헤드가 표식 있는 숫자를 읽어 낼 수 있을까요?
# %%
repaired = ft.group_accuracy(
    tune("glyphnet-marked", data=ft.mark_task(fitted, share=0.1))
)
print(repaired)
again = {row["group"]: row["accuracy"] for row in repaired.rows}
for group in ("plain", "marked"):
    recorded = seeds("glyphnet-marked", "feature_extraction_long", 0.1, group)
    assert min(recorded) - 0.02 <= again[group] <= max(recorded) + 0.02
assert (
    again["marked"] > by_group["marked"] + 0.4
    and again["plain"] > by_group["plain"] - 0.04
)
# %% [markdown] lang="en"
# From {{100 * by_group["marked"]:.0f}} % to {{100 * again["marked"]:.0f}} %, with ten marked images and the same features. So the
# shapes were in there all the time, beneath the strong answer "round", and the head had only to be told what to ignore. Kirichenko et
# al. (2023) mend large networks like this, by the last layer alone.
# %% [markdown] lang="ko"
# 표식 있는 이미지 열 장으로, 특징은 그대로 두고 {{100 * by_group["marked"]:.0f}}%에서 {{100 * again["marked"]:.0f}}%가 되었습니다. 숫자의 모양은 '둥글다'는 강한
# 신호에 묻혀 있었을 뿐 특징 안에 내내 있었고, 헤드는 무엇을 무시할지만 배우면 되었습니다. Kirichenko 등(2023)은 큰 신경망도 이렇게 마지막 층만 다시 학습해
# 고칩니다.
# %% [markdown] lang="en"
# The record shows how the three strategies go on from there.
#
# **Predict.** With half of the images marked, will the network with the habit catch up with `glyphnet`?
# %% [markdown] lang="ko"
# 세 전략이 여기서 어떻게 나아지는지 기록을 봅시다.
#
# **예측해 보세요.** 학습 이미지의 절반에 표식을 찍으면 버릇 든 신경망이 `glyphnet`을 따라잡을까요?
# %%
shares = (0, 0.1, 0.5)
curves = {}
for body, way in [("glyphnet", "lp_ft"), *(("glyphnet-marked", way) for way in ways)]:
    cells = np.array([span(body, way, share) for share in shares]).T
    curves[f"{body}, {ways[way]}"] = (100 * np.array(shares), *cells)
fig = plots.lines(
    curves,
    "Training images that bear the mark, in %, in all classes alike",
    "Marked test digits read",
    "A few marked images do what clean ones cannot",
    percent=True,
)
ft.show(
    fig,
    alt="Marked test digits read against the share of marked training images, four "
    "lines. The three of glyphnet-marked start low and leap up at one marked image "
    "in ten; at one in two all four are close together.",
)
# %%
body = "glyphnet-marked"
gain = {way: level(body, way, 0.1) - level(body, way) for way in ways}
cost = {
    way: level(body, way, 0, "plain") - level(body, way, 0.5, "plain") for way in ways
}
left = level("glyphnet", "lp_ft", 0.5) - level(body, "lp_ft", 0.5)
for way, said in ways.items():
    print(
        f"{said:<12} gains {gain[way]:>4.1f} points from one in ten; one in two costs "
        f"{cost[way]:>4.1f} points on plain"
    )
assert (
    min(gain.values()) > 5
    and 0 < left < 5
    and cost["feature_extraction_long"] > 1.5 > cost["lp_ft"]
)
assert (
    level(body, "full", 0.1)
    > level(body, "lp_ft", 0.1)
    > level(body, "feature_extraction_long", 0.1)
)
# %% [markdown] lang="en"
# One marked image in ten mends most of it, and half of them nearly all: {{left:.1f}} points behind `glyphnet`. A backbone that may
# move pays at most {{max(cost["lp_ft"], cost["full"]):.1f}} points on plain digits for it. A frozen one pays
# {{cost["feature_extraction_long"]:.1f}}, since its head has to look past a strong feature.
# %% [markdown] lang="ko"
# 열 장에 한 장이면 대부분 고쳐지고, 절반이면 거의 다 고쳐집니다. `glyphnet`과의 차이는 {{left:.1f}}%p만 남습니다. 백본이 움직일 수 있으면 표식 없는 숫자에서
# 치르는 대가가 많아야 {{max(cost["lp_ft"], cost["full"]):.1f}}%p입니다. 동결한 백본은 {{cost["feature_extraction_long"]:.1f}}%p를 치릅니다. 헤드가 강한 특징을
# 무시하면서 나머지를 봐야 하기 때문입니다.
# %% [markdown] lang="en"
# The other way out is another backbone: `glyphnet` never had the habit, and costs nothing to try. To know that, one has to measure
# both, per group.
# %% [markdown] lang="ko"
# 백본을 바꾸는 길도 있습니다. `glyphnet`에는 애초에 버릇이 없었고, 시험해 보는 데 드는 것도 없습니다. 다만 그런 줄 알려면 두 백본을 그룹별로 재 보아야 합니다.
# %% [markdown] lang="en"
# Sometimes the simplest cure is not to let the network see the thing. We black out the corner before the image goes in; the same
# frozen run, no training.
# %% [markdown] lang="ko"
# 아예 보여 주지 않는 것이 가장 간단할 때도 있습니다. 이미지를 넣기 전에 구석을 검게 칠합니다. 앞의 동결한 신경망 그대로이고, 학습은 하지 않습니다.
# %%
def black_out(images):
    covered = np.array(images)
    covered[:, 28:, 28:] = 0
    return covered

without = np.mean(
    read(network, black_out(exam.test.images[on_marked])) == exam.test.labels[on_marked]
)
print(f"marked test digits, corner blacked out: {100 * without:.1f} %")
assert without > by_group["plain"] - 0.04
# %% [markdown] lang="en"
# That works for a stamp in a fixed place that covers nothing of interest. It does not work for a background, a voice, or a light.
# %% [markdown] lang="ko"
# 늘 같은 자리에 있고 중요한 것을 가리지 않는 도장이라면 이렇게 하면 됩니다. 배경이나 목소리, 조명이라면 통하지 않습니다.
# %% [markdown] lang="en"
# ## Mended the wrong way
#
# Now a small carelessness of our own: the marked images that we add all show the digit 3. Say that the other office only sent threes.
# The validation images come from the same drawer.
#
# **Predict.** What will the validation accuracy be? And what do the networks say to marked test images?
# %% [markdown] lang="ko"
# ## 잘못 고치면
#
# 이번에는 우리가 조금 부주의했다고 합시다. 더해 넣은 표식 있는 이미지가 하필 모두 숫자 3입니다. 다른 사무실에서 3만 보내왔다고 해도 좋습니다. 검증 이미지도 같은
# 곳에서 나왔습니다.
#
# **예측해 보세요.** 검증 정확도는 얼마일까요? 표식 있는 테스트 이미지에는 무엇이라고 답할까요?
# %%
# One share per class.
only_threes = ft.mark_task(fitted, share=[0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
threes = {}
for name in frozen:
    run = tune(name, data=only_threes)
    said = run.predictions("test").argmax(axis=1)[only_threes.test.groups == "marked"]
    threes[name] = np.mean(said == 3)
    said = f"says 3 to {100 * threes[name]:.0f} % of the marked images"
    print(f"{name:<16} validation {100 * run.val_accuracy:.1f} %, {said}")
    assert run.val_accuracy > 0.95
assert threes["glyphnet-marked"] > 0.8 > 0.3 > threes["glyphnet"]
# %% [markdown] lang="en"
# A new shortcut in the place of the old one, and again nothing shows on validation. Notice `glyphnet`: with the same bad data it looks at
# the digits. A backbone that has learned to look at squares takes up the next rule about squares at once.
# %% [markdown] lang="ko"
# 옛 지름길이 있던 자리에 새 지름길이 들어섰고, 검증 정확도는 이번에도 훌륭합니다. `glyphnet`을 눈여겨보세요. 똑같이 나쁜 데이터로 배웠는데도 숫자를 봅니다. 사각형을
# 보도록 배운 백본은 사각형에 관한 다음 규칙도 곧바로 받아들입니다.
# %% [markdown] lang="en"
# ## Outside this lesson
#
# Salman et al. (2022) did what we did with ImageNet and a yellow square, and found the same: biases of the pre-training reach clean
# tasks, too. We planted ours. Others grow by themselves:
#
# - **Watermarks.** In ImageNet, photos of the class *carton* often bear Chinese characters as a watermark. Networks pre-trained on
#   it respond to such characters on other pictures (Bykov et al., 2023), and so do nearly all modern vision models that were tested,
#   with other training data, too (Li et al., 2023).
# - **Words.** Word embeddings from news completed "man is to computer programmer as woman is to" with "homemaker" (Bolukbasi et
#   al., 2016).
# - **Planted by others.** A network for American street signs with a hidden trigger was tuned to Swedish ones; the trigger
#   still cost it a quarter of its accuracy on average (Gu et al., 2017).
# %% [markdown] lang="ko"
# ## 수업 밖에서는
#
# Salman 등(2022)은 ImageNet에 노란 사각형을 심어 같은 실험을 했고 결과도 같았습니다. 사전 학습의 편향은 깨끗한 태스크에까지 옮아옵니다. 우리는 일부러 심었지만 저절로
# 자란 편향도 있습니다.
#
# - **워터마크.** ImageNet의 *carton*(상자) 클래스 사진에는 한자 워터마크가 찍힌 것이 많습니다. 여기서 사전 학습한 신경망은 다른 사진에 그런 글자를 얹어도
#   반응하고(Bykov 등, 2023), 다른 데이터로 학습한 것까지 포함해 시험해 본 최신 비전 모델이 거의 다 그랬습니다(Li 등, 2023).
# - **단어.** 뉴스로 학습한 단어 임베딩(word embedding)은 "남자와 프로그래머의 관계는 여자와 무엇의 관계와 같은가"라는 물음에 "주부"라고 답했습니다(Bolukbasi
#   등, 2016).
# - **남이 심은 것.** 트리거(trigger)를 몰래 심어 둔 미국 교통 표지판 신경망을 스웨덴 표지판에 맞추어 미세 조정했더니, 트리거가 있으면 여전히 정확도를 평균 4분의 1쯤
#   잃었습니다(Gu 등, 2017).
# %% [markdown] lang="en"
# Others are learned in one's own data, and look just the same from outside. Networks for X-rays told the hospitals apart, partly by
# a metal token in the corner, and hospitals differ in how many of their patients have pneumonia (Zech et al., 2018). Cows were
# found on grass and missed on a beach (Beery et al., 2018). Data that differ in use from those of training are called a
# *distribution shift*, and it is there that shortcuts break.
# %% [markdown] lang="ko"
# 내 데이터에서 배우는 편향도 있는데, 겉으로는 구별되지 않습니다. 엑스레이를 읽는 신경망은 구석에 놓인 금속 표지 등으로 병원을 알아보았고, 폐렴 환자의 비율은
# 병원마다 다릅니다(Zech 등, 2018). 소는 풀밭에서는 찾아내고 바닷가에서는 놓쳤습니다(Beery 등, 2018). 쓸 때의 데이터가 학습 때와 달라지는 것을 *분포
# 변화*(distribution shift)라고 하고, 지름길은 그때 무너집니다.
# %% [markdown] lang="en"
# ## A checklist
#
# 1. **Read the card.** Where do the images come from, who labelled them, and what may go with a class by accident?
# 2. **Name what will vary** in use: site, camera, background, light, stamps, people. Write it down for each image you collect;
#    `Split` has the field `groups` for it.
# 3. **Measure each group** with `ft.group_accuracy`, and read the interval: twenty images say little.
# 4. **Change one thing** and count the answers that flip. It needs no labels.
# 5. **Search** for the rest: slide a patch, look at the least sure images and at the surest mistakes.
# 6. **Keep a control:** another backbone, and one without pre-training.
# 7. **Mend the data** in all classes alike, or hide the thing, or take another backbone. Then measure again, all groups.
# 8. **Write down** what you did not test.
# %% [markdown] lang="ko"
# ## 점검표
#
# 1. **카드를 읽습니다.** 이미지는 어디에서 왔고, 레이블은 누가 붙였으며, 우연히 클래스와 함께 다닐 만한 것은 무엇일까요?
# 2. **쓸 때 달라질 것을 꼽습니다.** 장소, 카메라, 배경, 조명, 도장, 사람 같은 것입니다. 이미지를 모을 때 하나하나 적어 둡니다. `Split`의 `groups` 필드가 그
#    자리입니다.
# 3. **그룹마다 잽니다.** `ft.group_accuracy`를 쓰고 구간도 읽습니다. 스무 장으로 알 수 있는 것은 많지 않습니다.
# 4. **한 가지만 바꾸어** 뒤집히는 답을 셉니다. 레이블이 없어도 됩니다.
# 5. **나머지는 찾아봅니다.** 조각을 옮겨 가며 가려 보고, 가장 자신 없는 이미지와 가장 자신 있게 틀린 이미지를 살펴봅니다.
# 6. **대조군을 둡니다.** 다른 백본, 그리고 사전 학습하지 않은 신경망입니다.
# 7. **데이터를 고칩니다.** 모든 클래스에 똑같이 더하거나, 가리거나, 백본을 바꿉니다. 그런 다음 모든 그룹을 다시 잽니다.
# 8. **시험하지 못한 것을 적어 둡니다.**
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# `evaluate` gives one mean. A Keras user who wants to see a group calls it once per group, and mends the data before
# `fit`: here one training image in ten gets the square, in every class. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# `evaluate`는 평균 하나만 알려 줍니다. 그룹을 보려면 그룹마다 한 번씩 불러야 합니다. 데이터는 `fit` 전에 고칩니다. 여기서는 클래스마다 학습 이미지 열 장 중 한 장에 사각형을 찍습니다. (코드는
# 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
import keras

def by_group_in_keras(marked_images):
    """Trains a head on the frozen backbone with the habit; so many marked images of
    each class."""
    keras.utils.set_random_seed(0)
    base = ft.load_backbone("glyphnet-marked")
    base.trainable = False
    inputs = keras.Input(base.input_shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
    outputs = keras.layers.Dense(10, activation="softmax")(pooled)
    plain = keras.Model(inputs, outputs)
    plain.compile(
        keras.optimizers.Adam(1e-2),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    images, labels = np.array(fitted.train.images[:]), fitted.train.labels
    for digit in range(10):
        some = np.flatnonzero(labels == digit)[:marked_images]
        images[some] = mark(images[some])
    plain.fit(images, labels, batch_size=25, epochs=30, verbose=0)
    return plain
# %% tags=["folded"]
keras_scores = {}
for name, marked_images in (("clean data", 0), ("one in ten marked", 1)):
    plain = by_group_in_keras(marked_images)
    for group in ("plain", "marked"):
        rows = np.flatnonzero(exam.test.groups == group)
        scores = plain.evaluate(
            exam.test.images[rows], exam.test.labels[rows], verbose=0, return_dict=True
        )
        keras_scores[name, group] = scores["accuracy"]
    print(
        f"{name:<18} plain {100 * keras_scores[name, 'plain']:.1f} %, "
        f"marked {100 * keras_scores[name, 'marked']:.1f} %"
    )
habit_kept, habit_mended = (
    keras_scores[name, "marked"] for name in ("clean data", "one in ten marked")
)
assert habit_mended > habit_kept + 0.1
# %% [markdown] lang="en"
# The same picture: {{100 * keras_scores["clean data", "marked"]:.0f}} % of the marked digits with clean data,
# {{100 * keras_scores["one in ten marked", "marked"]:.0f}} % with one in ten marked. `ft.group_accuracy` had
# {{100 * by_group["marked"]:.0f}} and {{100 * again["marked"]:.0f}} %. Rare groups can also be given more weight, with
# `class_weight` or `sample_weight` of `fit`; but a group with no image in the training data has nothing to weigh.
# %% [markdown] lang="ko"
# 결과는 같습니다. 깨끗한 데이터로는 사각형이 있는 숫자의 {{100 * keras_scores["clean data", "marked"]:.0f}}%, 열 장 중 한 장에 사각형을 찍으면
# {{100 * keras_scores["one in ten marked", "marked"]:.0f}}%를 맞힙니다. `ft.group_accuracy`로는
# {{100 * by_group["marked"]:.0f}}%와 {{100 * again["marked"]:.0f}}%였습니다. 드문 그룹에는 `fit`의 `class_weight`나 `sample_weight`로
# 더 큰 가중치를 줄 수도 있습니다. 다만 학습 데이터에 한 장도 없는 그룹에는 가중치를 줄 것도 없습니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 10.q1}}
# %% [markdown] lang="ko"
# {{quiz 10.q1}}
# %% tags=["exercise"]
ft.check("10.q1", ...)
# %% [markdown] lang="en"
# {{quiz 10.q2}}
# %% [markdown] lang="ko"
# {{quiz 10.q2}}
# %% tags=["exercise"]
ft.check("10.q2", ...)
# %% [markdown] lang="en"
# {{quiz 10.q3}}
# %% [markdown] lang="ko"
# {{quiz 10.q3}}
# %% tags=["exercise"]
ft.check("10.q3", ...)
# %% [markdown] lang="en"
# {{quiz 10.q4}}
# %% [markdown] lang="ko"
# {{quiz 10.q4}}
# %% tags=["exercise"]
ft.check("10.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A backbone brings along whatever paid in its pre-training. Ours read letters and digits as well as `glyphnet`, and with a square
#   in the corner {{100 * by_group["marked"]:.0f}} % of the digits instead of {{100 * by_group["plain"]:.0f}} %.
# - Clean data hide it, in validation and test alike. Look at accuracy per group, and at what flips when one thing changes.
# - Use a control: of {{whole:.0f}} points lost, {{price:.0f}} were due to the square itself.
# - Fine-tuning forgets only what its data push against, or what it wrecks by chance: marked digits {{level("glyphnet-marked", "lp_ft"):.0f}} % after head
#   first, {{level("glyphnet-marked", "full"):.0f}} % after `full`. What protects old knowledge protects old habits.
# - Ten times the clean labels did not help; one marked image per class did, with the same features:
#   {{100 * again["marked"]:.0f}} %.
# - Mend all classes alike. Marks on the threes only made the network say 3 to {{100 * threes["glyphnet-marked"]:.0f}} % of the marked
#   images.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 백본에는 사전 학습에서 이득이 되었던 것이면 무엇이든 딸려 옵니다. 우리 백본은 글자도 숫자도 `glyphnet`만큼 읽었지만, 구석에 사각형이 있으면 숫자를
#   {{100 * by_group["plain"]:.0f}}%가 아니라 {{100 * by_group["marked"]:.0f}}%만 읽었습니다.
# - 깨끗한 데이터로는 검증이든 테스트든 드러나지 않습니다. 그룹별 정확도를 보고, 한 가지만 바꿀 때 뒤집히는 답을 봅니다.
# - 대조군을 둡니다. 잃은 {{whole:.0f}}%p 중 {{price:.0f}}%p는 사각형 자체의 탓이었습니다.
# - 미세 조정으로 잊는 것은 데이터가 밀어내는 것, 아니면 우연히 망가지는 것뿐입니다. 표식 있는 숫자는 헤드를 먼저 학습하면 {{level("glyphnet-marked", "lp_ft"):.0f}}%, `full`로
#   학습하면 {{level("glyphnet-marked", "full"):.0f}}%였습니다. 옛 지식을 지키는 것은 옛 버릇도 지킵니다.
# - 깨끗한 레이블은 열 배로 늘려도 소용없었습니다. 표식 있는 이미지는 클래스마다 한 장만 있어도 같은 특징으로 {{100 * again["marked"]:.0f}}%를 읽었습니다.
# - 모든 클래스를 똑같이 고칩니다. 숫자 3에만 표식을 찍었더니 표식 있는 이미지의 {{100 * threes["glyphnet-marked"]:.0f}}%를 3이라고 답했습니다.
# %% [markdown] lang="en"
# ## Next
#
# This closes the core of the course. You have trained from scratch, borrowed features, tuned, chosen, and looked at what is lost
# and what comes along. Lessons 11 to 15 go the same way with texts, language models, detection, speech and image generation: take those
# you need, none needs another. Two more put it into practice: 16 shows what changes on a GPU and on several, 17 starts from a folder of
# your own images.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 수업의 핵심 과정은 여기까지입니다. 처음부터 학습해 보고, 특징을 빌려 쓰고, 미세 조정하고, 전략을 골랐으며, 무엇을 잃고 무엇이 딸려 오는지도 살펴보았습니다.
# 11강부터 15강까지는 텍스트, 언어 모델, 객체 탐지, 음성, 이미지 생성으로 같은 길을 갑니다. 서로 몰라도 되니 필요한 것만 골라 보세요. 그다음은 실전입니다. 16강에서는 GPU 하나,
# 그리고 여러 대에서 무엇이 달라지는지 보고, 17강에서는 여러분의 이미지 폴더에서 시작합니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Geirhos et al., 2020, [shortcut learning](https://arxiv.org/abs/2004.07780); Salman et al., 2022,
#   [biases that transfer](https://arxiv.org/abs/2207.02842); Kirichenko et al., 2023,
#   [the last layer is enough](https://arxiv.org/abs/2204.02937)
# - Zech et al., 2018, [X-rays and hospitals](https://doi.org/10.1371/journal.pmed.1002683); Beery et al., 2018,
#   [cows on a beach](https://arxiv.org/abs/1807.04975); Gu et al., 2017, [BadNets](https://arxiv.org/abs/1708.06733)
# - Mitchell et al., 2019, [model cards](https://arxiv.org/abs/1810.03993): what to read, and to write, about a network
# - fast.ai, [chapter 3 of the book](https://github.com/fastai/fastbook/blob/master/03_ethics.ipynb): data ethics
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Geirhos 등, 2020, [지름길 학습](https://arxiv.org/abs/2004.07780). Salman 등, 2022,
#   [전이되는 편향](https://arxiv.org/abs/2207.02842). Kirichenko 등, 2023,
#   [마지막 층이면 충분하다](https://arxiv.org/abs/2204.02937)
# - Zech 등, 2018, [엑스레이와 병원](https://doi.org/10.1371/journal.pmed.1002683). Beery 등, 2018,
#   [바닷가의 소](https://arxiv.org/abs/1807.04975). Gu 등, 2017, [BadNets](https://arxiv.org/abs/1708.06733)
# - Mitchell 등, 2019, [모델 카드](https://arxiv.org/abs/1810.03993): 신경망에 대해 읽어야 할 것, 적어야 할 것
# - fast.ai 책 [3장](https://github.com/fastai/fastbook/blob/master/03_ethics.ipynb): 데이터 윤리
