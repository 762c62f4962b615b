# %% [markdown] lang="en"
# # Your own images
#
# Lesson 10 measured every group, and lesson 16 where the time goes. Their data, though, came ready: clean, divided, in
# arrays. Yours lie in a folder. Somebody has copied files, a download broke off, and the test may know more than it should.
#
# **Questions**
# - What does a folder of pictures have to tell before anything is trained on it?
# - Can a test be clean, without a single copy, and still promise too much?
# - How do pictures become a model that somebody else can use?
#
# **You will**
# - check a folder, take advice, train, and read the report, each with one command
# - watch an excellent accuracy fall on strangers, find the data leakage, and mend the data
# - stop a run, go on with it, and end with the same weights
# - export a model and compare its answers in another runtime
#
# ⏱ {{minutes}} minutes · Needs: lesson 06 (better: up to 10) · Runs in about a minute on a laptop
# %% [markdown] lang="ko"
# # 여러분의 이미지로
#
# 10강에서는 그룹마다 정확도를 쟀고, 16강에서는 시간이 어디로 가는지 쟀습니다. 다만 그 데이터는 처음부터 깨끗하게 나뉘어 배열에 담겨 있었습니다. 여러분의 이미지는 폴더에
# 있습니다. 누군가 복사해 둔 파일도 있고, 내려받다 끊긴 파일도 있고, 테스트가 알아서는 안 될 것을 알고 있을지도 모릅니다.
#
# **질문**
# - 학습하기 전에 사진 폴더에서 무엇을 알아내야 할까요?
# - 사본이 한 장도 없는 깨끗한 테스트도 실제보다 나은 성적을 약속할 수 있을까요?
# - 사진에서 출발해 다른 사람도 쓸 수 있는 모델을 만들려면 어떻게 할까요?
#
# **이 수업을 마치면**
# - 명령 하나씩으로 폴더를 점검하고, 조언을 받고, 학습하고, 보고서를 읽을 수 있습니다
# - 훌륭하던 정확도가 낯선 사람들 앞에서 떨어지는 모습을 보고, 데이터 누수(data leakage)를 찾아 데이터를 고칠 수 있습니다
# - 실행을 도중에 멈추었다가 이어서 돌리고, 똑같은 가중치에 이르는지 확인할 수 있습니다
# - 모델을 내보내고, 다른 런타임(runtime)에서도 답이 같은지 비교할 수 있습니다
#
# ⏱ {{minutes}}분 · 먼저 볼 것: 6강(10강까지 보면 더 좋습니다) · 노트북 컴퓨터에서 1분 안팎이면 실행됩니다
# %%
import contextlib
import io
import json
import pathlib
import shlex
import shutil
import tempfile

import keras
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import ftlib as ft
from ftlib import plots
from ftlib.app.cli import main
from ftlib.app.run_folder import RunFolder

# All files of this lesson; it goes when the notebook is closed.
room = tempfile.TemporaryDirectory()
desk = pathlib.Path(room.name)
# %% [markdown] lang="en"
# All commands of this lesson are those of a terminal. `ftlib check cells` there is `ftlib("check cells")` here, in a temporary
# folder, and gives back the exit code and what was said. It can also press Ctrl-C, which we shall need.
# %% [markdown] lang="ko"
# 이 수업의 명령은 모두 터미널에서 쓰는 것입니다. 터미널의 `ftlib check cells`를 여기서는 임시 폴더 안에서 `ftlib("check cells")`로 실행하고, 종료 코드와 출력을
# 돌려받습니다. 이 함수는 Ctrl-C도 대신 눌러 줄 수 있습니다. 나중에 필요합니다.
# %%
class Screen(io.StringIO):
    """What a terminal shows. Somebody presses Ctrl-C when a certain text appears."""

    stop_at = None

    def write(self, text):
        super().write(text)
        if self.stop_at and self.stop_at in text:
            raise KeyboardInterrupt
        return len(text)
# %%
def ftlib(line, stop_at=None):
    screen = Screen()
    screen.stop_at = stop_at
    with (
        contextlib.chdir(desk),
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
    ):
        code = main(shlex.split(line))
    return code, screen.getvalue()

def fresh(folder):
    """Removes a folder, so that a cell can be run twice."""
    shutil.rmtree(desk / folder, ignore_errors=True)
    return desk / folder
# %% [markdown] lang="en"
# ## A folder from the laboratory
#
# Blood cells under a microscope, healthy ones and some with a parasite, which shows as a dark ring. They are drawn, so that the
# lesson runs offline, and they teach nothing about medicine. What they share with real ones is how they come about: **one donor,
# one slide, many pictures**. Each slide has its own light, stain and streaks.
# %% [markdown] lang="ko"
# ## 실험실에서 온 폴더
#
# 현미경으로 본 혈액 세포입니다. 건강한 것도 있고 기생충이 든 것도 있는데, 기생충은 어두운 고리로 보입니다. 네트워크 없이 실행되도록 그려 낸 것이라 의학 지식은 담겨 있지
# 않습니다. 진짜와 같은 것은 사진이 생기는 방식입니다. **기증자(donor) 한 명에 슬라이드 하나, 사진은 여러 장**입니다. 슬라이드마다 조명과 염색과 줄무늬가 다릅니다.
# %%
def draw_cell(rng, slide, parasite):
    """A cell, 40 x 40 grey pixels, on a slide with its own light, stain and streaks."""
    light, stain, size, streaks, turn = slide
    y, x = np.mgrid[:40, :40] - 19.5
    u, v = rng.uniform(-4, 4, 2)
    wide, high = size * rng.uniform(0.85, 1.15, 2)
    far = np.hypot((x - u) / wide, (y - v) / high)  # 1 at the rim
    picture = light - stain * (0.5 + 0.5 * far) / (1 + np.exp(12 * (far - 1)))
    picture += 16 * np.sin(
        streaks * (x * np.cos(turn) + y * np.sin(turn)) + rng.uniform(0, 2 * np.pi)
    )
    angle, out = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5) * size
    ring = np.hypot(x - u - out * np.cos(angle), y - v - out * np.sin(angle))
    if parasite:
        picture -= 110 * np.exp(-((ring - 3) ** 2))
    elif rng.random() < 0.2:  # a speck of dust, which is no ring
        picture -= 110 * np.exp(-((ring / 2) ** 2))
    return np.clip(picture + rng.normal(0, 6, (40, 40)), 0, 255).astype("uint8")
# %%
def draw_donor(number, pictures):
    """Donors with an odd number are infected: the label of all their pictures. In 7 of
    10 of their cells it shows."""
    rng = np.random.default_rng((17, number))
    slide = rng.uniform((170, 50, 8, 0.4, 0), (220, 110, 11, 1.6, np.pi))
    return [
        draw_cell(rng, slide, number % 2 and rng.random() < 0.7)
        for _ in range(pictures)
    ]
# %% [markdown] lang="en"
# A colleague has shuffled all pictures and put a fifth of them into `test`. And, as it goes, a few files are not what they should be.
# %% [markdown] lang="ko"
# 동료가 사진을 모두 섞어서 5분의 1을 `test`에 넣어 두었습니다. 그리고 흔히 그렇듯 파일 몇 개가 이상합니다.
# %%
classes = ("healthy", "infected")
cells, rng = fresh("cells"), np.random.default_rng(17)
for number in range(24):
    for i, picture in enumerate(draw_donor(number, 24)):
        part = "test" if rng.random() < 0.2 else "train"
        file = cells / part / classes[number % 2] / f"donor{number:02d}-{i:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(file)

