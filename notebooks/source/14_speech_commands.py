# %% [markdown] lang="en"
# # Speech commands: one second, one word
#
# "Stop." "왼쪽." A device that listens has to tell a few words apart, said by people whom nobody recorded beforehand. Task, backbone,
# strategy and run stay as they were. New is what goes in: a waveform.
#
# **Questions**
# - How does a convolution see a sound?
# - What does a network that heard a synthesizer know of real people?
# - What does a test promise that knows the voices of the training?
#
# **You will**
# - turn a waveform into a picture, by hand and inside the model
# - tune a network to eight Korean commands with one recording of each
# - read recorded seeds on real people, beside a baseline and a network of Google's
# - split by speaker, and see what a split by recording would have promised
#
# ⏱ {{minutes}} minutes · Needs: lessons 05 to 07 · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 음성 명령: 1초에 한 낱말
#
# "Stop." "왼쪽." 말을 듣는 기계는 낱말 몇 개를 구별해야 합니다. 말하는 사람은 미리 녹음해 둔 적 없는 사람입니다. 태스크(task), 백본(backbone), 전략, 실행은 그대로이고,
# 넣는 것만 새롭습니다. 이번에는 파형(waveform)입니다.
#
# **질문**
# - 합성곱은 소리를 어떻게 볼까요?
# - 합성 음성만 들은 신경망이 진짜 사람의 말을 얼마나 알까요?
# - 학습 때 들은 목소리로 하는 테스트는 무엇을 약속할까요?
#
# **이 수업을 마치면**
# - 파형을 손으로, 그리고 모델 안에서 그림으로 바꿀 수 있습니다
# - 낱말마다 녹음 하나로 한국어 명령 여덟 개에 맞게 신경망을 조정할 수 있습니다
# - 진짜 사람의 말에 대한 여러 시드의 기록을 기준선, Google의 신경망과 나란히 읽을 수 있습니다
# - 화자(speaker)별로 나누고, 녹음별로 나누면 무엇을 약속했을지 확인합니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 5강, 6강, 7강 · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import keras
import numpy as np
from IPython.display import Audio
from scipy.stats import t

import ftlib as ft
from ftlib import plots
from ftlib.sound import log_mel, to_wav_bytes

