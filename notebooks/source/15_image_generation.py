# %% [markdown] lang="en"
# # Image generation: out of noise, a digit
#
# So far a network looked and answered. Here it draws. What it learnt is only to say in which direction a noisy image becomes a clean one;
# asked again and again, it walks from pure noise to an image that nobody has seen. Can one that draws letters learn digits from three of each?
#
# **Questions**
# - How does noise become an image?
# - What does a generator of letters know of digits?
# - How does one tell a drawing from a copy?
#
# **You will**
# - walk from noise to an image, step by step, by hand
# - tune a generator to thirty digits, beside one that starts from nothing
# - score what it draws: a judge, a distance between crowds, the nearest training image
# - see what it keeps of its letters, and how it copies when nobody watches
#
# ⏱ {{minutes}} minutes · Needs: lessons 05 to 07 and 09 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 이미지 생성: 잡음에서 숫자로
#
# 지금까지 신경망은 보고 답했습니다. 이번에는 그립니다. 배운 것은 하나뿐입니다. 잡음(noise) 섞인 이미지가 어느 방향으로 가야 깨끗해지는지 말하는 것입니다. 그 방향을 거듭 묻고 따라가면 순수한
# 잡음에서 출발해 아무도 본 적 없는 이미지에 닿습니다. 글자를 그리던 신경망이 세 장씩만 보고 숫자를 배울 수 있을까요?
#
# **질문**
# - 잡음은 어떻게 이미지가 될까요?
# - 글자를 그리는 생성기(generator)는 숫자를 얼마나 알까요?
# - 새로 그린 것과 베낀 것을 어떻게 구별할까요?
#
# **이 수업을 마치면**
# - 잡음에서 이미지까지 손으로 한 걸음씩 갈 수 있습니다
# - 숫자 서른 장으로 생성기를 조정하고, 처음부터 학습한 것과 견줄 수 있습니다
# - 그린 것을 판정기(judge), 무리 사이의 거리, 가장 가까운 학습 이미지로 잴 수 있습니다
# - 생성기에 글자가 얼마나 남는지, 지켜보는 눈이 없을 때 어떻게 베끼는지 확인합니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 5강, 6강, 7강, 9강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import dataclasses

import keras
import numpy as np
from scipy.stats import t

import ftlib as ft
from ftlib import plots
from ftlib.models.minigenerator import FREE_CLASSES
from ftlib.models.shipped_files import read_card

NAME, UPDATES, PER_CLASS = "minigenerator", 200, 3
generator = ft.denoiser(NAME)
letters = read_card(NAME)["classes"]
shown = "AEGKRTaegq"
asked = [FREE_CLASSES + letters.index(letter) for letter in shown]
ft.show(
    plots.image_grid(
        ft.generate(generator, 20, classes=asked * 2), titles=list(shown) * 2
    ),
    alt="Twenty drawn letters, two of each class, which look as if written by hand.",
)
# %% [markdown] lang="en"
# `minigenerator` has {{generator.count_params() / 1e6:.2f}} million weights and drew these just now. It was pre-trained on letters drawn with
# a pen, no digit among them: it is told the class of {{len(letters)}} Latin letters and has seen those of many alphabets.
#
# ## From noise to an image
#
# Training takes an image, mixes it with noise, and asks for the way back. At time 0 there is noise alone, at time 1 the image alone.
#
# **Predict.** From which time on can you name the digit?
# %% [markdown] lang="ko"
# `minigenerator`는 가중치가 {{100 * generator.count_params() / 1e6:.0f}}만 개이고, 위의 글자는 방금 그린 것입니다. 펜으로 쓴 듯한 글자로 사전 학습(pre-training)했고 숫자는
# 하나도 없었습니다. 라틴 글자 {{len(letters)}}개는 클래스를 알려 주며 배웠고, 다른 여러 문자도 보았습니다.
#
# ## 잡음에서 이미지로
#
# 학습할 때는 이미지에 잡음을 섞고 돌아가는 길을 묻습니다. 시각 0에는 잡음뿐이고, 시각 1에는 이미지뿐입니다.
#
# **예측해 보세요.** 어느 시각부터 무슨 숫자인지 알아볼 수 있을까요?
# %%
digits = ft.load_task("digits").with_images((16, 16, 1))
image = digits.train.images[13] / 127.5 - 1
noise = np.random.default_rng(3).standard_normal(image.shape)
times = np.linspace(0, 1, 7)
mixed = np.stack([time * image + (1 - time) * noise for time in times])
ft.show(
    plots.image_grid(
        np.clip(127.5 * (mixed + 1), 0, 255), [f"t = {time:.2f}" for time in times], 7
    ),
    alt="A digit that comes out of noise in seven mixtures, from noise alone to "
    "the digit alone.",
)
# %% [markdown] lang="en"
# The mixture moves on a straight line, so its *velocity* is the same all the way: `image - noise`. The network sees a mixture and its time,
# and learns to give this velocity, by mean squared error (*flow matching*). It cannot know which image it was. It gives the mean of all that
# might have been: early a blur, later more and more certain.
# %% [markdown] lang="ko"
# 섞인 이미지는 곧은 선을 따라 움직이므로 *속도*(velocity)는 내내 `image - noise`입니다. 신경망은 섞인 이미지와 시각을 보고 이 속도를 맞히도록 평균 제곱 오차로 학습합니다. 이것이 *흐름 매칭*(flow
# matching)입니다. 어느 이미지였는지는 알 수 없으므로, 있을 수 있는 모든 이미지의 평균을 답합니다. 처음에는 흐릿하고 갈수록 또렷해집니다.
# %% [markdown] lang="en"
# ### Exercise 1: walk
#
# `velocity(image, time)` gives the direction. Begin at `noise` at time 0 and take `steps` steps of equal length to time 1: ask for the
# velocity at the beginning of each step, and go straight that way (Euler's method). Return where you come to.
# %% [markdown] lang="ko"
# ### 연습 1: 걸어가기
#
# `velocity(image, time)`은 방향을 알려 줍니다. 시각 0의 `noise`에서 출발해 같은 길이로 `steps`걸음을 걸어 시각 1까지 가세요. 걸음을 시작할 때마다 속도를 묻고 그쪽으로 곧게 갑니다(오일러
# 방법, Euler's method). 닿은 곳을 돌려주세요.
# %% tags=["exercise"]
def follow(velocity, noise, steps):
    return ...

