# %% [markdown] lang="en"
# # Detection: what is where
#
# "Is there a number plate, and where?" A photo has one class no longer: it has objects, as many as there are, each with a place. Backbone,
# strategy and run stay as they were. New is the head, and new is the score.
#
# **Questions**
# - How does a network say where something is?
# - How does one score an answer that is nearly in the right place?
# - From COCO to licence plates and blood cells: does transfer pay, and is it better to freeze?
#
# **You will**
# - put a head of cells on a backbone, and see which cell answers for what
# - write the three pieces by hand: overlap, non-maximum suppression, average precision
# - find plates and read them: two networks make one system
# - read recorded seeds on real photos: what is gained, and what is forgotten
#
# ⏱ {{minutes}} minutes · Needs: lessons 05 to 07 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 객체 탐지: 무엇이 어디에
#
# "번호판이 있나요? 어디에 있나요?" 이제 사진 한 장에 클래스 하나가 아닙니다. 물체가 있는 만큼 있고, 저마다 자리가 있습니다. 백본(backbone), 전략, 실행은 그대로입니다. 새로운 것은 헤드와
# 점수입니다.
#
# **질문**
# - 신경망은 물체의 자리를 어떻게 말할까요?
# - 거의 맞는 자리를 말한 답은 어떻게 채점할까요?
# - COCO에서 자동차 번호판과 혈액 세포로 옮길 때 전이 학습(transfer learning)이 이득일까요? 동결하는 편이 나을까요?
#
# **이 수업을 마치면**
# - 백본에 칸으로 된 헤드를 얹고, 어느 칸이 무엇을 맡는지 볼 수 있습니다
# - 겹침, 비최대 억제, 평균 정밀도를 손으로 짤 수 있습니다
# - 번호판을 찾아서 읽습니다. 신경망 두 개가 시스템 하나가 됩니다
# - 진짜 사진에 대한 여러 시드의 기록에서 무엇을 얻고 무엇을 잊는지 읽습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 5강, 6강, 7강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import keras
import numpy as np
from scipy.stats import t

import ftlib as ft
from ftlib import plots
from ftlib.objectives.average_precision import precision_recall
from ftlib.objectives.boxes import pairwise_iou
from ftlib.objectives.detection import assign_cells
from ftlib.tasks import streets

NAME, UPDATES, BATCH = "minidetector", 80, 8
backbone = ft.load_backbone(NAME)
task = ft.load_task("streets", labels_per_class=20, seed=0)
print(task)
ft.show(
    plots.boxes(
        task.train.inputs[:6],
        task.train.targets[:6],
        task.class_names,
        columns=3,
        title="Twenty such streets to learn from",
    ),
    alt="Six drawn streets with boxes around cars, number plates and road signs.",
)
# %% [markdown] lang="en"
# These streets are drawn, so nobody's car is in this notebook; real photos come below. The targets of a picture are its boxes: `x0, y0, x1,
# y1` in pixels, and a class. There are {{sum(map(len, task.train.targets))}} of them in {{len(task.train)}} streets.
# %% [markdown] lang="ko"
# 그린 거리이므로 실제 차는 이 노트북에 없습니다. 진짜 사진은 아래에서 만납니다. 그림 한 장의 타깃은 박스들입니다. 픽셀로 나타낸 `x0, y0, x1, y1`과 클래스입니다. 거리
# {{len(task.train)}}장에 박스가 {{sum(map(len, task.train.targets))}}개 있습니다.
# %% [markdown] lang="en"
# ## You only look once
#
# Earlier detectors cut out thousands of windows and classified each. In 2016 *YOLO* (you only look once) asked the network a single time: lay
# a grid over the picture, and let every cell say at once whether an object has its middle there, of which class, and how far it reaches. So a
# camera could be followed live, on one GPU. All later YOLOs kept the idea.
#
# **Predict.** With a cell every {{task.objective.stride}} pixels on a street of {{task.input_shape[0]}} by {{task.input_shape[1]}}: how many
# answers does the network give?
# %% [markdown] lang="ko"
# ## 한 번만 봅니다
#
# 그전의 탐지기(detector)는 창을 수천 개 잘라 내어 하나씩 분류했습니다. 2016년에 *YOLO*(you only look once, 한 번만 본다)는 신경망에 딱 한 번 물었습니다. 그림에 격자를
# 깔고, 칸마다 물체의 가운데가 거기 있는지, 어떤 클래스인지, 어디까지 뻗는지를 한꺼번에 말하게 한 것입니다. 그래서 GPU 하나로 카메라를 실시간으로 따라갈 수 있었습니다. 뒤에 나온 YOLO도
# 모두 이 생각을 이어받았습니다.
#
# **예측해 보세요.** {{task.input_shape[0]}}×{{task.input_shape[1]}}픽셀 거리에 칸이 {{task.objective.stride}}픽셀마다 있으면 신경망은 답을 몇 개나 할까요?
# %%
stride, grid = task.objective.stride, task.objective.grid_of(task.input_shape[:2])
image, boxes = task.train.inputs[0], task.train.targets[0]
answers = assign_cells(boxes, grid, stride, task.num_classes)
cells = np.flatnonzero(answers[:, 4:].any(axis=1))
rows, columns = np.divmod(cells, grid[1])
squares = stride * np.stack([columns, rows, columns + 1, rows + 1], axis=1)
marked = np.column_stack([squares, answers[cells, 4:].argmax(axis=1)])
ft.show(
    plots.boxes(
        image[None],
        [marked],
        task.class_names,
        truth=[boxes],
        columns=1,
        width=5.5,
        title="The cells that answer for an object",
    ),
    alt="A drawn street; small squares in the middle of each object mark the cells "
    "that answer for it.",
)
print(
    f"{grid[0]} x {grid[1]} = {len(answers)} cells; {len(cells)} answer for "
    f"{len(boxes)} objects"
)
# %% [markdown] lang="en"
# A cell answers where it lies in the middle of a box, and says four distances: to the left, the upper, the right and the lower side. All
# others should say "nothing here". Nobody tells the network in which cell to look: the classes and the boxes of all cells come at once.
#
# The step from one cell to the next is the *stride*. What is smaller than a cell is hard to see, and two objects in the same cell are one too many.
# %% [markdown] lang="ko"
# 박스의 가운데에 있는 칸이 그 박스를 맡아 네 거리, 곧 왼쪽, 위쪽, 오른쪽, 아래쪽 변까지의 거리를 말합니다. 다른 칸은 모두 "여기는 없음"이라고 해야 합니다. 어느 칸을 볼지 따로 알려 주지
# 않습니다. 모든 칸의 클래스와 박스가 한꺼번에 나옵니다.
#
# 한 칸에서 다음 칸까지의 거리를 *보폭*(stride)이라고 합니다. 칸보다 작은 것은 보기 어렵고, 한 칸에 물체가 둘이면 하나는 넘칩니다.
# %% [markdown] lang="en"
# ## When is a box right?
#
# Hardly ever to the pixel. What counts is how much of the two boxes is common: the area of the *intersection* over that of the *union*, IoU.
# %% [markdown] lang="ko"
# ## 박스는 언제 맞은 걸까요?
#
# 픽셀까지 맞는 일은 거의 없습니다. 두 박스가 얼마나 겹치는지를 봅니다. *교집합*의 넓이를 *합집합*의 넓이로 나눈 값, 곧 IoU(intersection over union)입니다.
# %% [markdown] lang="en"
# ### Exercise 1: intersection over union
#
# `box` and `other` are arrays `x0, y0, x1, y1`. Return the area that both have in common, divided by the area that they cover together; 0
# where they do not meet.
# %% [markdown] lang="ko"
# ### 연습 1: IoU
#
# `box`와 `other`는 `x0, y0, x1, y1` 배열입니다. 겹친 넓이를, 둘이 함께 덮은 넓이로 나누어 돌려주세요. 만나지 않으면 0입니다.
# %% tags=["exercise"]
def overlap(box, other):
    return ...