tests, trains = (
    sorted((cells / part / "infected").glob("*.png")) for part in ("test", "train")
)
shutil.copy(tests[0], cells / "train" / "infected" / "copy of a test picture.png")
pixels = np.asarray(Image.open(tests[1]), "int16")
Image.fromarray(np.clip(pixels + 12, 0, 255).astype("uint8")).save(
    cells / "train" / "infected" / "brightened.png"
)
shutil.copy(trains[0], cells / "train" / "healthy" / "filed twice.png")
(cells / "train" / "healthy" / "broken.png").write_bytes(trains[1].read_bytes()[:200])
written = (cells / "train" / "notes.txt").write_text("ask Kim about slide 7")
# %%
shown = [draw_donor(number, 8)[i] for number in (0, 2, 1, 3) for i in range(8)]
titles = [
    name if i == 0 else ""
    for name in ("healthy", "healthy", "infected", "infected")
    for i in range(8)
]
fig = plots.image_grid(
    np.array(shown), titles, columns=8, title="Four donors, a row each"
)
ft.show(
    fig,
    alt="Four rows of eight drawn cells, grey discs on a light ground. Each row has "
    "its own brightness, contrast and size. In the two lower rows most cells hold a "
    "small dark ring.",
)
# %% [markdown] lang="en"
# ## Check
#
# Before anything is trained, every file is opened once.
#
# **Predict.** We planted five things. Which of them will the check find, and which of them change what is trained on?
# %% [markdown] lang="ko"
# ## 점검
#
# 학습하기 전에 모든 파일을 한 번씩 열어 봅니다.
#
# **예측해 보세요.** 문제를 다섯 가지 심어 두었습니다. 점검에서 어느 것이 드러날까요? 그중 학습에 쓸 사진을 바꾸는 것은 무엇일까요?
# %%
code, said = ftlib("check cells")
print(said)
findings = json.loads(ftlib("check cells --json")[1])
kinds = {finding["kind"]: finding["ids"] for finding in findings["findings"]}
assert code == 0 and findings["usable"]
assert {"unreadable", "conflict", "leak", "near leak", "skipped"} <= set(kinds)
assert "train/infected/brightened.png" in kinds["near leak"]
# %% [markdown] lang="en"
# All five. The copy of a test picture is left out of training, and so is its brightened twin, which no checksum would find. The
# picture that is filed under both classes is left out altogether: which label is right, only the laboratory knows.
# %% [markdown] lang="ko"
# 다섯 가지가 모두 드러났습니다. 테스트 사진의 사본은 학습에서 빠집니다. 체크섬으로는 찾을 수 없는, 밝기만 바꾼 사본도 빠집니다. 두 클래스에 다 들어 있던 사진은
# 아예 빠집니다. 어느 레이블이 맞는지는 실험실만 압니다.
# %% [markdown] lang="en"
# ### Exercise 1: find the copies
#
# You get a dictionary from file name to the bytes of the file. Return a list of the names that can be left out: files whose bytes
# have come before under another name.
# %% [markdown] lang="ko"
# ### 연습 1: 사본 찾기
#
# 파일 이름이 키이고 그 파일의 바이트가 값인 딕셔너리를 받습니다. 같은 바이트가 다른 이름으로 앞에 나온 적이 있으면 그 파일은 빼도 됩니다. 빼도 되는 파일의 이름을
# 리스트로 돌려주세요.
# %% tags=["exercise"]
def copies(files):
    return ...

# Stuck? ft.hint("17.1"), then ft.solution("17.1")
ft.check("17.1", copies)
# %% [markdown] lang="en"
# ## Advise
#
# Which backbone, which strategy? `ftlib advise` measures what lesson 08 measured, and says why. Small grey pictures suit `glyphnet`,
# which ships with the course; for photos it would be a network trained on ImageNet.
# %% [markdown] lang="ko"
# ## 조언
#
# 어떤 백본(backbone)과 어떤 전략이 좋을까요? `ftlib advise`는 8강에서 잰 것을 재어 보고 이유까지 알려 줍니다. 작은 흑백 사진에는 수업에 딸린 `glyphnet`이 어울립니다. 컬러 사진이라면
# ImageNet으로 사전 학습(pre-training)한 신경망을 쓰는 편이 낫습니다.
# %%
plan = json.loads(ftlib("advise cells --backbone glyphnet --json --quiet")[1])["plan"]
print(
    f"{plan['backbone']}, {plan['strategy']['name']}, {plan['updates']} updates of "
    f"{plan['batch_size']} images"
)
print("\n".join(plan["why"]))
assert plan["image_shape"] == [32, 32, 1] and plan["strategy"]["start"] == "pretrained"
# %% [markdown] lang="en"
# ## Fit
#
# One command trains and writes a folder: the model, its figures, a report, and the configuration that repeats it. Without `--strategy` it does
# what was advised. To save a minute we train the head alone here.
#
# **Predict.** In three of ten cells of the infected no ring is to be seen. How many of the test pictures will be right?
# %% [markdown] lang="ko"
# ## 학습
#
# 명령 하나로 학습하고, 폴더 하나에 모델과 수치와 보고서, 그리고 똑같이 되풀이할 수 있는 설정을 남깁니다. `--strategy`를 쓰지 않으면 조언대로 합니다. 여기서는 시간을
# 아끼려고 헤드(head)만 학습합니다.
#
# **예측해 보세요.** 감염된 사람의 세포라도 열 개 중 셋은 고리가 보이지 않습니다. 테스트 사진을 얼마나 맞힐까요?
# %%
fresh("runs/first")
options = "--backbone glyphnet --strategy feature_extraction_long --quiet"
code, said = ftlib(f"fit cells --out runs/first {options}")
print(said)
first = json.loads((desk / "runs/first/metrics.json").read_text(encoding="utf-8"))
assert code == 0 and first["accuracy"]["low"] > 0.65
# %% [markdown] lang="en"
# {{100 * first["accuracy"]["value"]:.0f}} %, with a head alone and cells in which there is often nothing to see. Not bad. Before anybody is told, let
# us read the report.
# %% [markdown] lang="ko"
# {{100 * first["accuracy"]["value"]:.0f}}%입니다. 헤드만 학습했고 아무것도 보이지 않는 세포도 많았던 것치고는 나쁘지 않습니다. 누구에게 알리기 전에 보고서부터
# 읽어 봅시다.
# %% [markdown] lang="en"
# ## Read the report
#
# `report.html` shows curves, mistakes and all that was found in the data; `metrics.json` has the same numbers for programs. Never stop
# at the mean: look at each class, and at the mistakes that the network is surest of.
# %% [markdown] lang="ko"
# ## 보고서 읽기
#
# `report.html`에는 곡선과 오답, 데이터에서 드러난 것이 모두 있고, `metrics.json`에는 같은 값이 프로그램이 읽기 좋은 형식으로 들어 있습니다. 평균만 보고 멈추지 마세요.
# 클래스마다 살펴보고, 신경망이 가장 자신 있게 틀린 사진도 봅니다.
# %%
for row in first["classes"]:
    low, high = (100 * row["accuracy"][end] for end in ("low", "high"))
    print(
        f"{row['name']:<10}{100 * row['accuracy']['value']:>6.1f} % of "
        f"{row['images']} right ({low:.0f} to {high:.0f} %)"
    )