# Stuck? ft.hint("15.1"), then ft.solution("15.1")
ft.check("15.1", follow)
# %% [markdown] lang="en"
# Here is the walk of four letters, twenty steps each, as a film strip.
# %% [markdown] lang="ko"
# 글자 네 개가 스무 걸음을 걷는 모습을 필름처럼 늘어놓았습니다.
# %%
walking = [FREE_CLASSES + letters.index(letter) for letter in "AERX"]
strip = ft.sampling_path(generator, 4, seed=7, classes=walking, frames=8)
ft.show(
    strip.plot(row_names=list("AERX")),
    alt="Four film strips: noise turns into the letters A, E, R and X.",
)
# %% [markdown] lang="en"
# The large shape is settled early, the edges late. All that the class does is bend the way: one-hot channels beside the image, which each
# block of the network hears of.
#
# **Predict.** The same noise, in 1 step, 2, 4, 20: what will you see?
# %% [markdown] lang="ko"
# 큰 모양은 일찍 정해지고 가장자리는 나중에 정해집니다. 클래스가 하는 일은 길을 구부리는 것입니다. 이미지 옆에 원-핫(one-hot) 채널로 붙이면 신경망의 블록마다 그것을 듣습니다.
#
# **예측해 보세요.** 같은 잡음에서 1걸음, 2걸음, 4걸음, 20걸음에 가면 무엇이 보일까요?
# %%
counts = (1, 2, 4, 20)
walks = [
    ft.generate(generator, 10, seed=2, classes=asked, steps=count) for count in counts
]
ft.show(
    plots.image_grid(
        np.concatenate(walks), row_names=["1 step", "2 steps", "4 steps", "20 steps"]
    ),
    alt="Ten letters in 1, 2, 4 and 20 steps: a blur in one step, and sharper with "
    "each more.",
)
# %% [markdown] lang="en"
# One step gives the mean of all letters of that class, a blur. A few are enough for a letter, since the ways are nearly straight.
#
# ## Three digits of each
#
# Thirty real digits, from scanned forms. The ten free seats of the generator's class channels are theirs.
# %% [markdown] lang="ko"
# 한 걸음에 가면 그 클래스의 모든 글자를 평균한 흐릿한 모양이 됩니다. 길이 거의 곧아서 몇 걸음이면 글자가 됩니다.
#
# ## 숫자 세 장씩
#
# 서식에 손으로 쓴 진짜 숫자 서른 장입니다. 생성기의 클래스 채널에는 비어 있는 자리가 열 개 있는데, 그 자리를 숫자에 줍니다.
# %%
few = ft.load_task("digits", labels_per_class=PER_CLASS, seed=0).with_images(
    (16, 16, 1)
)
channels = generator.input_shape[-1] - 2
task = dataclasses.replace(
    few, objective=ft.Denoising(conditional=True, class_channels=channels)
)
order = np.argsort(task.train.labels, kind="stable").reshape(10, PER_CLASS).T.ravel()
before = ft.generate(generator, 10, classes=np.arange(10))
ft.show(
    plots.image_grid(
        np.concatenate([task.train.images[order], before]),
        row_names=["to learn from"] + [""] * (PER_CLASS - 1) + ["drawn before"],
    ),
    alt="Three rows of handwritten digits 0 to 9, and below them what the generator "
    "draws for the ten free seats: letters of many alphabets.",
)
# %% [markdown] lang="en"
# Asked for a digit, it draws any letter: an empty seat says nothing yet. Now the four lines of the course, twice. Both have equally many
# updates, at rates that validation chose, and both keep the weights of the best validation loss.
#
# **Predict.** Which of the two will draw digits, and of what kind?
# %% [markdown] lang="ko"
# 숫자를 그리라고 하면 아무 글자나 그립니다. 빈자리는 아직 아무것도 말해 주지 않습니다. 이제 늘 쓰던 네 줄을 두 번 실행합니다. 업데이트 수는 같고, 학습률은 검증으로 골랐으며, 둘 다 검증 손실이 가장
# 낮은 가중치를 남깁니다.
#
# **예측해 보세요.** 둘 중 어느 쪽이 숫자를 그릴까요? 어떤 숫자일까요?
# %%
record = ft.track("glyph").recorded("generation")
rates = {row["method"]: row.get("rate") for row in record["rows"]}
plans = {
    "from scratch": ft.strategy("scratch").scaled(rates["scratch"] / 1e-3),
    "tuned": ft.strategy("full").scaled(rates["full"] / 3e-4),
}
runs = {
    name: ft.fit(generator, task, plan, "none", updates=UPDATES, seed=0, verbose=False)
    for name, plan in plans.items()
}
classes = np.arange(300) % 10
drawn = {
    name: ft.generate(run, 300, classes=classes, steps=10) for name, run in runs.items()
}
ft.show(
    plots.image_grid(
        np.concatenate([images[:30] for images in drawn.values()]),
        row_names=["from scratch", "", "", "tuned", "", ""],
    ),
    alt="Thirty digits drawn by the generator from scratch, and thirty by the "
    "tuned one.",
)
# %% [markdown] lang="en"
# ## How good is a drawing?
#
# Eyes are quickly content. The first score is a *judge*: a classifier that learnt from all {{len(digits.train):,}} real training digits and reads
# what was drawn. What it looks at are the features of `glyphnet`.
# %% [markdown] lang="ko"
# ## 그림은 얼마나 좋은가요?
#
# 눈은 쉽게 만족합니다. 첫 점수는 *판정기*입니다. 진짜 학습 숫자 {{len(digits.train):,}}장을 모두 배운 분류기가 그린 것을 읽습니다. 판정기가 보는 것은 `glyphnet`의 특징입니다.
# %%
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ftlib.tasks.resizing import fit_images