# Stuck? ft.hint("13.1"), then ft.solution("13.1")
ft.check("13.1", overlap)
# %% [markdown] lang="en"
# From 0.5 on, a box counts as right; so the PASCAL challenge had it, and COCO calls it mAP at 0.5.
#
# **Predict.** A detector is off by three pixels to the right and three down. Is it still right about a near car? About its plate?
# %% [markdown] lang="ko"
# 0.5부터 맞은 것으로 칩니다. PASCAL 대회가 그렇게 정했고, COCO는 그 점수를 mAP(IoU 0.5)라고 부릅니다.
#
# **예측해 보세요.** 탐지기가 오른쪽으로 3픽셀, 아래로 3픽셀 빗나갔습니다. 가까운 차는 여전히 맞을까요? 번호판은요?
# %%
near = max(task.train.targets, key=lambda found: (found[:, 3] - found[:, 1]).max())
car, plate = (near[near[:, 4] == index][0, :4] for index in (0, 1))
shifted = {}
for name, box in (("car", car), ("plate", plate)):
    shifted[name] = [
        pairwise_iou(box[None], box[None] + shift)[0, 0] for shift in (1, 3, 6)
    ]
    width, height = box[2:] - box[:2]
    print(
        f"{name:<6}{width:>3.0f} x {height:.0f} pixels, IoU when off by 1, 3 and 6:",
        *(f"{value:.2f}" for value in shifted[name]),
    )
assert shifted["car"][1] > 0.5 > shifted["plate"][1]
# %% [markdown] lang="en"
# The same three pixels: {{shifted["car"][1]:.2f}} for the car, {{shifted["plate"][1]:.2f}} for its plate. Small things have to be hit to the
# pixel, so they need large pictures. Keep it in mind for the real plates.
# %% [markdown] lang="ko"
# 똑같은 3픽셀인데 차는 {{shifted["car"][1]:.2f}}, 번호판은 {{shifted["plate"][1]:.2f}}입니다. 작은 것은 픽셀까지 맞아야 하므로 큰 사진이 필요합니다. 진짜 번호판에서 다시
# 만날 테니 기억해 두세요.
# %% [markdown] lang="en"
# ## The head
#
# `minidetector` learnt to find discs, crosses and letters in six colours, drawn on plain grounds, and has seen neither streets nor plates. Two of
# its strides are joined: fine features that see edges sharply, and coarse ones that see more around (a *feature pyramid*). `ft.with_head` puts
# convolutions on them.
# %% [markdown] lang="ko"
# ## 헤드
#
# `minidetector`는 단순한 바탕에 그린 여섯 가지 색의 원반, 십자, 글자를 찾으며 배웠고, 거리도 번호판도 본 적이 없습니다. 두 보폭의 특징이 합쳐져 있습니다. 윤곽을 또렷하게 보는 촘촘한
# 특징과 주위를 넓게 보는 성긴 특징입니다(*특징 피라미드*, feature pyramid). `ft.with_head`는 그 위에 합성곱을 얹습니다.
# %%
keras.utils.set_random_seed(0)  # the head begins at random
model = ft.with_head(backbone, task)
for stage in ft.stages(model):
    print(f"{stage.name:<8}{stage.params:>8,} weights   {stage.output_shape}")