run = RunFolder(desk / "runs/first").run()
chances, test = run.predictions("test"), run.task.test
wrong = np.flatnonzero(chances.argmax(1) != test.labels)
fig = plots.mistakes(
    test.images,
    test.labels,
    chances.argmax(1),
    chances.max(1),
    run.class_names,
    count=8,
)
ft.show(
    fig,
    alt="The test pictures that the network got wrong, each with its true class, the "
    "class that it named, and how sure it was.",
)
report = (desk / "runs/first/report.html").read_text(encoding="utf-8")
assert (
    len(wrong) == round((1 - first["accuracy"]["value"]) * len(test))
    and 'src="http' not in report
)
# %% [markdown] lang="en"
# ## Strangers
#
# Next year a hundred new donors come, with four pictures each. The pictures are made in the same way, and `ftlib evaluate` takes the model to them.
#
# **Predict.** The test promised {{100 * first["accuracy"]["value"]:.0f}} %. What will it be?
# %% [markdown] lang="ko"
# ## 낯선 사람들
#
# 이듬해에 새 기증자 백 명의 사진이 네 장씩 들어옵니다. 사진을 만드는 방식은 같습니다. `ftlib evaluate`로 이 사진에서 모델을 평가합니다.
#
# **예측해 보세요.** 테스트는 {{100 * first["accuracy"]["value"]:.0f}}%를 약속했습니다. 이번에는 얼마일까요?
# %%
later = fresh("next_year")
for number in range(100, 200):
    (later / classes[number % 2]).mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(draw_donor(number, 4)):
        Image.fromarray(picture).save(
            later / classes[number % 2] / f"donor{number}-{i:02d}.png"
        )

def on_strangers(run):
    """The accuracy of a run on next year's pictures."""
    code, said = ftlib(f"evaluate {run} --on next_year --json --quiet")
    assert code == 0
    return json.loads(said)["accuracy"]

truth = {"first": on_strangers("runs/first")}
said = f"{100 * truth['first']['low']:.0f} to {100 * truth['first']['high']:.0f} %"
print(
    f"test {100 * first['accuracy']['value']:.1f} %, strangers "
    f"{100 * truth['first']['value']:.1f} % ({said})"
)
assert (
    truth["first"]["high"] < first["accuracy"]["low"]
    and truth["first"]["value"] < first["accuracy"]["value"] - 0.1
)
# %% [markdown] lang="en"
# The whole interval lies below the whole interval of the test. So it is no bad luck with a few pictures. The test was wrong about what it
# was asked.
# %% [markdown] lang="ko"
# 구간 전체가 테스트의 구간 전체보다 아래에 있습니다. 그러니 사진 몇 장의 운이 나빴던 것이 아닙니다. 테스트는 우리가 물은 것에 틀린 답을 내놓았습니다.
# %% [markdown] lang="en"
# ## What did the test know?
#
# No copy was left. But each donor has pictures on both sides. So let us ask how far one gets **without looking at a cell**: three numbers of the
# outer two pixels, their brightness and their streaks; then the training picture whose margin is most similar, and its label.
#
# **Predict.** How many of the test pictures does this get right, and how many of next year's?
# %% [markdown] lang="ko"
# ## 테스트는 무엇을 알고 있었을까요?
#
# 사본은 남아 있지 않습니다. 그런데 기증자마다 사진이 학습과 테스트 양쪽에 있습니다. 그렇다면 **세포를 보지 않고** 얼마나 맞힐 수 있을까요? 가장자리에서 두 픽셀 폭만
# 보고 밝기와 줄무늬를 값 세 개로 잽니다. 그런 다음 가장자리가 가장 비슷한 학습 사진을 찾아 그 레이블을 답해 봅시다.
#
# **예측해 보세요.** 이렇게 하면 테스트 사진을 얼마나 맞힐까요? 이듬해 사진은 얼마나 맞힐까요?
# %%
def margin(images):
    """Three numbers of the outer two pixels: how bright, how much they change sideways,
    how much downwards."""
    pixels = np.asarray(images[:], "float32")[..., 0]
    sides = [
        pixels[:, :2],
        pixels[:, -2:],
        pixels[:, :, :2].swapaxes(1, 2),
        pixels[:, :, -2:].swapaxes(1, 2),
    ]
    across = [np.abs(np.diff(side, axis=2)).mean((1, 2)) for side in sides]
    return np.stack(
        [
            np.mean([side.mean((1, 2)) for side in sides], axis=0) / 10,
            across[0] + across[1],
            across[2] + across[3],
        ],
        axis=1,
    )
# %%
def by_margin(known, asked):
    """The share of `asked` whose label is that of the picture in `known` with the most
    similar margin."""
    apart = np.linalg.norm(margin(asked.images)[:, None] - margin(known.images), axis=2)
    return np.mean(known.labels[apart.argmin(1)] == asked.labels)

files = sorted(later.rglob("*.png"))
pixels = np.stack([np.asarray(Image.open(file).resize((32, 32))) for file in files])
pixels = pixels[..., None]
labels = np.array([classes.index(file.parent.name) for file in files])
strangers = ft.Split(pixels, labels, np.array([file.name for file in files]))
blind = {
    "test": by_margin(run.task.train, test),
    "strangers": by_margin(run.task.train, strangers),
}
for name, share in blind.items():
    print(f"{name:<10}{100 * share:.0f} % right by the margin alone")
assert blind["test"] > 0.8 and abs(blind["strangers"] - 0.5) < 0.2
# %% [markdown] lang="en"
# The ground of a slide is its signature. It tells whose cell it is, and the training pictures tell what that donor has. For a stranger
# it tells nothing. That something of the test is known in training is called *data leakage*. No tool finds this kind in the pixels: that
# two pictures are of one donor is something that only you know.
# %% [markdown] lang="ko"
# 슬라이드의 바탕은 서명과 같습니다. 바탕은 누구의 세포인지 알려 주고, 학습 사진은 그 사람이 감염되었는지 알려 줍니다. 낯선 사람이라면 바탕을 보아도 알 수 없습니다.
# 이렇게 테스트에 관한 것을 학습 때 이미 알게 되는 일을 *데이터 누수*(data leakage)라고 합니다. 이런 누수는 어떤 도구도 픽셀에서 찾아내지 못합니다. 두 사진이 한 기증자의
# 것이라는 사실은 여러분만 압니다.
# %% [markdown] lang="en"
# ### Exercise 2: divide by donor
#
# Write the division. `groups` holds the donor of each picture. Return a mask, True for test, in which a `share` of the **donors**, drawn
# with `rng`, has all of its pictures in the test.
# %% [markdown] lang="ko"
# ### 연습 2: 기증자별로 나누기
#
# 데이터를 나누는 함수를 작성해 보세요. `groups`에는 사진마다 기증자가 적혀 있습니다. **기증자** 중 `share`만큼을 `rng`로 뽑아, 뽑힌 기증자의 사진이 모두 테스트에
# 들어가는 마스크(True가 테스트)를 돌려주세요.
# %% tags=["exercise"]
def apart(groups, share, rng):
    return ...