glyphnet = ft.load_backbone("glyphnet")
pooled = keras.Model(
    glyphnet.inputs[0], keras.layers.GlobalAveragePooling2D()(glyphnet.outputs[0])
)

def features(images):
    """What glyphnet makes of images: 128 numbers for each."""
    return pooled.predict(fit_images(images, (32, 32), 1), verbose=0)

judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
judge.fit(features(digits.train.images), digits.train.labels)
read = {name: judge.score(features(images), classes) for name, images in drawn.items()}
read["real digits"] = judge.score(features(digits.test.images), digits.test.labels)
for name, share in read.items():
    print(f"{name:<14}{100 * share:.1f} % are read as what was asked for")
assert read["real digits"] > max(read["from scratch"], read["tuned"])
# %% [markdown] lang="en"
# A judge can be pleased with one digit drawn a thousand times. So compare the crowds: the features of all drawn digits and of all real ones of
# the test, where they lie and how far they spread. If features are taken as normally distributed, this is the *Fréchet distance*, known as FID.
#
# ### Exercise 2: the distance of two crowds
#
# `features` and `others` are `(n, features)` and `(m, features)`. Take the features as independent of each other, and add up over them the
# squared difference of the means and the squared difference of the standard deviations.
# %% [markdown] lang="ko"
# 같은 숫자를 천 번 그려도 판정기는 만족합니다. 그래서 무리와 무리를 견줍니다. 그린 숫자 전체와 진짜 테스트 숫자 전체의 특징이 어디에 있고 얼마나 퍼져 있는지 봅니다. 특징이 정규분포를 따른다고 보고 재면
# *프레셰 거리*(Fréchet distance)가 되고, FID라는 이름으로 알려져 있습니다.
#
# ### 연습 2: 두 무리의 거리
#
# `features`와 `others`는 `(n, 특징 수)`와 `(m, 특징 수)`입니다. 특징들이 서로 독립이라고 보고, 특징마다 평균 차이의 제곱과 표준편차 차이의 제곱을 구해 모두 더하세요.
# %% tags=["exercise"]
def frechet(features, others):
    return ...