head_share = ft.stages(model)[-1].params / model.count_params()
# %% [markdown] lang="en"
# The last line is the head: {{model.output_shape[1]:,}} cells, each with 4 sides and {{task.num_classes}} probabilities. It is no single layer of
# a few weights as in lesson 05: {{100 * head_share:.0f}} % of the network are new and random. A linear head is a convex problem; this one is not, and it
# has to learn places as well.
#
# The loss has two parts. Every cell: is there something, and of which class (cross-entropy)? The cells that answer: how far is the box off (one
# minus an IoU that also tells apart boxes that do not meet)?
# %% [markdown] lang="ko"
# 마지막 줄이 헤드입니다. 칸 {{model.output_shape[1]:,}}개가 저마다 변 4개와 확률 {{task.num_classes}}개를 냅니다. 5강처럼 가중치가 몇 개뿐인 층 하나가 아닙니다. 신경망의
# {{100 * head_share:.0f}}%가 새것이고 무작위입니다. 선형 헤드는 볼록한 문제였지만 이것은 아니고, 자리까지 배워야 합니다.
#
# 손실은 두 부분입니다. 모든 칸에 대해서는 무엇이 있는지, 어떤 클래스인지(교차 엔트로피). 박스를 맡은 칸에 대해서는 박스가 얼마나 빗나갔는지(만나지 않는 박스끼리도 구별하는 IoU를 1에서 뺀
# 값)입니다.
# %% [markdown] lang="en"
# ## The four lines
#
# From random weights, the head alone, and LP-FT: {{UPDATES}} updates each on the same twenty streets. Each method has the rate that did best for
# it on validation in trials before; a comparison in which only one side was tuned would be none.
#
# **Predict.** In which order will the three come in? Twenty streets are few, but they hold many boxes.
# %% [markdown] lang="ko"
# ## 늘 쓰던 네 줄
#
# 무작위 가중치에서, 헤드만, 그리고 LP-FT를 같은 거리 스무 장에서 업데이트 {{UPDATES}}번씩 학습합니다. 학습률은 미리 해 본 시험에서 방법마다 검증 점수가 가장 좋았던 값입니다. 한쪽만 맞춘 비교는
# 비교가 아니니까요.
#
# **예측해 보세요.** 셋의 순서는 어떻게 될까요? 거리 스무 장은 적지만 박스는 많습니다.
# %%
names = {
    "scratch": "from scratch",
    "frozen": "backbone frozen",
    "lp_ft": "LP-FT",
    "all": "all at once",
}
strategies = {
    "scratch": ft.strategy("scratch").scaled(3),
    "frozen": ft.strategy("feature_extraction_long").scaled(3),
    "lp_ft": ft.strategy("lp_ft").scaled(6),
}
# %%
runs = {
    method: ft.fit(
        model, task, strategy, updates=UPDATES, batch_size=BATCH, seed=0, verbose=False
    )
    for method, strategy in strategies.items()
}
found = {method: run.score("validation")["map50"] for method, run in runs.items()}
ft.show(
    plots.bars(
        {names[method]: value for method, value in found.items()},
        "Twenty drawn streets, one seed",
        "mAP at 0.5, validation",
        percent=True,
    ),
    alt="Bars of mAP on validation: from scratch, the head alone, and LP-FT.",
)
gain = found["lp_ft"] - found["scratch"]
assert abs(gain) < 0.15 and found["frozen"] < found["lp_ft"]
# %% [markdown] lang="en"
# From scratch {{100 * found["scratch"]:.0f}} %, LP-FT {{100 * found["lp_ft"]:.0f}} %: on these streets transfer gains
# nothing that one seed could show. Cars that are drawn alike are soon learnt, and discs and crosses on plain grounds taught little that a street
# needs. The frozen network has {{100 * found["frozen"]:.0f}} %: what it sees was made for shapes, and a head on top cannot make up for it.
#
# A lesson could have stopped at a task where the gain is large. This is the control that keeps you from believing that it always is.
# %% [markdown] lang="ko"
# 처음부터 학습하면 {{100 * found["scratch"]:.0f}}%, LP-FT는 {{100 * found["lp_ft"]:.0f}}%입니다. 이 거리에서는 시드 하나로 보일 만한 전이 학습의 이득이 없습니다. 비슷하게 그린 차는 금방 배우고,
# 단순한 바탕의 원반과 십자에서 배운 것은 거리에 별 도움이 되지 않았습니다. 동결한 신경망은 {{100 * found["frozen"]:.0f}}%입니다. 도형에 맞춰진 특징을 헤드가 메우지는 못합니다.
#
# 이득이 큰 태스크만 보여 줄 수도 있었습니다. 이것은 언제나 이득이 있다고 믿지 않게 해 주는 대조군입니다.
# %% [markdown] lang="en"
# ## One object, many boxes
#
# Several cells answer for the same object, so the network reports it several times.
#
# **Predict.** How many boxes are there before anything is left out, and how many objects?
# %% [markdown] lang="ko"
# ## 물체 하나에 박스 여러 개
#
# 한 물체를 여러 칸이 맡으므로, 신경망은 같은 물체를 여러 번 보고합니다.
#
# **예측해 보세요.** 아무것도 빼지 않으면 박스가 몇 개이고, 물체는 몇 개일까요?
# %%
detector = runs["lp_ft"].model
outputs = detector.predict(task.validation.inputs, verbose=0)
pick = int(np.argmax([len(boxes) for boxes in task.validation.targets]))
every = ft.decode(outputs[pick : pick + 1], threshold=0.3, iou=1.0)[0]
single = ft.decode(outputs[pick : pick + 1], threshold=0.3)[0]
ft.show(
    plots.boxes(
        task.validation.inputs[[pick, pick]],
        [every, single],
        task.class_names,
        columns=2,
        title="Before and after non-maximum suppression",
    ),
    alt="The same street twice: many boxes around each object, and one box for each.",
)
print(
    f"{len(every)} boxes, {len(single)} after suppression, "
    f"{len(task.validation.targets[pick])} objects"
)
assert len(every) > len(single)
# %% [markdown] lang="en"
# The surest box stays, and whatever of its class overlaps it too much goes: *non-maximum suppression*. It is no part of the network, and it
# runs on the answers.
# %% [markdown] lang="ko"
# 가장 확신하는 박스는 남고, 같은 클래스에서 그 박스와 너무 많이 겹치는 것은 빠집니다. *비최대 억제*(non-maximum suppression)입니다. 신경망의 일부가 아니라, 나온 답에 대고 하는
# 일입니다.
# %% [markdown] lang="en"
# ### Exercise 2: non-maximum suppression
#
# `boxes` are `(n, 4)`, `scores` `(n,)`, all of one class. Return the indices of the boxes that stay, the surest first. A box is left out where
# its IoU with a surer box *that stays* is above `limit`. `pairwise_iou(boxes, others)` gives all overlaps, `(n, m)`.
# %% [markdown] lang="ko"
# ### 연습 2: 비최대 억제
#
# `boxes`는 `(n, 4)`, `scores`는 `(n,)`이고 클래스는 하나입니다. 남는 박스의 번호를 가장 확신하는 것부터 돌려주세요. 더 확신하면서 *남은* 박스와의 IoU가 `limit`를 넘으면 빠집니다.
# `pairwise_iou(boxes, others)`는 모든 겹침을 `(n, m)` 배열로 돌려줍니다.
# %% tags=["exercise"]
def suppress(boxes, scores, limit):
    return ...

# Stuck? ft.hint("13.2"), then ft.solution("13.2")
ft.check("13.2", suppress)
# %% [markdown] lang="en"
# ## A score for boxes
#
# Line up all detections of a class, the surest first. Each is right, where it is the first one that overlaps its object by 0.5, or wrong. *Precision*
# is the share of the boxes so far that are right, *recall* the share of the objects found so far. Whoever reports more boxes finds more and
# errs more.
# %% [markdown] lang="ko"
# ## 박스를 위한 점수
#
# 한 클래스의 박스를 가장 확신하는 것부터 줄 세웁니다. 물체와 0.5 이상 겹치는 첫 박스이면 맞고, 아니면 틀립니다. *정밀도*(precision)는 지금까지의 박스 가운데 맞은 비율,
# *재현율*(recall)은 물체 가운데 지금까지 찾은 비율입니다. 박스를 많이 말하면 더 많이 찾고 더 많이 틀립니다.
# %%
detections = ft.decode(outputs, threshold=0.01)
curves = {name: precision_recall(detections, task.validation.targets, index)
          for index, name in enumerate(task.class_names)}
ft.show(
    plots.precision_recall(
        {name: curve[:2] for name, curve in curves.items()},
        title="Precision falls while recall grows",
    ),
    alt="Precision against recall for cars, plates and signs on validation; the "
    "lines fall to the right.",
)
# %% [markdown] lang="en"
# ### Exercise 3: average precision
#
# `is_hit` says of each detection, the surest first, whether it is right; `objects` is how many objects there are. Return the area below the
# line: at each hit the best precision there *or further right*, added up, divided by `objects`.
# %% [markdown] lang="ko"
# ### 연습 3: 평균 정밀도
#
# `is_hit`는 가장 확신하는 박스부터 맞았는지를 담고, `objects`는 물체의 수입니다. 선 아래의 넓이를 돌려주세요. 맞은 자리마다 그 자리 *또는 그 뒤에서* 가장 좋은 정밀도를 더하고
# `objects`로 나눕니다.
# %% tags=["exercise"]
def average_precision(is_hit, objects):
    return ...

