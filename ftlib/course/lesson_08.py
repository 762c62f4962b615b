"""Exercises and quiz of lesson 08."""

import functools

import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, call, describe, expected, near
from ftlib.course.tracks import track
from ftlib.evidence.advisor import Advice
from ftlib.evidence.similarity import Evidence
from ftlib.strategies.strategy import Strategy
from ftlib.tasks.task import Task

_SETUP = """
import ftlib as ft

backbone = ft.track("glyph").backbone
"""
_NAMES = ("scratch", "feature_extraction_long", "lp_ft")


def _gain(answer):
    for probe, untrained in ((0.9, 0.6), (0.5, 0.2), (0.7, 0.8)):
        value = as_number(call(answer, probe, untrained))
        difference, wanted = probe - untrained, (probe - untrained) / (1 - untrained)
        case = f"probe {probe:g}, untrained {untrained:g}"
        if near(value, wanted):
            continue
        if near(value, 100 * wanted):
            return Text(
                f"For {case} you return {value:g}: in percent. Leave it as a fraction.",
                f"{case}일 때 {value:g}을(를) 돌려주었습니다. 퍼센트 값입니다. 비율 그대로 두세요.",
            )
        if near(value, difference):
            return Text(
                f"For {case} you return {value:g}, the difference. Ten points are little where random features get half wrong, and "
                "all there is where they get a tenth wrong. Divide by what was left to gain.",
                f"{case}일 때 {value:g}, 곧 차이를 돌려주었습니다. 무작위 특징이 절반을 틀릴 때의 10%p는 얼마 안 되지만, 10분의 1만 틀릴 때는 전부입니다. 더 얻을 수 "
                "있었던 만큼으로 나누세요.",
            )
        if near(value, -wanted) or near(value, -difference):
            return Text(
                f"For {case} the sign is the wrong way round: {value:g}. Pre-trained features that are better gain something.",
                f"{case}일 때 부호가 반대입니다({value:g}). 사전 학습된 특징이 더 나으면 얻는 것이 있어야 합니다.",
            )
        if near(value, probe / untrained) or near(value, difference / untrained):
            return Text(
                f"For {case} you return {value:g}: you compare with what random features get right. The question is what they get "
                "wrong.",
                f"{case}일 때 {value:g}을(를) 돌려주었습니다. 무작위 특징이 맞힌 것과 견주었군요. 틀린 것과 견주어야 합니다.",
            )
        if near(value, difference / (1 - probe)):
            return Text(
                f"For {case} you return {value:g}: you divide by the mistakes that pre-trained features still make. Which were "
                "there before them?",
                f"{case}일 때 {value:g}을(를) 돌려주었습니다. 사전 학습된 특징이 아직도 틀리는 것으로 나누었군요. 그 전에는 얼마나 틀렸나요?",
            )
        if wanted < 0 and value == 0:
            return Text(
                f"For {case} you return 0. Pre-trained features can be worse than random ones; let the gain say so.",
                f"{case}일 때 0을 돌려주었습니다. 사전 학습된 특징이 무작위 특징보다 나쁠 때도 있습니다. 그럴 때는 음수가 나와야 합니다.",
            )
        return Text(
            f"For {case} expected {wanted:g}, received {value:g}. Random features get {1 - untrained:g} wrong. Which part of that "
            "do the pre-trained ones get right?",
            f"{case}일 때 {wanted:g}이어야 하는데, 받은 것은 {value:g}입니다. 무작위 특징은 {1 - untrained:g}만큼 틀립니다. 그 가운데 얼마를 사전 학습된 특징이 "
            "맞힐까요?",
        )
    return None