# Stuck? ft.hint("15.2"), then ft.solution("15.2")
ft.check("15.2", frechet)
# %% [markdown] lang="en"
# And the third: how far is the nearest training digit? A copy is near 0. What is near enough to be suspicious, real digits tell: they have a
# nearest training digit, too.
#
# ### Exercise 3: the nearest training image
#
# For each of `images` return how far the nearest of `train` is: the root of the mean squared difference of the pixels. Both are `uint8` arrays
# `(n, height, width, channels)`.
# %% [markdown] lang="ko"
# 셋째는 가장 가까운 학습 숫자까지의 거리입니다. 베낀 것은 0에 가깝습니다. 어느 정도면 의심스러운지는 진짜 숫자가 알려 줍니다. 진짜 테스트 숫자에도 가장 가까운 학습 숫자가 있기 때문입니다.
#
# ### 연습 3: 가장 가까운 학습 이미지
#
# `images`마다 `train`에서 가장 가까운 이미지까지의 거리를 돌려주세요. 거리는 픽셀 차이의 제곱을 평균한 것의 제곱근입니다. 둘 다 `(n, 높이, 너비, 채널)` 모양의 `uint8` 배열입니다.
# %% tags=["exercise"]
def nearest(images, train):
    return ...

# Stuck? ft.hint("15.3"), then ft.solution("15.3")
ft.check("15.3", nearest)
# %% [markdown] lang="en"
# ## All three, side by side
#
# Beside the two generators stand two that need no network: one that copies the thirty digits again and again, and one that "draws" real digits
# from other people's forms. The Fréchet distance is the full one, in which features may depend on each other.
#
# **Predict.** Which of the three scores does the copier win?
# %% [markdown] lang="ko"
# ## 셋을 나란히
#
# 두 생성기 옆에 신경망이 없는 둘을 세웁니다. 하나는 서른 장을 되풀이해 베끼고, 하나는 다른 사람들의 서식에서 진짜 숫자를 가져와 "그립니다". 프레셰 거리는 특징끼리 얽혀 있는 것까지 헤아린 제대로 된
# 값입니다.
#
# **예측해 보세요.** 세 점수 가운데 베끼는 쪽이 이기는 것은 무엇일까요?
# %%
turn = [np.flatnonzero(digits.validation.labels == label) for label in range(10)]
others = np.stack([np.resize(rows, 30) for rows in turn], axis=1).ravel()
drawn["copies"] = task.train.images[np.resize(order, 300)]
drawn["real digits"] = digits.validation.images[others]
scores = {}
for name, images in drawn.items():
    found = ft.generation_scores(
        images, digits.test.images, features, train=task.train.images
    )
    read = judge.score(features(images), classes)
    distance, near = found["frechet_distance"], found["nearest_ratio"]
    scores[name] = {"read": read, "distance": distance, "nearest": near}
    print(
        f"{name:<14}{100 * read:>6.1f} % read   distance {distance:>6.2f}"
        f"   nearest training digit {near:.2f} of what real ones have"
    )