# Stuck? ft.hint("13.3"), then ft.solution("13.3")
ft.check("13.3", average_precision)
# %% [markdown] lang="en"
# The mean over the classes is the *mAP*. COCO's own takes ten limits of the IoU, 0.5 to 0.95, and is stricter. Neither asks which threshold you
# use: that is left to you, as with every probability, and depends on what a false alarm costs.
# %% [markdown] lang="ko"
# 클래스에 대한 평균이 *mAP*입니다. COCO는 IoU의 한계를 0.5부터 0.95까지 열 가지로 두고 평균하므로 더 엄격합니다. 둘 다 어떤 문턱값(threshold)을 쓰는지는 묻지 않습니다. 확률이 늘 그렇듯
# 그것은 여러분이 정하고, 헛된 경보의 값에 달려 있습니다.
# %% [markdown] lang="en"
# ## Find, then read
#
# A car park wants the number, not the box. So the plate is cut out, and another network reads its digits: `glyphnet`, tuned to handwritten digits
# as in lesson 06, ten of each. Then again, with the digits of the plates in our twenty streets, whose numbers somebody wrote down.
#
# **Predict.** It reads more than nine of ten handwritten digits. How many printed ones, a few pixels high?
# %% [markdown] lang="ko"
# ## 찾고, 읽습니다
#
# 주차장에 필요한 것은 박스가 아니라 번호입니다. 그래서 번호판을 잘라 내고, 다른 신경망이 숫자를 읽습니다. 6강처럼 손글씨 숫자를 열 개씩 배운 `glyphnet`입니다. 그다음에는 거리 스무 장에 있는
# 번호판의 숫자로 다시 배웁니다. 번호는 누군가 적어 두었습니다.
#
# **예측해 보세요.** 손글씨는 열에 아홉 넘게 읽습니다. 몇 픽셀짜리 인쇄된 숫자는 얼마나 읽을까요?
# %%
def plates_of(split):
    """The digits on the plates of streets that are wide enough to read, cut out, and
    what they are."""
    pairs = [
        (streets.cut_digits(image, box), number)
        for image, plates in zip(split.inputs, streets.read_numbers(split.ids))
        for box, number in plates
        if box[2] - box[0] >= 20
    ]
    cut, numbers = zip(*pairs)
    return np.concatenate(cut), np.array(
        [int(digit) for number in numbers for digit in number]
    )
# %%
written = ft.load_task("digits", labels_per_class=10, seed=0)
reader = ft.load_backbone("glyphnet")
by_hand = ft.fit(
    ft.classifier(reader, 10), written, "lp_ft", updates=100, verbose=False
)
parts = {name: plates_of(split) for name, split in task.splits.items()}
splits = [
    ft.Split(*parts[name], [f"{name}-{i}" for i in range(len(parts[name][1]))])
    for name in parts
]
printed = ft.Task("plate digits", *splits, tuple("0123456789"), "drawn", "MIT")
on_plates = ft.fit(
    ft.classifier(reader, 10), printed, "lp_ft", updates=100, verbose=False
)
cut, digits = parts["test"]
read = {name: np.mean(run.model.predict(cut, verbose=0).argmax(1) == digits)
        for name, run in (("handwritten", by_hand), ("plates", on_plates))}
for name, share in read.items():
    print(f"taught by {name:<12} reads {100 * share:.1f} % of the digits on plates")
assert by_hand.val_accuracy > 0.9 and read["plates"] > read["handwritten"] + 0.2
# %% [markdown] lang="en"
# Handwriting taught it {{100 * read["handwritten"]:.0f}} %, the digits of twenty streets {{100 * read["plates"]:.0f}} %. Both are digits, and both readers
# learnt from few of them; what differs is the *domain*. To tune a network with a few examples from where it will work is called *domain
# adaptation*.
#
# **Predict.** A plate is right where it is found and all four digits are. Of what share of the plates will that be so?
# %% [markdown] lang="ko"
# 손글씨로 배우면 {{100 * read["handwritten"]:.0f}}%, 거리 스무 장의 숫자로 배우면 {{100 * read["plates"]:.0f}}%를 읽습니다. 둘 다 숫자이고 둘 다 조금만 배웠습니다. 다른 것은
# *도메인*(domain)입니다. 실제로 일할 곳의 예 몇 개로 신경망을 조정하는 것을 *도메인 적응*(domain adaptation)이라고 합니다.
#
# **예측해 보세요.** 번호판을 찾고 네 숫자를 모두 읽어야 맞은 것입니다. 번호판 가운데 얼마나 그럴까요?
# %%
boxes_found = ft.decode(detector.predict(task.test.inputs, verbose=0), threshold=0.3)
there, cuts, numbers = 0, [], []
for image, boxes, plates in zip(
    task.test.inputs, boxes_found, streets.read_numbers(task.test.ids)
):
    boxes = boxes[boxes[:, 4] == task.class_names.index("plate")]
    for box, number in plates:
        there += box[2] - box[0] >= 20
        overlaps = pairwise_iou(box[None], boxes)[0]
        if box[2] - box[0] >= 20 and overlaps.max(initial=0) >= 0.5:
            cuts.append(streets.cut_digits(image, boxes[overlaps.argmax(), :4]))
            numbers.append([int(digit) for digit in number])