# Stuck? ft.hint("17.2"), then ft.solution("17.2")
ft.check("17.2", apart)
# %% [markdown] lang="en"
# ## Mend the data
#
# What you know goes into a table: path, label, and the `group`, here the donor from the file name. First we keep the colleague's split,
# to see what the check says now.
# %% [markdown] lang="ko"
# ## 데이터 고치기
#
# 아는 것은 표에 적습니다. 경로와 레이블, 그리고 `group`입니다. 여기서 `group`은 파일 이름에서 가져온 기증자입니다. 먼저 동료가 나눈 그대로 두고 점검 결과가 어떻게
# 달라지는지 봅시다.
# %%
def table(name, columns, part=None):
    """Writes the pictures with a donor in their name into a CSV file; `part(donor)` may
    give another split."""
    rows = [",".join(columns)]
    for file in sorted(cells.rglob("donor*.png")):
        known = {
            "path": file.relative_to(desk).as_posix(),
            "label": file.parent.name,
            "split": part(file.name[:7]) if part else file.parts[-3],
            "group": file.name[:7],
        }
        rows.append(",".join(known[column] for column in columns))
    (desk / name).write_text("\n".join(rows) + "\n", encoding="utf-8")

table("as_it_was.csv", ("path", "label", "split", "group"))
warned = json.loads(ftlib("check as_it_was.csv --json")[1])["findings"]
told = [finding["text"] for finding in warned if finding["kind"] == "group leak"]
print(*told)
assert len(told) == 1
# %% [markdown] lang="en"
# Now it sees the leak, and says what to do: leave the column `split` out, and `ftlib` divides so that no donor is on two sides. The rest of
# the command stays as it was.
#
# **Predict.** What will the test say now?
# %% [markdown] lang="ko"
# 이제는 점검에서 누수가 드러나고, 어떻게 할지도 나옵니다. `split` 열을 빼면 `ftlib`이 기증자가 양쪽에 걸치지 않게 나눕니다. 명령의 나머지 부분은 그대로입니다.
#
# **예측해 보세요.** 이번에는 테스트가 몇 %라고 할까요?
# %%
table("cells.csv", ("path", "label", "group"))
fresh("runs/mended")
code, said = ftlib(f"fit cells.csv --out runs/mended {options}")
print(said.splitlines()[0])
mended = json.loads((desk / "runs/mended/metrics.json").read_text(encoding="utf-8"))
rows = RunFolder(desk / "runs/mended").rows()
sides = {
    part: {row.group for row in rows if row.split == part}
    for part in ("train", "validation", "test")
}
donors = {row["name"]: row["accuracy"]["value"] for row in mended["groups"]}
print("; ".join(f"{name} {100 * share:.0f} %" for name, share in donors.items()))
assert code == 0 and not sides["test"] & (sides["train"] | sides["validation"])
assert (
    set(donors) == sides["test"] and max(donors.values()) - min(donors.values()) > 0.1
)
# %% [markdown] lang="en"
# {{100 * mended["accuracy"]["value"]:.0f}} %. But beware: the interval counts pictures, and the test has only {{len(donors)}} donors, who differ from {{100 * min(donors.values()):.0f}} to
# {{100 * max(donors.values()):.0f}} %. Who happens to be in the test decides this number. With so few, everybody has to take a turn: four tables, in
# each of which another quarter of the donors is the test. This is *cross-validation* by groups (group k-fold; `GroupKFold` in scikit-learn).
# %% [markdown] lang="ko"
# {{100 * mended["accuracy"]["value"]:.0f}}%입니다. 하지만 조심하세요. 구간은 사진 수로 계산하지만 테스트에 든 기증자는 {{len(donors)}}명뿐이고, 사람에 따라 {{100 * min(donors.values()):.0f}}%에서
# {{100 * max(donors.values()):.0f}}%까지 다릅니다. 이 값은 누가 테스트에 들어가느냐에 달려 있습니다. 이렇게 적을 때는 모두가 한 번씩 테스트를 맡아야 합니다. 표를 네 개
# 만들고, 표마다 다른 4분의 1의 기증자를 테스트로 씁니다. 이것이 그룹 *교차 검증*(group k-fold cross-validation)입니다. scikit-learn에는 `GroupKFold`가 있습니다.
# %%
network, by_donor, on_new = ft.classifier(ft.load_backbone("glyphnet"), 2), {}, []
for k in range(4):
    turn = [f"donor{number:02d}" for number in range(24) if number // 2 % 4 == k]
    table(
        f"turn{k}.csv",
        ("path", "label", "split", "group"),
        lambda donor, turn=turn: "test" if donor in turn else "train",
    )
    one = ft.fit(
        network,
        ft.load_task(desk / f"turn{k}.csv"),
        "feature_extraction_long",
        updates=200,
        verbose=False,
    )
    by_donor |= {row["group"]: row["accuracy"] for row in ft.group_accuracy(one).rows}
    on_new.append(np.mean(one.predict(strangers.images).argmax(1) == strangers.labels))
honest, spread = (
    np.mean(list(by_donor.values())),
    np.std(list(by_donor.values())) / len(by_donor) ** 0.5,
)
print(
    f"{len(by_donor)} donors, each tested by a network that never saw them: "
    f"{100 * honest:.0f} %, give or take {200 * spread:.0f}"
)
# %%
promise, low, high = (first["accuracy"][key] for key in ("value", "low", "high"))
shown = {
    "divided by picture: test": (promise, low, high),
    "divided by donor: everybody in turn": (
        honest,
        honest - 2 * spread,
        honest + 2 * spread,
    ),
    "new donors": (np.mean(on_new), min(on_new), max(on_new)),
}
fig = plots.bars(
    shown,
    "Divided by donor, the test comes down towards the truth",
    "Accuracy (lines: 95 % interval; lowest and highest network)",
    percent=True,
)
ft.show(
    fig,
    alt="Three bars. Divided by picture, the test is highest. Divided by donor, it "
    "is lower, between that and the new donors.",
)
drop, truly = 100 * (promise - honest), np.mean([truth["first"]["value"], *on_new])
assert (
    drop > 8
    and abs(honest - truly) < promise - truly - 0.08
    and abs(honest - truly) < 3 * spread < promise - truly
)
assert abs(np.mean(on_new) - truth["first"]["value"]) < 0.06
# %% [markdown] lang="en"
# From the first test to this one the number fell by {{drop:.0f}} points, and that is good news: we know better what we have. The networks have not become worse: new donors are
# read at {{100 * np.mean(on_new):.0f}} % by these four, at {{100 * truth["first"]["value"]:.0f}} % by the first. Yet even {{100 * honest:.0f}} % is
# {{100 * (honest - truly):.0f}} points too high, just beyond its own give or take of {{200 * spread:.0f}}: {{len(by_donor)}} donors are few.
# %% [markdown] lang="ko"
# 테스트 정확도는 처음보다 {{drop:.0f}}%p 떨어졌습니다. 신경망의 실력을 더 잘 알게 되었으니 좋은 소식입니다. 신경망이 나빠진 것은 아닙니다. 새 기증자의 사진을 이 네 신경망은
# {{100 * np.mean(on_new):.0f}}%, 처음 신경망은 {{100 * truth["first"]["value"]:.0f}}% 맞힙니다. 그런데 {{100 * honest:.0f}}%조차 실제보다 {{100 * (honest - truly):.0f}}%p 높아서,
# 스스로 밝힌 오차 ±{{200 * spread:.0f}}%p를 조금 벗어납니다. 기증자 {{len(by_donor)}}명은 적은 수입니다.
# %% [markdown] lang="en"
# ## Stop, and go on
#
# Your pictures will be more, and runs longer. A run can be stopped at any time, by Ctrl-C or by a power cut, and goes on at the last finished
# epoch. The run on the mended data once more, by its configuration, and stopped in the middle:
# %% [markdown] lang="ko"
# ## 멈추었다 이어 가기
#
# 여러분의 사진은 더 많고 실행도 더 오래 걸릴 것입니다. 실행은 Ctrl-C를 누르든 전기가 나가든 언제 멈추어도 마지막으로 끝낸 에폭부터 이어집니다. 고친 데이터로 돌린 실행을
# 설정 파일로 되풀이하다가 도중에 멈춰 봅시다.
# %%
fresh("runs/stopped")
stopped, said = ftlib(
    "fit --config runs/mended/config.json --out runs/stopped", stop_at="update 120"
)
print(f"exit code {stopped}")
print(said.splitlines()[-1])
resumed, said = ftlib("fit --resume runs/stopped")
print(next(line for line in said.splitlines() if "goes on" in line))
assert (stopped, resumed) == (130, 0)
# %% [markdown] lang="en"
# **Predict.** Will the two networks, one trained in one go and one in two, be about the same, or the same?
# %% [markdown] lang="ko"
# **예측해 보세요.** 한 번에 학습한 신경망과 두 번에 나누어 학습한 신경망은 비슷할까요, 똑같을까요?
# %%
ends = [
    ft.load_run(desk / "runs" / name).model.get_weights()
    for name in ("mended", "stopped")
]
equal = all(np.array_equal(a, b) for a, b in zip(*ends, strict=True))
print(f"{len(ends[0])} arrays of weights, bit for bit the same: {equal}")
assert equal
# %% [markdown] lang="en"
# ## Use it
#
# `ftlib predict` names classes for files that have no label. Files that are no pictures are listed, too, and the exit code says that not all
# went well, so that a script notices.
# %% [markdown] lang="ko"
# ## 모델 사용하기
#
# `ftlib predict`는 레이블이 없는 파일의 클래스를 답합니다. 사진이 아닌 파일이 있으면 짚어 주고, 종료 코드로도 문제가 있었음을 알리므로 스크립트가 알아챌 수 있습니다.
# %%
asked = [
    file.relative_to(desk).as_posix()
    for file in (files[0], files[-1], cells / "train" / "healthy" / "broken.png")
]
code, said = ftlib(f"predict runs/mended {shlex.join(asked)}")
print(said)
print(f"exit code {code}")
assert code == 1 and len(said.splitlines()) == 4
# %% [markdown] lang="en"
# Others will want the model without Python, or without you. `ftlib export` converts it, starts the runtime that will use it in a process of its
# own, and compares its answers on real pictures before a file is put in place.
# %% [markdown] lang="ko"
# Python 없이, 또는 여러분 없이 모델을 쓰려는 사람도 있을 것입니다. `ftlib export`는 모델을 변환하고, 그 모델을 쓸 런타임을 별도의 프로세스로 띄워 실제 사진으로 답을
# 비교합니다. 그런 다음에야 파일을 내놓습니다.
# %%
code, said = ftlib("export runs/mended --format litert --json --quiet")
written = json.loads(said)["files"]
for row in written:
    print(
        f"{row['format']:<8}{row['path']:<15}{row['same']} of {row['images']} answers "
        "the same"
    )
assert code == 0 and all(
    row["same"] == row["images"] and row["difference"] < 1e-3 for row in written
)
# %% [markdown] lang="en"
# The run's own `model.keras` needs Keras and nothing of this course. It takes grey pixels from 0 to 255, as `export.json` tells a program, and
# its answers are those of the run.
# %% [markdown] lang="ko"
# 실행 폴더의 `model.keras`는 Keras만 있으면 열리고 이 수업의 코드는 필요 없습니다. 프로그램이 읽을 `export.json`에 적힌 대로 0에서 255 사이의 흑백 픽셀을 받고, 답은 앞의
# 실행과 같습니다.
# %%
alone = keras.models.load_model(desk / "runs/mended/model.keras")
grey = RunFolder(desk / "runs/mended").run().task.for_backbone(alone).test.images[:4]
here = np.asarray(alone(grey.astype("float32")))
there = ft.load_run(desk / "runs/mended").predict(grey)
told = json.loads((desk / "runs/mended/export/export.json").read_text(encoding="utf-8"))
print(told["classes"], told["input"]["pixels"])
assert np.allclose(here, there, atol=1e-5) and told["classes"] == list(classes)
# %% [markdown] lang="en"
# ## The same path: licence plates
#
# A second folder, another trade. (To carry a network over to images that look unlike those of its pre-training is also called *domain
# adaptation*.) Six white digits on a dark plate, photographed in any weather, are cut apart and filed under what they show.
# Here the plate is what belongs together: one light, one angle, one film of dirt.
# %% [markdown] lang="ko"
# ## 같은 길로 한 번 더: 번호판
#
# 두 번째 폴더는 분야가 전혀 다릅니다. (사전 학습 때와 모습이 다른 이미지에 신경망을 맞추는 일을 *도메인 적응*(domain adaptation)이라고도 합니다.) 어두운 번호판에 흰 숫자가 여섯 개 있습니다. 날씨를 가리지 않고 찍은 번호판을 숫자 하나씩 잘라 내어, 어떤 숫자인지에 따라 폴더에 나누어
# 두었습니다. 여기서는 같은 번호판에서 나온 숫자가 한데 묶입니다. 빛도 각도도 먼지도 같기 때문입니다.
# %%
def draw_plate(rng, digits):
    """A plate of 32 x 192 grey pixels: tilted, in uneven light, dirty, and out of
    focus."""
    dark, bright = rng.uniform(30, 90), rng.uniform(130, 230)
    plate = Image.new("L", (192, 32), int(dark))
    pen, font = ImageDraw.Draw(plate), ImageFont.load_default(26)
    for i, digit in enumerate(digits):
        place = (32 * i + 16 + rng.uniform(-2, 2), 16 + rng.uniform(-2, 2))
        pen.text(place, digit, int(bright), font, anchor="mm")
    slant, climb = rng.uniform(-0.25, 0.25), rng.uniform(-0.02, 0.02)
    plate = plate.transform(
        plate.size,
        Image.Transform.AFFINE,
        (1, slant, -16 * slant, climb, 1, -96 * climb),
        Image.Resampling.BILINEAR,
        fillcolor=int(dark),
    )
    small = plate.resize(
        (rng.integers(110, 170), rng.integers(18, 28)), Image.Resampling.BOX
    )
    pixels = np.asarray(small.resize((192, 32), Image.Resampling.BILINEAR), "float32")
    mud = np.kron(rng.random((4, 24)) < 0.05, np.ones((8, 8))) * rng.uniform(-40, 40)
    return np.clip(pixels + mud + rng.normal(0, 8, (32, 192)), 0, 255).astype("uint8")
# %%
def cut(plate, digits, name, folder):
    """Writes the six digits of a plate, each into the folder of its class."""
    for i, digit in enumerate(digits):
        (folder / digit).mkdir(parents=True, exist_ok=True)
        Image.fromarray(plate[:, 32 * i : 32 * i + 32]).save(
            folder / digit / f"{name}-{i}.png"
        )
# %%
def street(folder, first, count, digits):
    """Writes so many plates, their numbers drawn from some digits, and returns the
    pictures of the whole plates."""
    seen = {}
    for number in range(first, first + count):
        rng = np.random.default_rng((71, number))
        text = "".join(rng.choice(list(digits), 6))
        seen[text] = draw_plate(rng, text)
        cut(seen[text], text, f"plate{number:03d}", folder)
    return seen

plates = fresh("plates")
# Sevens are rare here.
seen = street(plates, 0, 50, "012345689") | street(plates, 50, 1, "7")
for extra in sorted((plates / "7").glob("*.png"))[2:]:
    extra.unlink()
# %%
fig = plots.image_grid(
    np.stack(list(seen.values())[:8]),
    list(seen)[:8],
    columns=4,
    title="Eight plates, and what they say",
)
ft.show(
    fig,
    alt="Eight small grey pictures of licence plates with six white digits each, "
    "some slanted, blurred or dirty.",
)
code, said = ftlib("check plates")
print(said)
print(f"exit code {code}")
assert code == 2 and "'7'" in said
# %% [markdown] lang="en"
# The class 7 has two pictures: one to train on, one to validate on, and none to test. `ftlib` refuses rather than guess. No setting mends this.
# We go out and photograph thirty more plates.
#
# We also know now what a table is for, so it says which plate each digit comes from. And writing must not be mirrored.
# %% [markdown] lang="ko"
# 클래스 7은 사진이 두 장뿐입니다. 학습에 한 장, 검증에 한 장을 쓰면 테스트할 것이 없습니다. `ftlib`은 어림짐작하는 대신 실행을 거부합니다. 어떤 설정으로도 고칠 수 없으니
# 나가서 번호판 서른 개를 더 찍어 옵니다.
#
# 표가 왜 필요한지도 이제 알았으니, 숫자마다 어느 번호판에서 나왔는지 표에 적습니다. 그리고 글자는 좌우를 뒤집으면 안 됩니다.
# %%
street(plates, 60, 30, "0123456789")
rows = [
    f"{file.relative_to(desk).as_posix()},{file.parent.name},{file.name[:8]}"
    for file in sorted(plates.rglob("*.png"))
]
(desk / "plates.csv").write_text(
    "\n".join(["path,label,group", *rows]) + "\n", encoding="utf-8"
)
fresh("runs/plates")
code, said = ftlib(
    "fit plates.csv --no-mirror --no-near --backbone glyphnet --strategy lp_ft "
    "--updates 240 --out runs/plates --quiet"
)
print(said)
read = json.loads((desk / "runs/plates/metrics.json").read_text(encoding="utf-8"))
assert code == 0 and read["accuracy"]["value"] > 0.85
# %% [markdown] lang="en"
# `--no-near` is for pictures that are meant to look alike: two sevens of one typeface are no copies. {{100 * read["accuracy"]["value"]:.1f}} % of
# the digits are read, on plates of which no digit was seen in training.
#
# **Predict.** A plate is right when all six digits are. What part of new plates will be?
# %% [markdown] lang="ko"
# `--no-near`는 사진이 원래 서로 닮을 수밖에 없을 때 씁니다. 글꼴이 같은 7 두 개는 사본이 아닙니다. 학습 때 한 글자도 보지 못한 번호판에서 숫자를
# {{100 * read["accuracy"]["value"]:.1f}}% 맞혔습니다.
#
# **예측해 보세요.** 번호판은 숫자 여섯 개를 모두 맞혀야 맞힌 것입니다. 새 번호판을 얼마나 맞힐까요?
# %%
fresh("new_plates")
seen = street(desk / "new_plates", 200, 40, "0123456789")
answers = json.loads(ftlib("predict runs/plates new_plates --json --quiet")[1])
said = {pathlib.Path(one["picture"]).stem: one["classes"][0]["name"] for one in answers}
names = sorted({stem[:8] for stem in said})
texts = ["".join(said[f"{name}-{i}"] for i in range(6)) for name in names]
digit_share = np.mean(
    [
        a == b
        for text, true in zip(texts, seen, strict=True)
        for a, b in zip(text, true, strict=True)
    ]
)
plate_share = np.mean([text == true for text, true in zip(texts, seen, strict=True)])
titles = [
    text if text == true else f"{text}, not {true}"
    for text, true in zip(texts, seen, strict=True)
]
# %%
fig = plots.image_grid(
    np.stack(list(seen.values())[:12]),
    titles[:12],
    columns=3,
    title="New plates, and what the network reads",
)
ft.show(
    fig,
    alt="Twelve new plates with the six digits that the network reads; where it is "
    "wrong, the true number stands beside it.",
)
print(
    f"digits {100 * digit_share:.1f} %, whole plates {100 * plate_share:.0f} %; six "
    f"in a row by chance {100 * digit_share**6:.0f} %"
)
# %%
each = {
    d: np.mean(
        [
            a == d
            for text, true in zip(texts, seen, strict=True)
            for a, b in zip(text, true, strict=True)
            if b == d
        ]
    )
    for d in "0123456789"
}
print(
    "each digit: " + ", ".join(f"{d} {100 * share:.0f} %" for d, share in each.items())
)
sevens = (
    sum(row["images"] for row in read["classes"] if row["name"] == "7") / read["images"]
)
assert (
    digit_share > 0.8
    and plate_share < digit_share
    and each["7"] == min(each.values())
    and sevens < 0.07
)
# %% [markdown] lang="en"
# Six digits are six chances to be wrong: whoever promises plates has to measure plates. And of the sevens, which were rare in our folder, only
# {{100 * each["7"]:.0f}} % are read. In the test, too, they were rare, {{100 * sevens:.0f}} % of the digits, so that the report hardly felt it. On the road a
# tenth are sevens: a *distribution shift*.
# %% [markdown] lang="ko"
# 숫자가 여섯 개면 틀릴 기회도 여섯 번입니다. 번호판을 얼마나 읽는지 약속하려면 번호판 단위로 재야 합니다. 그리고 우리 폴더에 드물던 7은 {{100 * each["7"]:.0f}}%만 읽습니다.
# 테스트에서도 7은 숫자의 {{100 * sevens:.0f}}%밖에 되지 않아 보고서에는 거의 드러나지 않았습니다. 길에서는 숫자 열에 하나가 7입니다. 이것이 *분포 변화*(distribution shift)입니다.
# %% [markdown] lang="en"
# ### Exercise 3: your own line
#
# `signs.csv` lists photos of road signs, some with arrows, and a group for each place. Write the line that trains on it for 600 updates, and
# think of what a mirror does to an arrow. The photos of two places may look alike, but none is meant to.
# %% [markdown] lang="ko"
# ### 연습 3: 직접 쓰는 명령
#
# `signs.csv`에는 도로 표지판 사진의 목록과 장소별 그룹이 적혀 있고, 표지판에는 화살표도 섞여 있습니다. 이 파일로 업데이트 600번만큼 학습하는 명령을 작성해 보세요. 좌우를 뒤집으면
# 화살표가 어떻게 되는지도 생각해 보세요. 서로 다른 장소의 사진이 닮아 보일 수는 있어도, 원래 닮을 수밖에 없는 사진은 아닙니다.
# %% tags=["exercise"]
line = ...  # a string: "ftlib ..."
# Stuck? ft.hint("17.3"), then ft.solution("17.3")
ft.check("17.3", line)
# %% [markdown] lang="en"
# ## With real pictures
#
# Nothing above knows that the cells are drawn. Real ones: `python tools/blood_cells.py bccd.zip cells` cuts them out of the photos of
# [BCCD](https://github.com/Shenggan/BCCD_Dataset) and writes a table whose group is the photo; then `ftlib fit cells/cells.csv`. Two things
# differ: photos in colour ask for an ImageNet backbone, which is downloaded once; and nobody can render next year's donors. The
# division is all that stands for them.
# %% [markdown] lang="ko"
# ## 진짜 사진으로
#
# 위의 명령은 어느 것도 세포가 그려 낸 것임을 모릅니다. 진짜 세포로도 할 수 있습니다. `python tools/blood_cells.py bccd.zip cells`는
# [BCCD](https://github.com/Shenggan/BCCD_Dataset)의 사진에서 세포를 하나씩 잘라 내고, 어느 사진에서 나왔는지를 그룹으로 적은 표를
# 남깁니다. 그다음은 `ftlib fit cells/cells.csv`입니다. 다른 점은 두 가지입니다. 컬러 사진에는 ImageNet 백본이 필요해서 처음에 한 번 내려받습니다. 그리고 이듬해 기증자는 아무도 그려 낼
# 수 없습니다. 그들을 대신해 주는 것은 데이터를 나누는 방식뿐입니다.
# %% [markdown] lang="en"
# ## Outside this lesson
#
# - Kapoor and Narayanan (2023) collected reviews from 17 fields of science and found leaks behind hundreds of papers, among them the same
#   patients in training and test.
# - Roberts et al. (2021) read the papers that find COVID-19 in X-rays and CT scans by machine learning, and judged none of the 62 that they
#   looked at in detail fit for use, for flaws in data and method.
# - Barz and Denzler (2020) found that a tenth of the test images of CIFAR-100 have a near copy in training. Every network scored lower
#   without them.
# %% [markdown] lang="ko"
# ## 수업 밖에서는
#
# - Kapoor와 Narayanan(2023)은 17개 학문 분야의 문헌 검토를 모아, 수백 편의 논문에 누수가 있었음을 밝혔습니다. 같은 환자가 학습과 테스트에 모두 들어간 경우도
#   있습니다.
# - Roberts 등(2021)은 기계 학습으로 엑스레이와 CT에서 코로나19를 찾는 논문을 검토했습니다. 자세히 살펴본 62편 중, 데이터와 방법의 결함 때문에 실제로 쓸 만하다고
#   판단한 것은 하나도 없었습니다.
# - Barz와 Denzler(2020)는 CIFAR-100 테스트 이미지의 10분의 1은 거의 같은 이미지가 학습 데이터에도 있음을 밝혔습니다. 이런 이미지를 빼자 모든 신경망의 점수가 떨어졌습니다.
# %% [markdown] lang="en"
# ## A checklist
#
# 1. **Check** the folder, and read every warning before you train.
# 2. **Ask what belongs together**: person, slide, place, day, film. Write it into `group`, and leave `split` out.
# 3. **Take advice**, fit, and keep the run's folder: it repeats itself.
# 4. **Read each class and each group**, then the surest mistakes.
# 5. **Doubt a good number.** Try to reach it without looking at the thing.
# 6. **Test on strangers** before you promise anything.
# 7. **Export**, and let the answers be compared.
# %% [markdown] lang="ko"
# ## 점검표
#
# 1. 폴더를 **점검**하고, 학습하기 전에 경고를 모두 읽습니다.
# 2. **무엇이 한데 묶이는지 물어봅니다.** 사람, 슬라이드, 장소, 날짜, 영상 같은 것입니다. `group`에 적고 `split`은 뺍니다.
# 3. **조언**을 듣고 학습한 다음 실행 폴더를 보관합니다. 그 폴더로 실행을 그대로 되풀이할 수 있습니다.
# 4. 결과를 **클래스마다, 그룹마다** 읽고, 가장 자신 있게 틀린 사진도 봅니다.
# 5. **좋은 성적은 의심합니다.** 정작 보아야 할 것을 보지 않고도 그런 성적이 나오는지 시험해 봅니다.
# 6. 무엇이든 약속하기 전에 **낯선 데이터로 테스트**합니다.
# 7. **내보내고** 답이 같은지 비교합니다.
# %% [markdown] lang="en"
# ## The same in plain Keras
#
# `keras.utils.image_dataset_from_directory` makes batches of a folder of classes. It divides by picture, as our
# colleague did; to keep donors apart, one fills the folders by donor first. `class_weight` makes up for classes of
# unequal size. (The code is folded; a click unfolds it.)
# %% [markdown] lang="ko"
# ## 순수 Keras로 하면
#
# `keras.utils.image_dataset_from_directory`는 클래스별 폴더에서 배치를 만들어 줍니다. 동료가 그랬듯이 사진 단위로 나누므로, 기증자를 갈라 놓으려면 먼저 기증자별로 폴더를 채워야
# 합니다. `class_weight`는 클래스의 크기가 다를 때 균형을 맞춰 줍니다. (코드는 접혀 있습니다. 누르면 펼쳐집니다.)
# %% tags=["folded"]
divided = fresh("divided")
for file in sorted(cells.rglob("donor*.png")):
    side = "validation" if int(file.name[5:7]) >= 18 else "train"  # whole donors
    place = divided / side / file.parent.name
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)