assert scores["copies"]["nearest"] == 0
assert scores["copies"]["distance"] > scores["real digits"]["distance"]
# %% [markdown] lang="en"
# The copier is read as well as anyone, and a distance of 0 to its nearest training digit gives it away. Between the crowds it is farther off than
# real digits are: thirty digits spread less than all people's do. No score alone would do.
# %% [markdown] lang="ko"
# 베끼는 쪽은 누구 못지않게 잘 읽히지만, 가장 가까운 학습 숫자까지의 거리가 0이라서 들통이 납니다. 무리로 보면 진짜 숫자보다 멀리 있습니다. 서른 장은 모든 사람의 숫자만큼 퍼져 있지 않습니다. 어느 점수도
# 혼자서는 충분하지 않습니다.
# %% [markdown] lang="en"
# ## Seed by seed
#
# One draw of digits proves nothing. The record has five, with one and with three digits of each class, both generators at equal updates. A
# *gain* is the difference to the generator from scratch on the same draw. One score more: how much a classifier gets right that learnt from the
# real digits and the drawn ones together.
#
# **Predict.** Where will the pre-training show most: with one digit of each, or with three? In which score?
# %% [markdown] lang="ko"
# ## 시드마다
#
# 숫자를 한 번 뽑은 것으로는 아무것도 증명되지 않습니다. 기록에는 다섯 번 뽑은 결과가 있고, 클래스마다 한 장일 때와 세 장일 때, 두 생성기를 같은 업데이트 수로 견주었습니다. *이득*은 같은 숫자를 뽑았을 때
# 처음부터 학습한 생성기와의 차이입니다. 점수가 하나 더 있습니다. 진짜 숫자에 그린 숫자를 더해서 배운 분류기가 얼마나 맞히는지입니다.
#
# **예측해 보세요.** 사전 학습의 효과는 한 장씩일 때 클까요, 세 장씩일 때 클까요? 어느 점수에서 드러날까요?
# %%
def seeds(per_class, method, score):
    """A score of the recorded draws, in their order."""
    return record.scores(score, labels_per_class=per_class, method=method)