def _asked(answer):
    if isinstance(answer, (Strategy, Evidence)) or (isinstance(answer, str) and answer in _NAMES):
        return Text(
            f"That is a part of the advice, {describe(answer)}. Keep the whole: what `ft.advise` returns also holds its doubts.",
            f"조언의 일부인 {describe(answer)}입니다. 통째로 남겨 두세요. `ft.advise`가 돌려주는 값에는 의심할 점도 들어 있습니다.",
        )
    if isinstance(answer, Task):
        return Text(
            "That is the task. Give it to `ft.advise`, after the backbone.",
            "태스크입니다. 백본 다음 인자로 `ft.advise`에 넘기세요.",
        )
    if not isinstance(answer, Advice):
        return expected(answer, "what `ft.advise(backbone, task)` returns", "`ft.advise(백본, 태스크)`가 돌려준 값이")
    found = answer.evidence
    if found.classes != 2:
        return Text(
            f"This advice is about a task of {found.classes} classes. Faces have two: a face, or none.",
            f"클래스가 {found.classes}개인 태스크의 조언입니다. 얼굴 태스크의 클래스는 둘입니다. 얼굴이거나 아니거나.",
        )
    if found.labels_per_class != 20:
        return Text(
            f"It saw {found.labels_per_class:g} labels per class; the question is about 20. Change `labels_per_class`.",
            f"레이블이 클래스당 {found.labels_per_class:g}개였습니다. 20개일 때를 물었습니다. `labels_per_class`를 바꾸세요.",
        )
    if list(found.probes) != ["stage1", "stage2", "stage3"]:
        return Text(
            f"The network that was asked about has the stages {', '.join(found.probes)}. Ask about `glyphnet`: `backbone`.",
            f"물어본 신경망의 스테이지가 {', '.join(found.probes)}입니다. `glyphnet`으로 물어보세요. `backbone`에 들어 있습니다.",
        )
    return None


@functools.cache
def _cells():
    """Returns one list of recorded rows per backbone, task and number of labels."""
    grouped = {}
    for row in track("glyph").recorded("transfer")["rows"]:
        grouped.setdefault((row["backbone"], row["task"], row["labels_per_class"]), []).append(row)
    return grouped


def _regrets(choose):
    """Returns `{cell: (regret in points, the name chosen for its first row, the best name)}`."""
    found = {}
    for place, rows in _cells().items():
        tests = {name: np.mean([row["runs"][name]["test"] for row in rows]) for name in rows[0]["runs"]}
        names, best = [choose(row) for row in rows], max(tests, key=tests.get)
        found[place] = 100 * np.mean([tests[best] - tests[name] for name in names]), names[0], best
    return found


def _mean(regrets):
    return float(np.mean([regret for regret, _, _ in regrets.values()]))


class _NoName(Exception):
    """What came is no name of a strategy that every cell has."""


def _decide(answer):
    def choose(row):
        name = call(answer, row["labels_per_class"], list(row["probes"].values()), row["untrained"])
        if not isinstance(name, str) or name not in _NAMES:
            raise _NoName(describe(name))
        return name

    try:
        found = _regrets(choose)
    except _NoName as error:
        return Text(
            f"You return {error}. Return the name of one of the three that every cell has: {', '.join(_NAMES)}.",
            f"돌려준 값이 {error}입니다. 모든 칸에 기록이 있는 세 전략({', '.join(_NAMES)}) 가운데 하나의 이름을 돌려주세요.",
        )
    habits = {name: _mean(_regrets(lambda row, name=name: name)) for name in _NAMES}
    best, mine = min(habits, key=habits.get), _mean(found)
    if mine < habits[best] - 1e-9:
        return None
    chosen = {name for _, name, _ in found.values()}
    if len(chosen) == 1 and mine in habits.values():
        (always,) = chosen
        return Text(
            f"Always {always}: that is a habit, and costs {mine:.1f} points in the mean. Let the answer depend on what you "
            "are given.",
            f"언제나 {always}(이)라고 답했습니다. 그것은 습관이고, 평균 {mine:.1f}%p 손해입니다. 주어진 값에 따라 다르게 답하세요.",
        )
    place, (regret, name, winner) = max(found.items(), key=lambda item: item[1][0])
    where = f"{place[0]}: {place[1]}, {place[2]}"
    return Text(
        f"Your rule costs {mine:.1f} points in the mean, the habit of always {best} {habits[best]:.1f}. Most is lost at {where} "
        f"labels per class: {regret:.1f} points, for {name} where {winner} was best.",
        f"작성한 규칙은 평균 {mine:.1f}%p 손해이고, 무조건 {best}을(를) 쓰는 습관은 {habits[best]:.1f}%p 손해입니다. 가장 많이 잃은 칸은 {where}개 레이블로, "
        f"{winner}이(가) 가장 나은 곳에서 {name}을(를) 골라 {regret:.1f}%p를 잃었습니다.",
    )