said = on_plates.model.predict(np.concatenate(cuts), verbose=0).argmax(1).reshape(-1, 4)
is_read = (said == np.array(numbers)).all(axis=1)
totals = {"there": int(there), "found": len(cuts), "read": int(is_read.sum())}
in_found = np.mean(said == np.array(numbers))
print(
    f"{totals['there']} plates, {totals['found']} found, {totals['read']} read "
    "without a mistake"
)
print(
    f"digits read in the true places {100 * read['plates']:.0f} %, in those found "
    f"{100 * in_found:.0f} %"
)
assert totals["there"] > totals["found"] > totals["read"]
# %% [markdown] lang="en"
# {{100 * totals["found"] / totals["there"]:.0f}} % are found. In the true places the reader reads {{100 * read["plates"]:.0f}} % of the digits, in those
# that were found {{100 * in_found:.0f}} %, and {{100 * totals["read"] / totals["there"]:.0f}} % of the plates without a mistake. A box that counts as right,
# with an overlap of 0.5, may cut a digit in half. Each part has a good score of its own; the system has not.
#
# So measure the whole, by what its user counts, and score a part by what the next one needs: here a stricter overlap.
# %% [markdown] lang="ko"
# {{100 * totals["found"] / totals["there"]:.0f}}%를 찾았습니다. 참된 자리에서는 숫자의 {{100 * read["plates"]:.0f}}%를, 찾은 자리에서는 {{100 * in_found:.0f}}%를 읽고, 끝까지 틀리지 않고 읽은
# 번호판은 {{100 * totals["read"] / totals["there"]:.0f}}%입니다. 0.5만 겹쳐도 맞은 박스이지만, 그런 박스는 숫자를 반으로 자르기도 합니다. 부분마다 점수는 좋은데 시스템은 그렇지 않습니다.
#
# 그러니 쓰는 사람이 세는 것으로 전체를 재고, 부분은 다음 부분에 필요한 것으로 채점하세요. 여기서는 더 엄격한 겹침입니다.
# %% [markdown] lang="en"
# ## Real photos, seed by seed
#
# Drawn streets are easy to draw and say little. The record holds a real detector and real photos. *YOLO-Fastest* has 0.35 million weights and
# learnt on *COCO*: 118,000 photos, 80 classes, persons, cars, traffic lights, no plates and no cells. `ft.load_detector` reads its Darknet files;
# without its heads it is a backbone like any other, and the new head goes on top.
#
# Two tasks: the plates of cars in frames of drives, learnt from one video and tested on three others, by day and by night; and BCCD, red
# cells, white cells and platelets under a microscope. All methods have equal updates and rates chosen on validation; the photos are drawn five times.
#
# **Predict.** Freeze, or tune everything: which finds more plates? And does a network that has never seen blood beat random weights on cells?
# %% [markdown] lang="ko"
# ## 진짜 사진, 시드마다
#
# 거리 그림은 그리기 쉽지만 말해 주는 것이 적습니다. 기록에는 진짜 탐지기와 진짜 사진이 있습니다. *YOLO-Fastest*는 가중치가 35만 개이고 *COCO*에서 배웠습니다. 사진 11만 8천 장, 클래스
# 80개이고, 사람과 차와 신호등은 있지만 번호판도 세포도 없습니다. `ft.load_detector`가 Darknet 파일을 읽습니다. 헤드를 떼면 여느 백본과 같고, 그 위에 새 헤드를 얹습니다.
#
# 태스크(task)는 둘입니다. 하나는 주행 영상의 프레임에 나온 자동차 번호판으로, 영상 하나에서 배우고 낮과 밤의 다른 영상 셋에서 테스트합니다. 다른 하나는 현미경으로 본 적혈구, 백혈구,
# 혈소판입니다(BCCD). 업데이트 수는 모두 같고, 사진을 다섯 번 다르게 뽑았으며, 학습률은 방법마다 검증 데이터로 골랐습니다.
#
# **예측해 보세요.** 동결하는 것과 모두 조정하는 것 가운데 어느 쪽이 번호판을 더 찾을까요? 피를 본 적 없는 신경망이 세포에서 무작위 가중치보다 나을까요?
# %%
record = ft.track("glyph").recorded("detection")

def seeds(photos, method, task="plates", score="test_map50"):
    """A score of the recorded draws, in their order."""
    return record.scores(score, task=task, labels=photos, method=method)