def interval(values):
    """Mean and 95 % interval over seeds (Student's t)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half
# %%
names = {
    "judge_accuracy": "read",
    "frechet_distance": "distance",
    "nearest_ratio": "nearest",
    "helped_accuracy": "helped",
}
gains = {}
for per_class in (1, 3):
    for score, name in names.items():
        tuned, scratch = (
            seeds(per_class, start, score) for start in ("full", "scratch")
        )
        gains[per_class, name] = mean, low, high = interval(tuned - scratch)
        print(
            f"{per_class} a class  {name:<10}from scratch {scratch.mean():>7.3f}  "
            f"tuned {tuned.mean():>7.3f}  gain {mean:+.3f} ({low:+.3f} to {high:+.3f})"
        )
alone, helped = (
    seeds(3, "full", score) for score in ("alone_accuracy", "helped_accuracy")
)
assert interval(helped - alone)[2] < 0
# %% [markdown] lang="en"
# A gain is one where the interval leaves out 0, and for the distance a gain is below it. The crowd that the tuned generator draws is far nearer
# to real digits, with one digit of each and with three ({{-gains[3, "distance"][0]:.0f}} less,
# {{-gains[3, "distance"][2]:.0f}} to {{-gains[3, "distance"][1]:.0f}}). Whether they are *read* better is open: an interval that holds 0 proves nothing. From
# letters it knows what a stroke looks like, and not yet which strokes make a seven.
#
# The last score is sobering. A classifier that learns from the real digits alone gets {{100 * seeds(3, "full", "alone_accuracy").mean():.0f}} %
# right, with the drawn ones beside them {{100 * seeds(3, "full", "helped_accuracy").mean():.0f}} %: they do harm, whoever drew them. And look at the rate:
# from scratch the best of three was ten times that of the tuned generator. With a lower one scratch would have looked far worse, and the
# gain far larger than it is.
#
# ## What it forgets
#
# The channels of the letters are still there. What does the tuned generator draw when it is asked for them?
#
# **Predict.** After two hundred updates on digits alone: are the letters still letters? Remember lesson 09.
# %% [markdown] lang="ko"
# 구간에 0이 들어 있지 않아야 이득입니다. 거리는 0보다 작아야 이득입니다. 조정한 생성기가 그린 무리는 한 장씩일 때도 세 장씩일 때도 진짜 숫자에 훨씬 가깝습니다(세 장씩일 때
# {{-gains[3, "distance"][0]:.0f}}만큼, {{-gains[3, "distance"][2]:.0f}}~{{-gains[3, "distance"][1]:.0f}}). 더 잘 *읽히는지*는 알 수 없습니다. 0이 들어 있는 구간은 아무것도
# 증명하지 못합니다. 글자에서 획이 어떻게 생겼는지는 배웠지만, 어떤 획이 모여 7이 되는지는 아직 모르는 것입니다.
#
# 마지막 점수를 보면 정신이 번쩍 듭니다. 진짜 숫자만 배운 분류기는 {{100 * seeds(3, "full", "alone_accuracy").mean():.0f}}%를 맞히는데, 그린 숫자를 더하면
# {{100 * seeds(3, "full", "helped_accuracy").mean():.0f}}%입니다. 누가 그렸든 해가 됩니다. 학습률도 보세요. 처음부터 학습할 때는 셋 중 가장 좋은 학습률이 조정할 때의 열 배였습니다. 더 낮은 것만
# 써 보았다면 처음부터 학습한 쪽이 훨씬 나빠 보이고, 이득은 실제보다 훨씬 커 보였을 것입니다.
#
# ## 잊은 것
#
# 글자의 채널은 그대로 있습니다. 조정한 생성기에 글자를 그리라고 하면 무엇을 그릴까요?
#
# **예측해 보세요.** 숫자만으로 업데이트를 이백 번 하고도 글자가 글자일까요? 9강을 떠올려 보세요.
# %%
tuned_model = runs["tuned"].model
kept = [
    ft.generate(model, 10, seed=2, classes=asked) for model in (generator, tuned_model)
]
ft.show(
    plots.image_grid(np.concatenate(kept), row_names=["before", "after"]),
    alt="Ten letters drawn by the generator before and after it was tuned to digits.",
)
read_after = seeds(PER_CLASS, "full", "letters_read").mean()
read_before = record["settings"]["letters_read_before"]
print(
    f"read by a network that knows letters: {100 * read_before:.0f} % before, "
    f"{100 * read_after:.0f} % after (five seeds)"
)
# %% [markdown] lang="en"
# Compare the rows, then read the number. Some letters still stand, others now lean towards digits. The share that is read did not fall, but this
# score is blunt: the reader chooses among hundreds of classes of many alphabets, and named few of the letters even before. A number that does not move
# proves little where it had little to lose; here the eye sees more. That not more is lost has its reasons: letters and digits have channels of their
# own, the rate was small, and the updates few. Where the new takes the place of the old, as with the head of lesson 09, it is another story.
#
# ## Nobody watches
#
# `ft.fit` kept the weights of the best validation loss. A plain loop does not: it goes on as long as it is told. Here one learns one digit of
# each class, for longer.
#
# **Predict.** What will the judge say, and what the nearest training digit?
# %% [markdown] lang="ko"
# 두 줄을 견주어 본 다음 숫자를 읽으세요. 그대로인 글자도 있고, 숫자 쪽으로 기운 글자도 있습니다. 읽힌 비율은 줄지 않았지만 이 점수는 무딥니다. 판정하는 신경망이 여러 문자의 수백 클래스 가운데서 고르므로, 조정하기 전에도
# 글자를 많이 맞히지 못했습니다. 잃을 것이 적은 점수는 움직이지 않아도 증명하는 것이 적습니다. 여기서는 눈이 더 많이 봅니다. 더 잃지 않은 데에는 이유가 있습니다. 글자와 숫자가 서로 다른 채널을 쓰고, 학습률이 작고, 업데이트가
# 적었습니다. 9강의 헤드처럼 새것이 옛것의 자리를 차지하면 이야기가 달라집니다.
#
# ## 지켜보는 눈이 없으면
#
# `ft.fit`은 검증 손실이 가장 낮은 가중치를 남깁니다. 손으로 쓴 반복문은 그러지 않고, 시킨 만큼 계속합니다. 클래스마다 한 장만 가지고 더 오래 학습시켜 봅시다.
#
# **예측해 보세요.** 판정기는 뭐라고 하고, 가장 가까운 학습 숫자까지의 거리는 얼마일까요?
# %%
ten = task.train.images[order[:10]]
copier, rng = ft.denoiser(NAME), np.random.default_rng(0)
copier.compile(keras.optimizers.Adam(2e-3), "mse")
for update in range(300):
    rows = rng.permutation(np.arange(40) % 10)
    batch = task.objective.make_batch(ten[rows], rows, task, ft.Regularization(), rng)
    copier.train_on_batch(*batch)
copied = ft.generate(copier, 300, classes=classes, steps=10)
found = ft.generation_scores(copied, digits.test.images, features, train=ten)
ft.show(
    plots.image_grid(
        np.concatenate([ten, copied[:20]]), row_names=["learnt", "drawn", ""]
    ),
    alt="Ten digits that were learnt, and twenty drawn ones that look just like them.",
)
print(
    f"{100 * judge.score(features(copied), classes):.0f} % read, nearest training "
    f"digit {found['nearest_ratio']:.2f} of what real ones have"
)
assert found["nearest_ratio"] < 0.6
# %% [markdown] lang="en"
# From other noise, the same ten digits. A large generator does this with faces and with pictures that belong to somebody, if it sees them often
# enough (Carlini et al., 2023). Whoever tunes one on few images has to look for copies.
#
# ## A style from a few photos
#
# Image models are tuned in just this way. *DreamBooth* takes three to five photos of one dog, a rare word in place of our empty seat, and beside
# them images of dogs that the model itself drew before: replay against forgetting. *LoRA* freezes all weights and adds small factors of low rank
# to the attention, as in lesson 12: a few megabytes for a style. The record has a relative of it, in which only the layers learn that hear of
# time and class.
# %% [markdown] lang="ko"
# 잡음이 달라도 같은 열 장이 나옵니다. 커다란 생성기도 충분히 자주 본 것이라면 사람의 얼굴이나 주인이 있는 그림을 이렇게 그대로 그려 냅니다(Carlini 등, 2023). 적은 이미지로 생성기를 조정할 때는 베낀 것이
# 없는지 찾아보아야 합니다.
#
# ## 사진 몇 장으로 배우는 스타일
#
# 이미지 모델도 바로 이렇게 조정합니다. *DreamBooth*는 개 한 마리의 사진 서너 장을 쓰고, 우리의 빈자리 대신 드문 낱말을 씁니다. 그 옆에 모델이 예전에 스스로 그린 개의 그림을 놓습니다. 망각을 막는
# 리플레이입니다. *LoRA*는 모든 가중치를 동결하고 12강에서처럼 어텐션에 낮은 랭크의 작은 행렬을 더합니다. 스타일 하나가 몇 메가바이트입니다. 기록에는 이와 비슷한 방법이 있는데, 시각과 클래스를 듣는 층만
# 학습합니다.
# %%
parts = {"from scratch": "scratch", "all of it": "full", "condition alone": "condition"}
for name, method in parts.items():
    values = [seeds(PER_CLASS, method, score).mean() for score in names]
    print(
        f"{name:<17}"
        + "  ".join(f"{n} {v:.3f}" for n, v in zip(names.values(), values))
    )

adapted = {}
for score, name in names.items():
    gain = seeds(PER_CLASS, "condition", score) - seeds(PER_CLASS, "scratch", score)
    adapted[name] = mean, low, high = interval(gain)
    print(f"condition over scratch, {name}: {mean:+.3f} ({low:+.3f} to {high:+.3f})")
assert adapted["read"][1] > 0 > adapted["distance"][2] and adapted["nearest"][1] > 0
assert gains[3, "distance"][2] < 0 and gains[1, "distance"][2] < 0
# %% [markdown] lang="en"
# So little may move, and it is the better part. Over scratch, its digits are read better by {{100 * adapted["read"][0]:.1f}} points
# ({{100 * adapted["read"][1]:.1f}} to {{100 * adapted["read"][2]:.1f}}), its crowd is nearer to real ones, and it copies less: its images lie farther from
# the training digits. That is what an adapter is for: what the network knows of strokes stays, and only what a class means is learnt.
# %% [markdown] lang="ko"
# 이렇게 조금만 움직이는데 오히려 낫습니다. 처음부터 학습한 것보다 {{100 * adapted["read"][0]:.1f}}점({{100 * adapted["read"][1]:.1f}}~{{100 * adapted["read"][2]:.1f}}) 더
# 잘 읽히고, 무리는 진짜에 더 가깝고, 학습 숫자에서 더 멀어서 덜 베낍니다. 어댑터(adapter)는 이러라고 있는 것입니다. 획에 대해 아는 것은 그대로 두고, 클래스의 뜻만 배웁니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# <details><summary>What a Keras user would type</summary>
#
# Freeze all but the layers that hear of time and class, and compile. The batches are made of images, noise and times.
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# <details><summary>Keras 사용자라면 이렇게 씁니다</summary>
#
# 시각과 클래스를 듣는 층만 남기고 동결한 다음 컴파일합니다. 배치는 이미지와 잡음과 시각으로 만듭니다.
# %% tags=["folded"]
adapter = ft.denoiser(NAME)
for layer in adapter.get_layer("backbone").layers:
    layer.trainable = layer.name.endswith(("_condition", "_scale", "_shift"))
adapter.get_layer("velocity").trainable = False
adapter.compile(keras.optimizers.Adam(1e-2), "mse")
images, labels = task.train.images / 127.5 - 1, task.train.labels
for update in range(20):
    noise = rng.standard_normal(images.shape)
    times = rng.random((len(images), 1, 1, 1))
    told = np.zeros((*images.shape[:3], 1 + channels))
    told[..., :1] = times
    told[np.arange(len(labels)), ..., 1 + labels] = 1
    stack = np.concatenate([times * images + (1 - times) * noise, told], axis=-1)
    loss = adapter.train_on_batch(stack, images - noise)
trained = sum(np.prod(weight.shape) for weight in adapter.trainable_weights)
print(
    f"{trained:,} of {adapter.count_params():,} weights train, loss {float(loss):.2f}"
)
# %% [markdown] lang="en"
# </details>
#
# ## Quiz
# %% [markdown] lang="ko"
# </details>
#
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 15.q1}}
# %% [markdown] lang="ko"
# {{quiz 15.q1}}
# %% tags=["exercise"]
ft.check("15.q1", ...)
# %% [markdown] lang="en"
# {{quiz 15.q2}}
# %% [markdown] lang="ko"
# {{quiz 15.q2}}
# %% tags=["exercise"]
ft.check("15.q2", ...)
# %% [markdown] lang="en"
# {{quiz 15.q3}}
# %% [markdown] lang="ko"
# {{quiz 15.q3}}
# %% tags=["exercise"]
ft.check("15.q3", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A generator learns a direction, from noise to an image, and walks it in small steps.
# - A judge, a distance between crowds and the nearest training image: each can be cheated alone, hardly all of them.
# - Read is not new: ten copies are read, too. Measure the distance to the nearest training image beside that of real ones.
# - Whether transfer pays is asked of scratch, at equal updates, on the same draws, each at its best rate. Here the crowd came nearer to real
#   digits, by {{-gains[3, "distance"][0]:.0f}} with three of each; read better for certain were only those of the adapter.
# - Drawn digits did not help a classifier. They did harm.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 생성기는 잡음에서 이미지로 가는 방향을 배우고, 작은 걸음으로 그 길을 갑니다.
# - 판정기, 무리 사이의 거리, 가장 가까운 학습 이미지. 하나는 속일 수 있어도 셋을 모두 속이기는 어렵습니다.
# - 읽힌다고 새것은 아닙니다. 베낀 열 장도 읽힙니다. 가장 가까운 학습 이미지까지의 거리를 진짜 이미지의 거리와 견주세요.
# - 전이가 이득인지는 처음부터 학습한 것에 물어야 합니다. 업데이트 수도 뽑은 숫자도 같고, 저마다 가장 좋은 학습률이어야 합니다. 여기서 무리는 진짜 숫자에 가까워졌고(세 장씩일 때
#   {{-gains[3, "distance"][0]:.0f}}만큼), 확실히 더 잘 읽힌 것은 어댑터뿐이었습니다.
# - 그린 숫자는 분류기에 도움이 되지 않았습니다. 해가 되었습니다.
# %% [markdown] lang="en"
# ## Next
#
# Lesson 16 asks what a GPU changes in all of this.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 16강에서는 GPU가 이 모든 것을 어떻게 바꾸는지 묻습니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Lipman et al., 2023, [Flow matching for generative modeling](https://arxiv.org/abs/2210.02747)
# - Heusel et al., 2017, [the Fréchet Inception distance](https://arxiv.org/abs/1706.08500)
# - Ruiz et al., 2023, [DreamBooth](https://arxiv.org/abs/2208.12242); Hu et al., 2022, [LoRA](https://arxiv.org/abs/2106.09685)
# - Carlini et al., 2023, [Extracting training data from diffusion models](https://arxiv.org/abs/2301.13188)
# - Keras: [denoising diffusion implicit models](https://keras.io/examples/generative/ddim/), from scratch
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Lipman 등, 2023, [Flow matching for generative modeling](https://arxiv.org/abs/2210.02747)
# - Heusel 등, 2017, [Fréchet Inception distance](https://arxiv.org/abs/1706.08500)
# - Ruiz 등, 2023, [DreamBooth](https://arxiv.org/abs/2208.12242); Hu 등, 2022, [LoRA](https://arxiv.org/abs/2106.09685)
# - Carlini 등, 2023, [Extracting training data from diffusion models](https://arxiv.org/abs/2301.13188)
# - Keras: [denoising diffusion implicit models](https://keras.io/examples/generative/ddim/), 처음부터 학습