EXERCISES = {
    "08.1": Exercise(
        check=_gain,
        right=Text(
            "Right: what is gained, out of what could be gained. It goes below 0 where random features are better.",
            "맞았습니다. 얻을 수 있었던 것 가운데 얻은 것의 비율입니다. 무작위 특징이 더 나으면 0보다 작아집니다.",
        ),
        hint=Text(
            "Random features get `1 - untrained` wrong. Pre-trained ones get `probe - untrained` more right. Which part of the one "
            "is the other?",
            "무작위 특징은 `1 - untrained`만큼 틀립니다. 사전 학습된 특징은 `probe - untrained`만큼 더 맞힙니다. 둘의 비율은 얼마인가요?",
        ),
        solution="""def gain(probe, untrained):
    return (probe - untrained) / (1 - untrained)

ft.check("08.1", gain)""",
    ),
    "08.2": Exercise(
        check=_asked,
        right=Text(
            "Right. Now read it from the end: with so few validation images, what it doubts matters more than what it says.",
            "맞았습니다. 이제 끝에서부터 읽어 보세요. 검증 이미지가 이렇게 적으면 권하는 것보다 의심하는 것이 더 중요합니다.",
        ),
        hint=Text(
            "`ft.load_task` makes the task, with `labels_per_class`; `ft.advise` takes the backbone first, then the task. Keep all of "
            "what it returns.",
            "`ft.load_task`에 `labels_per_class`를 주어 태스크를 만들고, `ft.advise`에 백본과 태스크를 차례로 넘깁니다. 돌려준 값을 통째로 남겨 두세요.",
        ),
        setup=_SETUP,
        solution="""asked = ft.advise(backbone, ft.load_task("faces", labels_per_class=20, seed=0))
print(asked)
ft.check("08.2", asked)""",
    ),
    "08.3": Exercise(
        check=_decide,
        right=Text(
            "Right: it costs less than any habit. How it would do on a task that is not in the record is another question.",
            "맞았습니다. 어떤 습관보다도 손해가 적습니다. 기록에 없는 태스크에서도 그럴지는 다른 문제입니다.",
        ),
        hint=Text(
            "Begin with the best habit, and depart from it where the evidence is clear. `probes[0]` is the stage at the input, "
            "`probes[-1]` the last: what did the picture of the stages show for textures? The message names the cell in which you "
            "lose most.",
            "가장 나은 습관에서 시작해, 근거가 뚜렷할 때만 다르게 답하세요. `probes[0]`은 입력 쪽 스테이지, `probes[-1]`은 마지막 스테이지입니다. 스테이지 그림에서 질감은 "
            "어떤 모양이었나요? 가장 많이 잃은 칸은 메시지에 나옵니다.",
        ),
        setup=_SETUP,
        solution="""def decide(labels_per_class, probes, untrained):
    fits_worse_with_depth = probes[-1] < probes[0]
    return "scratch" if fits_worse_with_depth else "lp_ft"

ft.check("08.3", decide)""",
    ),
}