def from_folder(folder, shuffle=False):
    return keras.utils.image_dataset_from_directory(
        folder, color_mode="grayscale", image_size=(32, 32), batch_size=32,
        shuffle=shuffle, seed=0, verbose=False,
    )

training = from_folder(divided / "train", shuffle=True)
held_out, new_donors = from_folder(divided / "validation"), from_folder(later)
print(training.class_names, len(training), "batches")
# %% tags=["folded"]
keras.utils.set_random_seed(0)
base = ft.load_backbone("glyphnet")
base.trainable = False
inputs = keras.Input((32, 32, 1))
pooled = keras.layers.GlobalAveragePooling2D()(base(inputs, training=False))
plain = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(pooled))
plain.compile(
    keras.optimizers.Adam(1e-2),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
counts = [len(list((divided / "train" / name).iterdir())) for name in classes]
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
history = plain.fit(
    training, validation_data=held_out, epochs=20, callbacks=[stop], verbose=0,
    shuffle=False,  # the data set shuffles itself
    class_weight={i: sum(counts) / (2 * n) for i, n in enumerate(counts)},
)
# %% tags=["folded"]
by_keras = {
    name: plain.evaluate(data, verbose=0, return_dict=True)["accuracy"]
    for name, data in (("held-out donors", held_out), ("new donors", new_donors))
}
for name, value in by_keras.items():
    print(f"{name:<16} {100 * value:.1f} %")
print(f"ftlib, new donors {100 * np.mean(on_new):.1f} %")
assert by_keras["new donors"] > 0.55
# %% [markdown] lang="en"
# {{100 * by_keras["new donors"]:.0f}} % of the new donors' cells, where the networks that `ftlib` divided by donor had
# {{100 * np.mean(on_new):.0f}} %. Keras reads the folder; that a donor must not be on two sides, it cannot know, and it
# neither warns of copies nor of broken files.
# %% [markdown] lang="ko"
# 새 기증자의 세포를 {{100 * by_keras["new donors"]:.0f}}% 맞힙니다. `ftlib`이 기증자별로 나눠 학습한 신경망들은 {{100 * np.mean(on_new):.0f}}%였습니다.
# Keras는 폴더를 읽어 줄 뿐입니다. 한 기증자가 양쪽에 들어가면 안 된다는 것을 알 수 없고, 복사본이나 깨진 파일이 있다고 경고하지도 않습니다.
# %% [markdown] lang="en"
# ## Quiz
# %% [markdown] lang="ko"
# ## 퀴즈
# %% [markdown] lang="en"
# {{quiz 17.q1}}
# %% [markdown] lang="ko"
# {{quiz 17.q1}}
# %% tags=["exercise"]
ft.check("17.q1", ...)
# %% [markdown] lang="en"
# {{quiz 17.q2}}
# %% [markdown] lang="ko"
# {{quiz 17.q2}}
# %% tags=["exercise"]
ft.check("17.q2", ...)
# %% [markdown] lang="en"
# {{quiz 17.q3}}
# %% [markdown] lang="ko"
# {{quiz 17.q3}}
# %% tags=["exercise"]
ft.check("17.q3", ...)
# %% [markdown] lang="en"
# {{quiz 17.q4}}
# %% [markdown] lang="ko"
# {{quiz 17.q4}}
# %% tags=["exercise"]
ft.check("17.q4", ...)
# %% [markdown] lang="en"
# ## Key points
#
# - `ftlib check` finds what can be seen in files: broken ones, copies, near copies, two labels for one picture, classes that are too small.
# - What belongs together only you know. Divided by picture, the test said {{100 * promise:.0f}} % and new donors
#   {{100 * truth["first"]["value"]:.0f}} %. Divided by donor, everybody in turn, it said {{100 * honest:.0f}} %: nearer to the truth, and with so few donors still too high.
# - A test with {{len(donors)}} donors is a lottery, however many pictures they have.
# - The margin alone, without a cell, was enough for {{100 * blind["test"]:.0f}} % of the leaky test, and for {{100 * blind["strangers"]:.0f}} %
#   of strangers.
# - A stopped run goes on and ends in the same weights, bit for bit.
# - An export is right when its answers are, in its own runtime: {{written[-1]["same"]}} of {{written[-1]["images"]}} here.
# - {{100 * digit_share:.0f}} % of the digits make {{100 * plate_share:.0f}} % of the plates. Measure what you promise.
# %% [markdown] lang="ko"
# ## 핵심 정리
#
# - `ftlib check`는 파일만 보고 알 수 있는 것을 찾아냅니다. 깨진 파일, 사본, 거의 같은 사진, 레이블이 둘인 사진, 사진이 너무 적은 클래스입니다.
# - 무엇이 한데 묶이는지는 여러분만 압니다. 사진별로 나누었을 때 테스트는 {{100 * promise:.0f}}%, 새 기증자는 {{100 * truth["first"]["value"]:.0f}}%였습니다. 기증자별로 나누어
#   모두가 한 번씩 테스트를 맡게 하자 {{100 * honest:.0f}}%였습니다. 실제에 더 가깝지만, 기증자가 적어서 아직 높습니다.
# - 기증자가 {{len(donors)}}명뿐인 테스트는 사진이 아무리 많아도 제비뽑기입니다.
# - 세포를 보지 않고 가장자리만 보아도 누수가 있는 테스트에서는 {{100 * blind["test"]:.0f}}%를 맞혔지만, 낯선 사람의 사진은 {{100 * blind["strangers"]:.0f}}%만 맞혔습니다.
# - 멈춘 실행은 이어서 돌릴 수 있고, 비트 하나까지 똑같은 가중치로 끝납니다.
# - 내보낸 모델은 실제로 쓰일 런타임에서 같은 답을 내야 제대로 된 것입니다. 여기서는 {{written[-1]["images"]}}장 중 {{written[-1]["same"]}}장의 답이 같았습니다.
# - 숫자를 {{100 * digit_share:.0f}}% 읽어도 번호판은 {{100 * plate_share:.0f}}%만 읽습니다. 무엇을 약속하든 바로 그것을 재야 합니다.
# %% [markdown] lang="en"
# ## Next
#
# Your own folder. Take one that you know well, type `ftlib check`, and write down what you expect before you read what it says. If the first number
# is better than you hoped, go back to "Strangers".
# %% [markdown] lang="ko"
# ## 다음 수업
#
# 다음은 여러분의 폴더입니다. 잘 아는 폴더를 하나 골라, 결과를 읽기 전에 무엇이 나올지 적어 두고 `ftlib check`를 실행해 보세요. 첫 정확도가 기대보다 좋다면
# '낯선 사람들'로 돌아가세요.
# %% [markdown] lang="en"
# ## Read on
#
# - Kapoor and Narayanan, 2023, [leakage in 17 fields](https://doi.org/10.1016/j.patter.2023.100804); Roberts et al., 2021,
#   [COVID-19 from X-rays](https://doi.org/10.1038/s42256-021-00307-0); Barz and Denzler, 2020,
#   [near copies in CIFAR](https://arxiv.org/abs/1902.00423)
# - scikit-learn: [cross-validation, also by groups](https://scikit-learn.org/stable/modules/cross_validation.html),
#   [common pitfalls](https://scikit-learn.org/stable/common_pitfalls.html)
# - Keras: [`image_dataset_from_directory`](https://keras.io/api/data_loading/image/), a folder in plain Keras
# - fast.ai: [lesson 2](https://course.fast.ai/Lessons/lesson2.html), from your own photos to an app
# %% [markdown] lang="ko"
# ## 더 읽을거리
#
# - Kapoor와 Narayanan, 2023, [17개 분야의 데이터 누수](https://doi.org/10.1016/j.patter.2023.100804). Roberts 등, 2021,
#   [엑스레이로 찾는 코로나19](https://doi.org/10.1038/s42256-021-00307-0). Barz와 Denzler, 2020,
#   [CIFAR 속의 거의 같은 이미지](https://arxiv.org/abs/1902.00423)
# - scikit-learn: [교차 검증, 그룹별로도](https://scikit-learn.org/stable/modules/cross_validation.html),
#   [흔한 함정](https://scikit-learn.org/stable/common_pitfalls.html)
# - Keras: [`image_dataset_from_directory`](https://keras.io/api/data_loading/image/). 순수한 Keras로 폴더 읽기
# - fast.ai: [2강](https://course.fast.ai/Lessons/lesson2.html). 내 사진으로 앱까지