NAME, RATE, UPDATES = "minispeech", 16_000, 100
backbone = ft.load_backbone(NAME)
task = ft.load_task("korean_commands", labels_per_class=1, seed=0)
print(task)
print("voices to learn from:", *np.unique(task.train.groups))
print("voices of the test:  ", *np.unique(task.test.groups))
# %% [markdown] lang="en"
# Eight commands, and the classes are called by what they mean: 시작 (start), 멈춰 (stop), 왼쪽 (left), 오른쪽 (right), 위로 (up), 아래로
# (down), 켜 (on), 꺼 (off). A synthesizer speaks them in {{len(set(task.train.groups) | set(task.validation.groups) | set(task.test.groups))}}
# voices, so no one's voice is in this notebook. Here is "left", twice.
# %% [markdown] lang="ko"
# 명령은 여덟 개이고, 클래스 이름은 뜻을 영어로 적은 것입니다. 시작(start), 멈춰(stop), 왼쪽(left), 오른쪽(right), 위로(up), 아래로(down), 켜(on), 꺼(off)입니다.
# 음성 합성기가 {{len(set(task.train.groups) | set(task.validation.groups) | set(task.test.groups))}}가지 목소리로 말하므로, 이 노트북에 실제 사람의 목소리는
# 없습니다. "왼쪽"을 두 목소리로 들어 봅시다.
# %%
lefts = np.flatnonzero(task.validation.targets == task.class_names.index("left"))
first, second = (task.validation.inputs[row] for row in (lefts[0], lefts[-1]))
Audio(to_wav_bytes(first[:14_000:2], RATE // 2))
# %%
Audio(to_wav_bytes(second[:14_000:2], RATE // 2))
# %% [markdown] lang="en"
# ## From a waveform to a picture
#
# {{RATE:,}} numbers a second, the pressure of the air. The same word, and hardly a number in common.
#
# **Predict.** What will the two waveforms share?
# %% [markdown] lang="ko"
# ## 파형에서 그림으로
#
# 1초에 숫자 {{RATE:,}}개, 곧 공기의 압력입니다. 같은 낱말인데 같은 숫자는 거의 없습니다.
#
# **예측해 보세요.** 두 파형에서 닮은 점은 무엇일까요?
# %%
ft.show(
    plots.waveforms(
        [first[:14_000], second[:14_000]],
        ["one voice", "another"],
        RATE,
        columns=1,
        title="The same word in two voices",
    ),
    alt="Two waveforms of the word left, one above the other; their loud and soft "
    "parts differ in place and shape.",
)
# %% [markdown] lang="en"
# The ear does not count pressure. It hears which frequencies are strong, from moment to moment. So does every network for speech: cut the
# sound into *frames* of 25 ms, one every 10 ms, let each begin and end softly (a *window*), and take the power of its frequencies.
# %% [markdown] lang="ko"
# 귀는 압력을 세지 않습니다. 순간마다 어떤 주파수가 센지를 듣습니다. 음성을 다루는 신경망도 그렇습니다. 소리를 25ms짜리 *프레임*(frame)으로 10ms마다 하나씩 자르고, 시작과 끝이
# 부드럽게 잦아들도록 *창*(window)을 곱한 다음, 주파수마다 세기를 구합니다.
# %% [markdown] lang="en"
# ### Exercise 1: a spectrogram
#
# Return the power of the frequencies in each frame, `(frames, length // 2 + 1)`: frames of `length` samples, one every `step`, as many as
# fit in whole, under the window `np.hanning(length)`. The power is the squared absolute value of `np.fft.rfft`.
# %% [markdown] lang="ko"
# ### 연습 1: 스펙트로그램
#
# 프레임마다 주파수의 세기를 담은 `(frames, length // 2 + 1)` 배열을 돌려주세요. 프레임은 `length`개 샘플이고 `step`마다 하나씩, 온전히 들어가는 만큼만 만듭니다. 창
# `np.hanning(length)`를 곱합니다. 세기는 `np.fft.rfft`의 절댓값을 제곱한 것입니다.
# %% tags=["exercise"]
def spectrogram(sound, length, step):
    return ...

# Stuck? ft.hint("14.1"), then ft.solution("14.1")
ft.check("14.1", spectrogram)
# %% [markdown] lang="en"
# Two more steps make it like hearing. Neighbouring frequencies are added up in bands that grow wider towards the top (*mel*), since the ear
# tells low tones apart better; and the logarithm turns factors of loudness into steps. `minispeech` does all of it in its first layers. They
# are plain arithmetic without weights, so the model that you save takes what a microphone gives.
# %% [markdown] lang="ko"
# 두 단계를 더하면 청각과 비슷해집니다. 귀는 낮은 음을 더 잘 구별하므로, 위로 갈수록 넓어지는 띠(*멜*, mel)마다 이웃한 주파수를 더합니다. 그리고 로그를 취해 소리 크기의 배수를
# 일정한 차이로 바꿉니다. `minispeech`는 이 모든 것을 첫 층들에서 합니다. 가중치가 없는 단순한 계산이므로, 저장한 모델에 마이크가 주는 것을 그대로 넣으면 됩니다.
# %%
ear = keras.Model(backbone.inputs[0], backbone.get_layer("log_mel").output)

def pictures(sounds):
    """What the convolutions see of sounds: time to the right, high tones at the top."""
    shown = np.asarray(ear(sounds)).transpose(0, 2, 1)[:, ::-1]
    return np.clip(128 + 50 * shown, 0, 255).astype("uint8")

words = ("left", "right", "start", "on")
rows = [
    np.flatnonzero(task.validation.targets == task.class_names.index(word))[[0, -1]]
    for word in words
]
shown = pictures(task.validation.inputs[np.concatenate(list(zip(*rows)))])
ft.show(
    plots.image_grid(
        shown, titles=[*words, *words], columns=4, row_names=["one voice", "another"]
    ),
    alt="Spectrograms of four words in two voices: bright bands move in the same way "
    "for the same word.",
)
quiet = ear(0.05 * first[None])
print(
    "largest change when the sound is 20 times softer:",
    f"{np.abs(quiet - ear(first[None])).max():.2f}",
)
assert np.abs(quiet - ear(first[None])).max() < 0.1
# %% [markdown] lang="en"
# Now the words look alike across voices: bands of energy that rise and fall in the same order. Convolutions find such patterns as they find
# strokes in letters. And loudness is gone: the model measures each sound by its own mean.
# %% [markdown] lang="ko"
# 이제 목소리가 달라도 같은 낱말은 닮아 보입니다. 에너지의 띠가 같은 순서로 오르내립니다. 합성곱은 글자에서 획을 찾듯 이런 무늬를 찾습니다. 소리의 크기는 사라졌습니다. 모델이 소리마다 자기
# 평균을 기준으로 재기 때문입니다.
# %% [markdown] lang="en"
# ## What it learnt, and what we compare it with
#
# `minispeech` has {{backbone.count_params() / 1e6:.2f}} million weights. It learnt to name words that a synthesizer spoke, most of them
# English, through noise, rooms and bad microphones. None of our eight commands was among them, and none of our voices. It has never heard a person.
#
# First the baseline, without any network: find the loudest 0.6 seconds, cut them into six parts, take the mean of each band in each part, and fit
# a logistic regression.
#
# **Predict.** With one recording of each word: how many of the validation recordings does it get right? Guessing gets
# {{100 / task.num_classes:.0f}} %.
# %% [markdown] lang="ko"
# ## 무엇을 배웠고, 무엇과 견줄까요?
#
# `minispeech`는 가중치가 {{100 * backbone.count_params() / 1e6:.0f}}만 개입니다. 음성 합성기가 말한 낱말, 주로 영어 낱말의 이름을 소음과 방의 울림과 나쁜 마이크 너머로 맞히며
# 배웠습니다. 우리 명령 여덟 개는 그 안에 없었고, 우리 목소리들도 없었습니다. 사람의 목소리는 들어 본 적이 없습니다.
#
# 먼저 신경망이 없는 기준선입니다. 가장 큰 소리가 나는 0.6초를 찾아 여섯 부분으로 나누고, 부분마다 띠의 평균을 구해 로지스틱 회귀를 맞춥니다.
#
# **예측해 보세요.** 낱말마다 녹음이 하나일 때 검증 녹음을 얼마나 맞힐까요? 찍으면 {{100 / task.num_classes:.0f}}%입니다.
# %%
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def six_parts(sounds):
    """Mean of each mel band in six parts of the loudest 0.6 seconds, without
    loudness."""
    bands = log_mel(sounds, RATE, bands=40)
    bands = np.maximum(bands, bands.max(axis=(1, 2), keepdims=True) - 50)
    loudness = bands.mean(axis=1) - bands.mean(axis=1).min(axis=1, keepdims=True)
    middles = (loudness * np.arange(loudness.shape[1])).sum(axis=1) / loudness.sum(
        axis=1
    )
    starts = np.clip(middles.astype(int) - 30, 0, loudness.shape[1] - 60)
    bands -= bands.mean(axis=(1, 2), keepdims=True)
    words = np.stack(
        [sound[:, start : start + 60] for sound, start in zip(bands, starts)]
    )
    return words.reshape(len(words), 40, 6, 10).mean(axis=3).reshape(len(words), -1)

baseline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
baseline.fit(six_parts(task.train.inputs), task.train.targets)
by_parts = baseline.score(six_parts(task.validation.inputs), task.validation.targets)
print(f"six parts of the word: {100 * by_parts:.1f} %")
# %% [markdown] lang="en"
# ## The four lines
#
# `ft.with_head` takes the mean over time and puts a softmax on it. Frozen, LP-FT, and the control from random weights, with equal updates.
#
# **Predict.** In which order will the three come in, and on which side of the baseline?
# %% [markdown] lang="ko"
# ## 늘 쓰던 네 줄
#
# `ft.with_head`는 시간에 대한 평균을 내고 그 위에 소프트맥스를 얹습니다. 동결, LP-FT, 그리고 무작위 가중치에서 출발하는 대조군을 같은 업데이트 수로 학습합니다.
#
# **예측해 보세요.** 셋의 순서는 어떻게 되고, 기준선보다 나을까요?
# %%
model = ft.with_head(backbone, task)
runs = {
    name: ft.fit(model, task, name, updates=UPDATES, seed=0, verbose=False)
    for name in ("scratch", "feature_extraction_long", "lp_ft")
}
found = {"six parts": by_parts} | {name: run.val_accuracy for name, run in runs.items()}
ft.show(
    plots.bars(
        found, "One recording of each command", "Validation accuracy", percent=True
    ),
    alt="Bars of validation accuracy: six parts of the word, the network from "
    "scratch, the frozen one, and LP-FT.",
)
assert found["lp_ft"] > found["scratch"]
# %% [markdown] lang="en"
# One recording of each word, and voices that are not in the training: {{100 * found["lp_ft"]:.0f}} % with LP-FT,
# {{100 * found["feature_extraction_long"]:.0f}} % frozen, {{100 * found["scratch"]:.0f}} % from scratch, {{100 * by_parts:.0f}} % with the baseline.
# The network never heard these words, but it learnt on others which sounds make a difference, and what may change: the voice, the speed, the
# room.
#
# Is it too good? The voices are new, the synthesizer is the same. Real people come below.
# %% [markdown] lang="ko"
# 낱말마다 녹음 하나, 그것도 학습에 없던 목소리에서 LP-FT는 {{100 * found["lp_ft"]:.0f}}%, 동결하면 {{100 * found["feature_extraction_long"]:.0f}}%, 처음부터 학습하면
# {{100 * found["scratch"]:.0f}}%, 기준선은 {{100 * by_parts:.0f}}%입니다. 이 낱말들은 들어 본 적이 없지만, 다른 낱말에서 어떤 소리의 차이가 중요하고 무엇은 달라져도 되는지를 배웠습니다. 목소리와
# 빠르기와 방은 달라져도 됩니다.
#
# 너무 잘한다고요? 목소리는 새것이지만 합성기는 같습니다. 진짜 사람은 아래에서 만납니다.
# %% [markdown] lang="en"
# ### The wrong rate
#
# A recorder at 8,000 samples a second, and a model that expects 16,000. Somebody forgets to resample.
#
# **Predict.** What happens: an error, a warning, or neither?
# %% [markdown] lang="ko"
# ### 틀린 샘플링 속도
#
# 녹음기는 초당 8,000개를 재는데 모델은 16,000개를 기대합니다. 누군가 리샘플링(resampling)을 잊었습니다.
#
# **예측해 보세요.** 오류가 날까요, 경고가 나올까요, 아니면 아무 일도 없을까요?
# %%
best = runs["lp_ft"].model
sounds, truths = task.validation.inputs, task.validation.targets
too_fast = np.zeros_like(sounds)
too_fast[:, : RATE // 2] = sounds[:, ::2]
right = [
    np.mean(np.asarray(best(heard)).argmax(1) == truths) for heard in (sounds, too_fast)
]
print(f"resampled {100 * right[0]:.1f} %, forgotten {100 * right[1]:.1f} %")
assert right[1] < right[0]
# %% [markdown] lang="en"
# Neither. Everything sounds an octave higher and twice as fast, and the accuracy falls. It is the pixel range of lesson 04b and the padding of
# lesson 11 once more. `ft.load_task("./sounds")`, which reads a folder of sound files, resamples them and says so.
# %% [markdown] lang="ko"
# 아무 일도 없습니다. 모든 소리가 한 옥타브 높고 두 배 빠르게 들리고, 정확도만 떨어집니다. 4b강의 픽셀 범위, 11강의 패딩이 또 나온 셈입니다. 소리 파일이 든 폴더를 읽는
# `ft.load_task("./sounds")`는 리샘플링을 하고 그렇게 했다고 알려 줍니다.
# %% [markdown] lang="en"
# ## Augmentation for sounds
#
# A mirrored sound is no sound, and a cropped word another word. What may change is what changes in life: when the word begins, how loud it is,
# what else is heard. That is what the presets of `regularization` do with a task of sounds.
# %% [markdown] lang="ko"
# ## 소리를 위한 증강
#
# 뒤집은 소리는 소리가 아니고, 잘라 낸 낱말은 다른 낱말입니다. 바꾸어도 되는 것은 살면서 바뀌는 것입니다. 낱말이 언제 시작하는지, 얼마나 큰지, 다른 무엇이 들리는지입니다. `regularization`의
# 프리셋이 소리 태스크에서 하는 일이 이것입니다.
# %% [markdown] lang="en"
# ### Exercise 2: noise of a given loudness
#
# Add `noise` to `sound`, scaled so that the sound's power is `decibels` above that of the noise. Power is the mean square; ten decibels are a
# factor of 10 in power.
# %% [markdown] lang="ko"
# ### 연습 2: 정해진 크기의 소음
#
# 소리의 세기가 소음보다 `decibels`만큼 크도록 `noise`의 크기를 맞추어 `sound`에 더하세요. 세기는 제곱의 평균이고, 10데시벨은 세기로 10배입니다.
# %% tags=["exercise"]
def add_noise(sound, noise, decibels):
    return ...

# Stuck? ft.hint("14.2"), then ft.solution("14.2")
ft.check("14.2", add_noise)
# %% [markdown] lang="en"
# ### How much noise it bears
#
# **Predict.** The sound 20 decibels above white noise, 10, 0: where does it begin to mishear, and which commands?
# %% [markdown] lang="ko"
# ### 소음을 얼마나 견딜까요?
#
# **예측해 보세요.** 소리가 백색 소음보다 20데시벨, 10데시벨, 0데시벨 클 때, 어디부터 잘못 듣기 시작할까요? 어떤 명령일까요?
# %%
def in_noise(sounds, decibels, seed=0):
    """Sounds in white noise, at a given distance from it."""
    noise = np.random.default_rng(seed).standard_normal(sounds.shape, "float32")
    wanted = np.mean(sounds**2, axis=1, keepdims=True) / 10 ** (decibels / 10)
    return np.clip(sounds + np.sqrt(wanted) * noise, -1, 1)

levels = (-5, 0, 5, 10, 20, 30)
heard = {
    level: np.asarray(best(in_noise(task.test.inputs, level))).argmax(1)
    for level in levels
}
parts = {
    level: baseline.predict(six_parts(in_noise(task.test.inputs, level)))
    for level in levels
}
curves = {
    name: (levels, [np.mean(said[level] == task.test.targets) for level in levels])
    for name, said in {"LP-FT": heard, "six parts": parts}.items()
}
# %%
fig = plots.lines(
    curves, "Decibels above the noise", "Test accuracy", "Words in noise", percent=True
)
ft.show(
    fig,
    alt="Test accuracy on Korean commands against decibels above white noise, for "
    "LP-FT and the baseline.",
)
pairs = [(task.class_names[truth], task.class_names[said]) for truth, said
         in zip(task.test.targets, heard[0]) if truth != said]
for pair in sorted(set(pairs), key=lambda pair: (-pairs.count(pair), pair))[:4]:
    print(f"at 0 decibels, {pair[0]} heard as {pair[1]}: {pairs.count(pair)} times")
assert curves["LP-FT"][1][0] < curves["LP-FT"][1][-1]
# %% [markdown] lang="en"
# Not all errors cost the same: "on" heard as "off" is worse than a word that is asked for again. A device may say "pardon?" where it is not sure;
# lesson 08b told how far one may believe such a number.
# %% [markdown] lang="ko"
# 오류의 값은 같지 않습니다. 켜를 꺼로 듣는 것은 다시 물어보는 것보다 나쁩니다. 확신이 없으면 "다시 말씀해 주세요"라고 해도 됩니다. 이런 숫자를 어디까지 믿어도 되는지는 8b강에서 보았습니다.
# %% [markdown] lang="en"
# ## Stages again
#
# Each halving of time is a stage: edges in the spectrogram, patterns of bands, sounds, and something like syllables. Freeze, thaw and rates work
# by the same names as ever.
# %% [markdown] lang="ko"
# ## 다시 스테이지
#
# 시간이 절반이 될 때마다 스테이지(stage) 하나입니다. 스펙트로그램의 윤곽, 띠의 무늬, 소리, 그리고 음절 비슷한 것입니다. 동결하고, 풀고, 학습률을 다르게 하는 일이 늘 쓰던 이름으로 됩니다.
# %%
for stage in ft.stages(model):
    print(
        f"{stage.name:<8}{stage.params:>9,} weights   {stage.output_shape}   "
        f"{stage.layers[-1].name}"
    )
# %% [markdown] lang="en"
# ## Real people, seed by seed
#
# A synthesizer is no person. The record holds ten English commands of Google's Speech Commands, real people on their own microphones, with 3, 10
# and 30 recordings of each word, split by speaker. Beside `minispeech` stands Google's speech embedding, frozen, which learnt from
# millions of clips of people.
#
# **Predict.** A small network that has heard no person at all: where will it be among these?
# %% [markdown] lang="ko"
# ## 진짜 사람, 시드마다
#
# 합성기는 사람이 아닙니다. 기록에는 Google Speech Commands의 영어 명령 열 개가 있습니다. 진짜 사람들이 저마다 자기 마이크로 녹음한 것이고, 낱말마다 3개, 10개, 30개를 배우며, 화자별로 나누었습니다.
# `minispeech` 옆에는 사람의 녹음 수백만 개에서 배운 Google의 음성 임베딩을 동결해 두었습니다.
#
# **예측해 보세요.** 사람의 말을 들어 본 적이 없는 작은 신경망은 이 가운데 어디쯤일까요?
# %%
record = ft.track("glyph").recorded("speech")

def seeds(per_word, method, task="speech_commands"):
    """Test accuracy of the recorded draws, in their order."""
    cell = {"task": task, "labels_per_class": per_word, "method": method}
    return record.scores("test_accuracy", **cell)

def interval(values):
    """Mean and 95 % interval over seeds (Student's t)."""
    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return np.mean(values), np.mean(values) - half, np.mean(values) + half
# %%
names = {
    "segments": "six parts",
    "google": "Google's, frozen",
    "frozen": "minispeech, frozen",
    "lp_ft": "LP-FT",
    "scratch": "from scratch",
}
curves = {}
for method, name in names.items():
    counts = [n for n in (3, 10, 30) if len(seeds(n, method)) == 5]
    if counts:
        curves[name] = (counts, [seeds(n, method).mean() for n in counts])
# %%
fig = plots.lines(
    curves,
    "Recordings of each word",
    "Test accuracy",
    "Real commands",
    log_x=True,
    percent=True,
    x_ticks={n: str(n) for n in (3, 10, 30)},
)
ft.show(
    fig,
    alt="Test accuracy on Speech Commands against recordings of each word, for six "
    "parts of the word, Google's frozen embedding, and minispeech frozen, with LP-FT "
    "and from scratch.",
)
# %%
few = 10
for task_name, per_word in (
    ("speech_commands", 3),
    ("speech_commands", few),
    ("spoken_digits", 3),
    ("spoken_digits", few),
):
    for method in ("frozen", "lp_ft"):
        gain = seeds(per_word, method, task_name) - seeds(
            per_word, "scratch", task_name
        )
        mean, low, high = (100 * x for x in interval(gain))
        print(
            f"{task_name:<16}{per_word:>3} a word, {names[method]:<19} over scratch: "
            f"{mean:+.1f} points ({low:+.1f} to {high:+.1f})"
        )
assert (
    seeds(few, "google").mean()
    > seeds(few, "lp_ft").mean()
    > seeds(few, "scratch").mean()
)
assert (
    min(seeds(3, "lp_ft") - seeds(3, "scratch")) > 0.2
    and seeds(few, "frozen").mean() > seeds(few, "segments").mean()
)
# %% [markdown] lang="en"
# With three recordings of each word LP-FT reaches {{100 * seeds(3, "lp_ft").mean():.1f}} % of real commands, from scratch
# {{100 * seeds(3, "scratch").mean():.1f}} %; with {{few}} it is {{100 * seeds(few, "lp_ft").mean():.1f}} against
# {{100 * seeds(few, "scratch").mean():.1f}}, and with 30 still {{100 * seeds(30, "lp_ft").mean():.1f}} against {{100 * seeds(30, "scratch").mean():.1f}}.
# Google's embedding, only frozen, has {{100 * seeds(3, "google").mean():.1f}}, {{100 * seeds(few, "google").mean():.1f}} and
# {{100 * seeds(30, "google").mean():.1f}} %. What a network learnt from a synthesizer is worth much to people, and what one learnt from people is worth
# more: a backbone is as good as what it has heard, as in lessons 04 and 11. An interval that holds 0 proves nothing.
# %% [markdown] lang="ko"
# 낱말마다 녹음이 세 개일 때 LP-FT는 진짜 명령의 {{100 * seeds(3, "lp_ft").mean():.1f}}%를 맞히고, 처음부터 학습하면 {{100 * seeds(3, "scratch").mean():.1f}}%를 맞힙니다. {{few}}개일 때는
# {{100 * seeds(few, "lp_ft").mean():.1f}}%와 {{100 * seeds(few, "scratch").mean():.1f}}%, 30개일 때도 {{100 * seeds(30, "lp_ft").mean():.1f}}%와
# {{100 * seeds(30, "scratch").mean():.1f}}%입니다. Google의 임베딩은 동결하기만 해도 {{100 * seeds(3, "google").mean():.1f}}%, {{100 * seeds(few, "google").mean():.1f}}%,
# {{100 * seeds(30, "google").mean():.1f}}%입니다. 합성기에서 배운 것은 사람의 말에도 큰 쓸모가 있고, 사람에게서 배운 것은 더 큰 쓸모가 있습니다. 4강과 11강에서 보았듯 백본의 값은 무엇을 들었느냐에
# 달려 있습니다. 0이 들어 있는 구간은 아무것도 증명하지 못합니다.
# %% [markdown] lang="en"
# ## Who speaks in the test
#
# The people of the test are not in the training. Many a notebook shuffles all recordings and splits them anywhere; then the same person is on
# both sides. The record has both: the frozen network and the baseline, had nobody looked at who speaks.
#
# **Predict.** What will a test promise that knows the voices?
# %% [markdown] lang="ko"
# ## 테스트에서는 누가 말하나요?
#
# 테스트하는 사람은 학습에 없습니다. 그런데 녹음을 모두 섞어 아무 데서나 나누는 노트북이 많습니다. 그러면 같은 사람이 양쪽에 다 들어갑니다. 기록에는 두 가지가 다 있습니다. 누가 말하는지 보지 않고 나누었을
# 때의 동결한 신경망과 기준선입니다.
#
# **예측해 보세요.** 목소리를 아는 테스트는 무엇을 약속할까요?
# %%
promises = {}
for task_name, per_word in (("speech_commands", 10), ("spoken_digits", 10)):
    for method in ("segments", "frozen"):
        kept, promised = (
            seeds(per_word, m, task_name).mean()
            for m in (method, f"{method}_by_recording")
        )
        promises[task_name, method] = promised - kept
        print(
            f"{task_name:<16}{names[method]:<19} strangers {100 * kept:.1f} %, "
            f"promised {100 * promised:.1f} %"
        )
assert promises["spoken_digits", "segments"] > 0.05
# %% [markdown] lang="en"
# The digits come from six people who said each of them many times. There the baseline promises
# {{100 * promises["spoken_digits", "segments"]:.0f}} points that strangers do not get: it learnt the voices. The pre-trained network promises
# {{100 * promises["spoken_digits", "frozen"]:.0f}}: it heard every word in many voices, and hangs less on who speaks. The commands come from more than
# two hundred people, with a few recordings each, and little is promised in vain. The more each speaker says, the more a split by recording flatters.
# %% [markdown] lang="ko"
# 숫자는 여섯 사람이 여러 번씩 말했습니다. 여기서 기준선은 낯선 사람이 얻지 못할 점수를 {{100 * promises["spoken_digits", "segments"]:.0f}}점이나 더 약속합니다. 목소리를 외운 것입니다. 사전
# 학습(pre-training)한 신경망은 {{100 * promises["spoken_digits", "frozen"]:.0f}}점입니다. 같은 낱말을 여러 목소리로 들었기에 누가 말하는지에 덜 기댑니다. 명령은 200명이 넘는 사람이 조금씩 말했고, 헛된
# 약속이 거의 없습니다. 화자마다 말한 것이 많을수록 녹음별로 나눈 테스트는 점수를 부풀립니다.
# %% [markdown] lang="en"
# ### Exercise 3: split by speaker
#
# `speakers` names who speaks in each recording. Draw the share `share` of the speakers with `rng` (rounded, at least one) and return which
# recordings are theirs, an array of booleans: the test.
# %% [markdown] lang="ko"
# ### 연습 3: 화자별로 나누기
#
# `speakers`에는 녹음마다 누가 말하는지 적혀 있습니다. `rng`로 화자 가운데 `share`의 비율(반올림, 적어도 한 명)을 뽑아, 어느 녹음이 그들의 것인지를 참·거짓 배열로 돌려주세요. 그것이 테스트입니다.
# %% tags=["exercise"]
def of_test_speakers(speakers, share, rng):
    return ...

# Stuck? ft.hint("14.3"), then ft.solution("14.3")
ft.check("14.3", of_test_speakers)
# %% [markdown] lang="en"
# To try it on your own voice, record a second of each word into folders named like the words, and run `ftlib fit` on the folder that holds them.
# %% [markdown] lang="ko"
# 자기 목소리로 해 보려면 낱말마다 1초씩 녹음해 낱말 이름의 폴더에 넣고, 그 폴더들이 든 폴더에 `ftlib fit`을 실행하세요.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# Freeze the backbone, put a softmax on the mean over time, fit, thaw, fit again with a small rate.
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# 백본을 동결하고, 시간에 대한 평균 위에 소프트맥스를 얹어 학습하고, 풀어서 작은 학습률로 다시 학습합니다.
# %% tags=["folded"]
keras.utils.set_random_seed(0)
base = ft.load_backbone(NAME)
base.trainable = False
waveform = keras.Input((RATE,))
pooled = keras.layers.GlobalAveragePooling1D()(base(waveform, training=False))
plain = keras.Model(
    waveform, keras.layers.Dense(task.num_classes, activation="softmax")(pooled)
)
for rate, trainable in ((1e-2, False), (3e-4, True)):
    base.trainable = trainable
    plain.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = plain.fit(
        task.train.inputs, task.train.targets, batch_size=32, epochs=30, verbose=0
    )
accuracy = plain.evaluate(task.validation.inputs, task.validation.targets, verbose=0)[1]
print(f"plain Keras: {100 * accuracy:.1f} % (validation)")
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 14.q1}}
# %% [markdown] lang="ko"
# {{quiz 14.q1}}
# %% tags=["exercise"]
ft.check("14.q1", ...)
# %% [markdown] lang="en"
# {{quiz 14.q2}}
# %% [markdown] lang="ko"
# {{quiz 14.q2}}
# %% tags=["exercise"]
ft.check("14.q2", ...)
# %% [markdown] lang="en"
# {{quiz 14.q3}}
# %% [markdown] lang="ko"
# {{quiz 14.q3}}
# %% tags=["exercise"]
ft.check("14.q3", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - A log-mel spectrogram turns a sound into a picture of time and pitch; inside the model, so that it takes a waveform.
# - Trained on a synthesizer's words, a small network tells commands apart that it never heard: {{100 * found["lp_ft"]:.0f}} % with one
#   recording of each, {{100 * found["scratch"]:.0f}} % from scratch.
# - With {{few}} recordings a word of real people: LP-FT {{100 * seeds(few, "lp_ft").mean():.1f}} %, from scratch
#   {{100 * seeds(few, "scratch").mean():.1f}} %, a baseline without network {{100 * seeds(few, "segments").mean():.1f}} %, Google's embedding, which heard people, {{100 * seeds(few, "google").mean():.1f}} %.
# - Split by speaker. A test that knows the voices promises what strangers do not get.
# - A wrong sampling rate raises no error.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - 로그 멜 스펙트로그램은 소리를 시간과 높이의 그림으로 바꿉니다. 모델 안에서 하면 모델이 파형을 바로 받습니다.
# - 합성기의 낱말로 학습한 작은 신경망이 들어 본 적 없는 명령을 구별합니다. 낱말마다 녹음 하나로 {{100 * found["lp_ft"]:.0f}}%, 처음부터 학습하면
#   {{100 * found["scratch"]:.0f}}%입니다.
# - 진짜 사람의 녹음이 낱말마다 {{few}}개일 때 LP-FT는 {{100 * seeds(few, "lp_ft").mean():.1f}}%, 처음부터 학습하면 {{100 * seeds(few, "scratch").mean():.1f}}%, 신경망 없는 기준선은 {{100 * seeds(few, "segments").mean():.1f}}%, 사람의 말을 들은
#   Google의 임베딩은 {{100 * seeds(few, "google").mean():.1f}}%입니다.
# - 화자별로 나누세요. 목소리를 아는 테스트는 낯선 사람이 얻지 못할 것을 약속합니다.
# - 샘플링 속도가 틀려도 오류는 나지 않습니다.
# %% [markdown] lang="en"
# ## Next
#
# So far a network named what is there. In lesson 15 it draws what is not there yet.
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 지금까지 신경망은 있는 것에 이름을 붙였습니다. 15강에서는 아직 없는 것을 그립니다.
# %% [markdown] lang="en"
# ## Read on
#
# - Warden, 2018, [Speech Commands](https://arxiv.org/abs/1804.03209)
# - Lin et al., 2020, [Training keyword spotters with limited and synthesized speech data](https://arxiv.org/abs/2002.01322): the embedding, and
#   synthetic speech as a source
# - Park et al., 2019, [SpecAugment](https://arxiv.org/abs/1904.08779)
# - TensorFlow: [simple audio recognition](https://www.tensorflow.org/tutorials/audio/simple_audio), from scratch
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Warden, 2018, [Speech Commands](https://arxiv.org/abs/1804.03209)
# - Lin 등, 2020, [Training keyword spotters with limited and synthesized speech data](https://arxiv.org/abs/2002.01322). 위의 임베딩과,
#   합성 음성으로 사전 학습하기
# - Park 등, 2019, [SpecAugment](https://arxiv.org/abs/1904.08779)
# - TensorFlow: [simple audio recognition](https://www.tensorflow.org/tutorials/audio/simple_audio?hl=ko), 처음부터 학습