def interval(values):
    """Mean and 95 % interval over seeds (Student's t)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half
# %%
cases = {"plates": 60, "cells": 20}
in_words = {"plates": "licence plates", "cells": "blood cells"}
measured = {}
for task_name, photos in cases.items():
    rows = {name: seeds(photos, method, task_name) for method, name in names.items()}
    measured[task_name] = {
        name: values for name, values in rows.items() if len(values) == 5
    }
    intervals = {
        name: (mean, max(low, 0), high)
        for name, values in measured[task_name].items()
        for mean, low, high in [interval(values)]
    }
    fig = plots.bars(
        intervals,
        f"{photos} photos of {in_words[task_name]}, five draws",
        "mAP at 0.5, test",
        percent=True,
    )
    ft.show(
        fig,
        alt=f"Bars of mAP on the test with intervals: {in_words[task_name]}, "
        f"{', '.join(intervals)}.",
    )
# %%
def gain(task_name, method, other):
    """Points of one method over another, draw by draw: mean and 95 % interval."""
    difference = measured[task_name][method] - measured[task_name][other]
    return [100 * value for value in interval(difference)]

for task_name in cases:
    for method in ("backbone frozen", "LP-FT", "all at once"):
        mean, low, high = gain(task_name, method, "from scratch")
        print(
            f"{in_words[task_name]}, {method} over scratch: {mean:+.1f} points "
            f"({low:+.1f} to {high:+.1f})"
        )
# %%
plates, blood = measured["plates"], measured["cells"]
first = record["settings"]["first_measurement"]["test_map50"]
first_tuned, first_frozen = (
    np.array(first[f"cells 20 {method}"]) for method in ("lp_ft", "frozen")
)
first_gain = [100 * x for x in interval(first_tuned - first_frozen)]
spent = {m: seeds(60, m, score="seconds").sum() for m in ("frozen", "lp_ft")}
before = [row["coco_before"] for row in record["rows"] if row["method"] == "lp_ft"][0]
tuned_plates = gain("plates", "LP-FT", "backbone frozen")
tuned_cells = gain("cells", "LP-FT", "backbone frozen")
blood_gain = gain("cells", "backbone frozen", "from scratch")
random_split = seeds(60, "frozen", "plates_random").mean()
heights = record["settings"]["plate_heights"]
by_video, at_random = heights["plates"], heights["plates_random"]
assert interval(plates["LP-FT"] - plates["backbone frozen"])[1] > 0
assert interval(plates["backbone frozen"] - plates["from scratch"])[1] > 0
assert interval(blood["backbone frozen"] - blood["from scratch"])[1] > 0
assert tuned_cells[1] < 0 < tuned_cells[2] and first_gain[1] < 0 < first_gain[2]
# %% [markdown] lang="en"
# Sixty photos of plates: from scratch {{100 * plates["from scratch"].mean():.0f}} %, frozen {{100 * plates["backbone frozen"].mean():.0f}} %, LP-FT
# {{100 * plates["LP-FT"].mean():.0f}} %, everything at once {{100 * plates["all at once"].mean():.0f}} %, on three drives that nothing was learnt from. In so few
# updates random weights find hardly anything; how near they would come with many more was not measured. Freeze or not? Freezing takes
# {{100 * spent["frozen"] / spent["lp_ft"]:.0f}} % of the time, since the features are computed once; tuning finds more, LP-FT over frozen by
# {{tuned_plates[0]:.0f}} points ({{tuned_plates[1]:.0f}} to {{tuned_plates[2]:.0f}}).
#
# Twenty photos of cells: from scratch {{100 * blood["from scratch"].mean():.0f}} %, frozen {{100 * blood["backbone frozen"].mean():.0f}} %, LP-FT
# {{100 * blood["LP-FT"].mean():.0f}} %, everything at once {{100 * blood["all at once"].mean():.0f}} %. A frozen network that never saw blood beats random
# weights by {{blood_gain[0]:.0f}} points ({{blood_gain[1]:.0f}} to {{blood_gain[2]:.0f}}). Whether to freeze is open with twenty: LP-FT over frozen is
# {{tuned_cells[0]:+.1f}} points ({{tuned_cells[1]:+.1f}} to {{tuned_cells[2]:+.1f}}).
#
# One warning. These rows were measured twice, with the same photos and another random start of the head. The first time LP-FT had
# {{100 * first_tuned.mean():.0f}} % on cells instead of {{100 * blood["LP-FT"].mean():.0f}} %, and was {{first_gain[0]:+.1f}} points over frozen
# ({{first_gain[1]:+.1f}} to {{first_gain[2]:+.1f}}). Both intervals hold 0. That is what such an interval says: five draws cannot tell, neither way.
#
# And the split? Had the photos of plates been dealt out without a look at the videos, frozen would have {{100 * random_split:.0f}} % instead of
# {{100 * plates["backbone frozen"].mean():.0f}} %. Less, for once: its test has the far plates of the first drive in it, and the median plate is
# {{at_random["test"]["median"]:.0f}} pixels high instead of {{by_video["test"]["median"]:.0f}}. A number is about the photos that it was measured on, and a
# random split does not tell which.
# %% [markdown] lang="ko"
# 번호판 사진 60장입니다. 배운 적 없는 주행 영상 셋에서 처음부터 학습하면 {{100 * plates["from scratch"].mean():.0f}}%, 동결하면 {{100 * plates["backbone frozen"].mean():.0f}}%, LP-FT는
# {{100 * plates["LP-FT"].mean():.0f}}%, 한꺼번에 모두 조정하면 {{100 * plates["all at once"].mean():.0f}}%입니다. 이만한 업데이트로는 무작위 가중치가 거의 찾지 못합니다. 업데이트를 훨씬 늘리면
# 얼마나 가까워질지는 재지 않았습니다. 동결할까요? 동결하면 특징을 한 번만 계산하므로 시간이 {{100 * spent["frozen"] / spent["lp_ft"]:.0f}}%면 되고, 조정하면 더 많이 찾습니다. LP-FT가 동결보다
# {{tuned_plates[0]:.0f}}점({{tuned_plates[1]:.0f}}~{{tuned_plates[2]:.0f}}) 높습니다.
#
# 세포 사진 20장입니다. 처음부터 학습하면 {{100 * blood["from scratch"].mean():.0f}}%, 동결하면 {{100 * blood["backbone frozen"].mean():.0f}}%, LP-FT는 {{100 * blood["LP-FT"].mean():.0f}}%, 한꺼번에 모두
# 조정하면 {{100 * blood["all at once"].mean():.0f}}%입니다. 피를 본 적 없는 신경망이 동결한 채로도 무작위 가중치를 {{blood_gain[0]:.0f}}점({{blood_gain[1]:.0f}}~{{blood_gain[2]:.0f}}) 앞섭니다. 동결할지는 20장으로는 알 수
# 없습니다. LP-FT에서 동결을 뺀 차이는 {{tuned_cells[0]:+.1f}}점({{tuned_cells[1]:+.1f}}~{{tuned_cells[2]:+.1f}})입니다.
#
# 조심할 것이 하나 있습니다. 이 줄들은 두 번 쟀습니다. 사진은 같고 헤드의 무작위 출발만 다릅니다. 처음에는 LP-FT가 세포에서 {{100 * blood["LP-FT"].mean():.0f}}%가 아니라
# {{100 * first_tuned.mean():.0f}}%였고, 동결과의 차이는 {{first_gain[0]:+.1f}}점({{first_gain[1]:+.1f}}~{{first_gain[2]:+.1f}})이었습니다. 두 구간 모두 0을 품고 있습니다. 0이 들어 있는 구간이 말하는 것이 바로
# 이것입니다. 다섯 번 뽑아서는 어느 쪽인지 알 수 없습니다.
#
# 나누는 방법은 어떨까요? 영상을 보지 않고 번호판 사진을 무작위로 나누었다면 동결한 신경망은 {{100 * plates["backbone frozen"].mean():.0f}}%가 아니라 {{100 * random_split:.0f}}%였을 것입니다. 이번에는 더 낮습니다. 테스트에
# 첫 영상의 먼 번호판이 섞여서 번호판 높이의 중앙값이 {{by_video["test"]["median"]:.0f}}픽셀이 아니라 {{at_random["test"]["median"]:.0f}}픽셀이기 때문입니다. 점수는 그것을 잰 사진에 대한 것인데, 무작위로 나누면 어떤 사진에 대한 것인지 알 수 없습니다.
# %% [markdown] lang="en"
# ### How many photos?
#
# **Predict.** Twenty, sixty or a hundred photos, and as many updates: which method makes most of the additional ones?
# %% [markdown] lang="ko"
# ### 사진은 몇 장이면 될까요?
#
# **예측해 보세요.** 업데이트 수는 그대로 두고 사진만 20장, 60장, 100장으로 늘립니다. 어느 방법이 가장 많이 나아질까요?
# %%
numbers = (20, 60, 100)

def curve(task_name, method):
    """Numbers of photos; mean of the mAP, and the ends of its interval."""
    points = [interval(seeds(n, method, task_name)) for n in numbers]
    mean, low, high = np.array(points).T
    return numbers, mean, np.maximum(low, 0), high

for task_name in cases:
    curves = {name: curve(task_name, method) for method, name in names.items()}
    fig = plots.lines(
        curves, "Photos", "mAP at 0.5, test", in_words[task_name], percent=True,
        x_ticks={n: str(n) for n in numbers},
    )
    ft.show(
        fig,
        alt=f"Lines of mAP on the test against the number of photos, with intervals: "
        f"{in_words[task_name]}, {', '.join(curves)}.",
    )
# %%
for task_name in cases:
    for n in numbers:
        tuned = seeds(n, "lp_ft", task_name)
        for method, name in (("frozen", "backbone frozen"), ("all", "all at once")):
            mean, low, high = (
                100 * x for x in interval(tuned - seeds(n, method, task_name))
            )
            print(
                f"{in_words[task_name]}, {n:>3} photos, LP-FT over {name}: {mean:+.1f} "
                f"points ({low:+.1f} to {high:+.1f})"
            )
# %%
by_number = {
    (task_name, n): 100 * seeds(n, "lp_ft", task_name).mean()
    for task_name in cases
    for n in numbers
}
scratch = {
    task_name: [100 * seeds(n, "scratch", task_name).mean() for n in numbers]
    for task_name in cases
}
more_cells = {
    n: [100 * x for x in interval(tuned - frozen)]
    for n in numbers
    for tuned, frozen in [[seeds(n, m, "cells") for m in ("lp_ft", "frozen")]]
}
assert more_cells[60][1] > 0 and more_cells[100][1] > 0
assert max(scratch["cells"]) < 100 * seeds(20, "frozen", "cells").mean()
print({cell: f"{percent:.0f} %" for cell, percent in by_number.items()})
# %% [markdown] lang="en"
# Plates: LP-FT finds {{by_number["plates", 20]:.0f}} % after twenty photos, {{by_number["plates", 60]:.0f}} % after sixty and
# {{by_number["plates", 100]:.0f}} % after a hundred, with wide intervals. Nothing here says that the last forty helped. They are frames of the
# same drive, and photos that are much alike are not more data; another drive would be. From scratch it stays at
# {{min(scratch["plates"]):.0f}} to {{max(scratch["plates"]):.0f}} %.
#
# Cells: with sixty photos LP-FT gets {{by_number["cells", 60]:.0f}} %, {{more_cells[60][0]:.1f}} points over frozen ({{more_cells[60][1]:.1f}} to
# {{more_cells[60][2]:.1f}}); with a hundred {{by_number["cells", 100]:.0f}} %, {{more_cells[100][0]:.1f}} points over it
# ({{more_cells[100][1]:.1f}} to {{more_cells[100][2]:.1f}}). Where twenty photos left it open, more of them decide: here it pays to tune. Random weights
# make nothing of the additional photos in as many updates: {{scratch["cells"][0]:.0f}}, {{scratch["cells"][1]:.0f}} and
# {{scratch["cells"][2]:.0f}} %.
# %% [markdown] lang="ko"
# 번호판에서 LP-FT는 사진 20장으로 {{by_number["plates", 20]:.0f}}%, 60장으로 {{by_number["plates", 60]:.0f}}%, 100장으로 {{by_number["plates", 100]:.0f}}%를 찾고, 구간은 넓습니다. 마지막 40장이
# 도움이 되었다는 증거는 없습니다. 모두 같은 주행의 프레임이고, 서로 비슷한 사진은 데이터를 늘려 주지 않습니다. 다른 주행의 사진이라면 다를 것입니다. 처음부터 학습하면
# {{min(scratch["plates"]):.0f}}~{{max(scratch["plates"]):.0f}}%에 머뭅니다.
#
# 세포는 사진 60장일 때 LP-FT가 {{by_number["cells", 60]:.0f}}%로 동결보다 {{more_cells[60][0]:.1f}}점({{more_cells[60][1]:.1f}}~{{more_cells[60][2]:.1f}}) 높고, 100장일 때
# {{by_number["cells", 100]:.0f}}%로 {{more_cells[100][0]:.1f}}점({{more_cells[100][1]:.1f}}~{{more_cells[100][2]:.1f}}) 높습니다. 20장으로는 알 수 없던 것이 사진이 늘면서 가려졌습니다. 여기서는 조정하는
# 편이 낫습니다. 무작위 가중치는 업데이트 수가 같으면 사진이 늘어도 나아지지 않습니다({{scratch["cells"][0]:.0f}}, {{scratch["cells"][1]:.0f}}, {{scratch["cells"][2]:.0f}}%).
# %% [markdown] lang="en"
# ### Look at the size of things
#
# On validation the same LP-FT networks have {{100 * seeds(60, "lp_ft", score="val_map50").mean():.0f}} % only, on the test
# {{100 * measured["plates"]["LP-FT"].mean():.0f}} %. The validation is the end of the very video that was learnt from, and yet it is harder: its plates are
# further off. The median one is {{by_video["validation"]["median"]:.0f}} pixels high, on the test {{by_video["test"]["median"]:.0f}}, and
# {{100 * by_video["validation"]["small"]:.0f}} % are no higher than half a cell, on the test {{100 * by_video["test"]["small"]:.0f}} %. What the features do not see, no head can find. In a first trial, with photos of 192
# by 352 pixels, hardly any plate was found at all. Measure your objects before you turn to learning rates.
#
# ## What COCO loses
#
# The tuned layers can be put back under YOLO-Fastest's own heads. In thirty frames of the other drives it found {{before}} persons, vehicles and
# traffic lights.
#
# **Predict.** How many of them does it still find after {{record["settings"]["updates"]["plates"]}} updates on plates?
# %% [markdown] lang="ko"
# ### 물체의 크기부터 보세요
#
# 같은 LP-FT 신경망이 검증 데이터에서는 {{100 * seeds(60, "lp_ft", score="val_map50").mean():.0f}}%, 테스트에서는 {{100 * measured["plates"]["LP-FT"].mean():.0f}}%입니다. 검증 데이터는
# 학습한 바로 그 영상의 끝부분인데도 더 어렵습니다. 번호판이 더 멀리 있기 때문입니다. 높이의 중앙값이 {{by_video["validation"]["median"]:.0f}}픽셀로 테스트의
# {{by_video["test"]["median"]:.0f}}픽셀보다 작고, 칸의 절반을 넘지 못하는 것이 {{100 * by_video["validation"]["small"]:.0f}}%나 됩니다(테스트에서는
# {{100 * by_video["test"]["small"]:.0f}}%). 특징이 보지 못하는 것은 어떤 헤드도 찾지 못합니다. 192×352픽셀 사진으로
# 처음 해 본 시험에서는 번호판을 거의 찾지 못했습니다. 학습률을 바꾸기 전에 물체의 크기부터 재세요.
#
# ## COCO에서 잃는 것
#
# 조정한 층 위에 YOLO-Fastest의 원래 헤드를 다시 얹을 수 있습니다. 원래는 다른 주행의 프레임 서른 장에서 사람, 차, 신호등을 {{before}}개 찾았습니다.
#
# **예측해 보세요.** 번호판으로 {{record["settings"]["updates"]["plates"]}}번 업데이트한 뒤에는 그 가운데 몇 개를 여전히 찾을까요?
# %%
kept = seeds(60, "lp_ft", score="coco_kept")
print(
    "still found after LP-FT, five draws:", *(f"{100 * share:.0f} %" for share in kept)
)
assert kept.max() < 0.5
# %% [markdown] lang="en"
# {{100 * kept.mean():.0f}} % on average. Nobody asked for them, and so nothing kept them: lesson 09 in another dress. The frozen network loses none, by
# construction: its layers are bit for bit those of COCO, and the old heads can stand beside the new one. Who needs both freezes, or practises
# the old with the new.
# %% [markdown] lang="ko"
# 평균 {{100 * kept.mean():.0f}}%입니다. 아무도 찾으라고 하지 않았으니 지켜 주는 것도 없었습니다. 9강의 이야기 그대로입니다. 동결한 신경망은 층이 COCO의 것과 비트까지 같으므로 하나도 잃지 않고, 옛
# 헤드를 새 헤드 옆에 둘 수 있습니다. 둘 다 필요하면 동결하거나, 옛것을 함께 연습하세요.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# <details><summary>What a Keras user would type</summary>
#
# Two convolutions on the frozen backbone: four distances and three probabilities for each cell. The targets are those of the cells above.
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# <details><summary>Keras 사용자라면 이렇게 씁니다</summary>
#
# 동결한 백본 위에 합성곱 두 개를 얹습니다. 칸마다 거리 네 개와 확률 세 개입니다. 타깃은 위에서 본 칸의 타깃입니다.
# %%
keras.utils.set_random_seed(0)
base = ft.load_backbone(NAME)
base.trainable = False
picture = keras.Input(task.input_shape)
features = keras.layers.Conv2D(64, 3, padding="same", activation="relu")(base(picture))
sides = keras.layers.Conv2D(4, 3, padding="same", activation="exponential")(features)
chances = keras.layers.Conv2D(3, 3, padding="same", activation="sigmoid")(features)
plain = keras.Model(picture, [sides, chances])

middles = stride * (np.indices(grid)[::-1].transpose(1, 2, 0) + 0.5)
signs = np.array([-1, -1, 1, 1])

def off(true, said):
    """How far the sides are off, in cells, where a cell answers for an object."""
    answers_for_one = keras.ops.cast(keras.ops.max(true, -1) > 0, "float32")
    return 10 * answers_for_one * keras.ops.mean(keras.ops.abs(true - said), -1)

wanted = np.stack(
    [assign_cells(boxes, grid, stride, 3) for boxes in task.train.targets]
)
wanted = wanted.reshape(-1, *grid, 7)
has_object = wanted[..., 4:].max(axis=-1, keepdims=True)
distances = has_object * signs * (wanted[..., :4] - np.tile(middles, 2)) / stride
# %%
plain.compile(
    keras.optimizers.Adam(3e-3), loss=[off, "binary_crossentropy"], loss_weights=[1, 10]
)
history = plain.fit(
    task.train.inputs, [distances, wanted[..., 4:]], batch_size=4, epochs=20, verbose=0
)
lengths, shares = plain.predict(task.validation.inputs, verbose=0)
said = np.concatenate([np.tile(middles, 2) + signs * stride * lengths, shares], axis=-1)
scored = ft.average_precision(ft.decode(said.reshape(len(said), -1, 7), 0.01),
                              task.validation.targets)
print(f"plain Keras, frozen: mAP at 0.5 of {100 * scored.map50:.1f} % (validation)")
# %% [markdown] lang="en"
# </details>
#
# ## Quiz
# %% [markdown] lang="ko"
# </details>
#
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 13.q1}}
# %% [markdown] lang="ko"
# {{quiz 13.q1}}
# %% tags=["exercise"]
ft.check("13.q1", ...)
# %% [markdown] lang="en"
# {{quiz 13.q2}}
# %% [markdown] lang="ko"
# {{quiz 13.q2}}
# %% tags=["exercise"]
ft.check("13.q2", ...)
# %% [markdown] lang="en"
# {{quiz 13.q3}}
# %% [markdown] lang="ko"
# {{quiz 13.q3}}
# %% tags=["exercise"]
ft.check("13.q3", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A detector answers for every cell of a grid at once: the class, and the distances to four sides. Overlap (IoU) says whether a box is right,
#   non-maximum suppression leaves one box an object, and mAP scores without a threshold.
# - On drawn streets transfer gained nothing that one seed could show. From COCO to real plates with sixty photos: from scratch
#   {{100 * plates["from scratch"].mean():.0f}} %, frozen {{100 * plates["backbone frozen"].mean():.0f}} %, LP-FT {{100 * plates["LP-FT"].mean():.0f}} %, and COCO is
#   forgotten.
# - Small objects need large pictures: measure them first.
# - Finding and reading are two networks and one system: {{100 * totals["found"] / totals["there"]:.0f}} % of the drawn plates are found,
#   {{100 * totals["read"] / totals["there"]:.0f}} % read to the end. Measure the whole.
# - Split videos by video.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 탐지기는 격자의 모든 칸에서 한꺼번에 답합니다. 클래스와 네 변까지의 거리입니다. 겹침(IoU)은 박스가 맞는지, 비최대 억제는 물체마다 박스 하나를, mAP는 문턱값 없는 점수를 정합니다.
# - 그린 거리에서는 시드 하나로 보일 만한 전이 학습의 이득이 없었습니다. COCO에서 진짜 번호판으로, 사진 60장일 때 처음부터 학습하면
#   {{100 * plates["from scratch"].mean():.0f}}%, 동결하면 {{100 * plates["backbone frozen"].mean():.0f}}%, LP-FT는 {{100 * plates["LP-FT"].mean():.0f}}%이고, COCO는 잊습니다.
# - 작은 물체에는 큰 사진이 필요합니다. 물체부터 재세요.
# - 찾기와 읽기는 신경망 두 개이고 시스템 하나입니다. 그린 번호판의 {{100 * totals["found"] / totals["there"]:.0f}}%를 찾고
#   {{100 * totals["read"] / totals["there"]:.0f}}%를 끝까지 읽습니다. 전체를 재세요.
# - 영상은 영상별로 나누세요.
# %% [markdown] lang="en"
# ## Next
#
# Lesson 14 listens: a second of sound, one word.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 14강에서는 듣습니다. 1초의 소리에서 낱말 하나를 알아냅니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Redmon et al., 2016, [You only look once](https://arxiv.org/abs/1506.02640)
# - Tian et al., 2019, [FCOS](https://arxiv.org/abs/1904.01355): cells without anchors, as here
# - Lin et al., 2017, [Feature pyramid networks](https://arxiv.org/abs/1612.03144)
# - Lin et al., 2014, [Microsoft COCO](https://arxiv.org/abs/1405.0312)
# - Keras: [RetinaNet](https://keras.io/keras_hub/guides/object_detection_retinanet/), larger, for a GPU
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Redmon 등, 2016, [You only look once](https://arxiv.org/abs/1506.02640)
# - Tian 등, 2019, [FCOS](https://arxiv.org/abs/1904.01355). 여기서 쓴, 앵커(anchor) 없는 칸
# - Lin 등, 2017, [Feature pyramid networks](https://arxiv.org/abs/1612.03144)
# - Lin 등, 2014, [Microsoft COCO](https://arxiv.org/abs/1405.0312)
# - Keras: [RetinaNet](https://keras.io/keras_hub/guides/object_detection_retinanet/). GPU에서 쓸 더 큰 탐지기