QUIZ = {
    "08.q1": Question(
        Text(
            "On your task a linear probe reads 90 % from pre-trained features, and 88 % from the same network with random weights. "
            "What follows?",
            "내 태스크에서 선형 탐침이 사전 학습된 특징으로는 90%, 같은 구조에 가중치만 무작위인 신경망의 특징으로는 88%를 맞힙니다. 무엇을 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("90 % is high, so the task is near.", "90%면 높으니 태스크가 가깝습니다."),
                Text(
                    "An easy task gives high numbers to anyone. Without the control you would thank the pre-training for it.",
                    "쉬운 태스크에서는 누구나 높은 값을 얻습니다. 대조군이 없으면 사전 학습 덕분인 줄 알게 됩니다.",
                ),
            ),
            "b": Choice(
                Text("The pre-training does harm.", "사전 학습이 해롭습니다."),
                Text(
                    "It gains a sixth of what was left. That is little, but the sign is right.",
                    "남아 있던 오답의 6분의 1을 맞혔습니다. 적지만 손해는 아닙니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "The pre-training spares few mistakes: the task is easy, or far, or both.",
                    "사전 학습이 줄여 주는 오답이 적습니다. 태스크가 쉽거나, 멀거나, 둘 다입니다.",
                ),
                Text(
                    "A gain of 2 out of 12 points. Little speaks for keeping these features.",
                    "12%p 가운데 2%p를 얻었습니다. 이 특징을 꼭 남겨야 할 까닭이 별로 없습니다.",
                ),
                right=True,
            ),
        },
    ),
    "08.q2": Question(
        Text(
            "On textures the gain was above 0, and yet scratch won with every number of labels. How do the two go together?",
            "질감에서는 gain이 0보다 컸는데도 레이블이 몇 개이든 처음부터 학습한 쪽이 이겼습니다. 어떻게 된 일일까요?",
        ),
        {
            "a": Choice(
                Text(
                    "The gain compares with random features; scratch learns its own.",
                    "gain은 무작위 특징과 견준 값이고, 처음부터 학습하면 특징을 새로 배웁니다.",
                ),
                Text(
                    "Better than random is not much to ask of features. That the probes fell with depth was the better sign.",
                    "무작위보다 낫기는 어렵지 않습니다. 깊이에 따라 탐침이 내려간다는 것이 더 나은 단서였습니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("The probe had too few labels to be exact.", "탐침을 재기에는 레이블이 너무 적었습니다."),
                Text(
                    "It was above 0 with 50 labels per class as well, in every seed.",
                    "클래스당 레이블이 50개일 때도, 어느 시드에서나 0보다 컸습니다.",
                ),
            ),
            "c": Choice(
                Text("Even fifty labels were too few for it to pay.", "레이블 50개로도 모자랐습니다."),
                Text(
                    "The gap hardly closed from one label to fifty. More labels do not help features that are being spared.",
                    "레이블이 하나일 때나 50개일 때나 차이는 거의 줄지 않았습니다. 아끼느라 움직이지 않는 특징은 레이블이 늘어도 나아지지 않습니다.",
                ),
            ),
        },
    ),
    "08.q3": Question(
        Text(
            "You choose the borders of a rule on 20 recorded tasks and find a mean regret of one point on them. A colleague has a new "
            "task. What do you promise?",
            "기록된 태스크 20개로 규칙의 경계를 골랐더니 그 태스크들의 평균 후회가 1%p였습니다. 동료가 새 태스크를 가져왔습니다. 무엇을 약속할 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("About one point.", "1%p쯤."),
                Text(
                    "The borders were bent to fit these 20 tasks. That is overfitting, one floor up.",
                    "경계가 이 20개에 맞추어져 있습니다. 한 단계 위에서 일어난 과적합입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "What it costs on tasks that were left out when the borders were chosen.",
                    "경계를 고를 때 빼 둔 태스크에서 잰 만큼.",
                ),
                Text(
                    "Leave out each in turn. It is the same idea as a test set, with tasks in the place of images.",
                    "태스크를 하나씩 차례로 빼 둡니다. 이미지 대신 태스크로 하는 테스트 데이터인 셈입니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Nothing: rules do not carry over.", "아무것도. 규칙은 옮겨 쓸 수 없습니다."),
                Text(
                    "That can be measured. How far they carry is what the tasks left out show.",
                    "그것은 재 볼 수 있습니다. 얼마나 옮겨지는지는 빼 둔 태스크가 보여 줍니다.",
                ),
            ),
        },
    ),
    "08.q4": Question(
        Text(
            "`ft.advise` recommends `lp_ft`, and adds: but an early stage leads the last by nearly two standard errors, which is close "
            "to the border. What do you do?",
            "`ft.advise`가 `lp_ft`를 권하면서, 앞쪽 스테이지가 마지막 스테이지를 표준 오차의 두 배 가까이 앞서서 경계에 가깝다고 덧붙입니다. 어떻게 할까요?",
        ),
        {
            "a": Choice(
                Text("Take `lp_ft`: it is what the rule says.", "규칙대로 `lp_ft`를 씁니다."),
                Text(
                    "It might be right. But a few validation images more or less would have turned the answer round.",
                    "맞을 수도 있습니다. 하지만 검증 이미지 몇 장만 달랐어도 답이 뒤집혔을 것입니다.",
                ),
            ),
            "b": Choice(
                Text("Start from scratch, to be safe.", "안전하게 처음부터 학습합니다."),
                Text(
                    "Scratch is no safe choice: with few labels it is the habit that costs most.",
                    "처음부터 학습하는 것은 안전하지 않습니다. 레이블이 적으면 가장 손해가 큰 습관입니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "Run both sides with some seeds, and let validation choose.",
                    "양쪽을 시드 몇 개로 돌려 보고 검증 정확도로 고릅니다.",
                ),
                Text(
                    "Near the border both cost little, and a comparison answers for your task what a rule can only guess.",
                    "경계 근처에서는 어느 쪽이든 손해가 적고, 직접 비교하면 규칙이 짐작만 하는 것을 내 태스크에서 알 수 있습니다.",
                ),
                right=True,
            ),
        },
    ),
}
