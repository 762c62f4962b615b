"""Exercises and quiz of lesson 07."""

import functools

import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, call, describe, expected, near, number
from ftlib.course.tracks import track
from ftlib.models.staged_model import stages
from ftlib.strategies.strategy import Strategy

_SETUP = """
import dataclasses
import numpy as np
import ftlib as ft
"""


@functools.cache
def _names(name):
    return [stage.name for stage in stages(track(name).backbone)] + ["head"]


def _both_belts(answer):
    if not isinstance(answer, Strategy):
        kind = describe(answer)
        return Text(
            f"Expected an ft.Strategy, received {kind}. A phase is only a part of one: put it back with "
            "`dataclasses.replace(recipe, phases=(..., ...))`.",
            f"ft.Strategy가 와야 하는데, 받은 것은 {kind}입니다. 학습 단계는 전략의 일부일 뿐입니다. "
            "`dataclasses.replace(recipe, phases=(..., ...))`로 전략에 다시 넣으세요.",
        )
    if answer.start != "pretrained" or answer.keep is not None:
        return Text(
            'It draws weights anew, so there is nothing left to protect. Start from `ft.strategy("gradual")`.',
            '가중치를 새로 뽑으면 지킬 것이 없어집니다. `ft.strategy("gradual")`에서 출발하세요.',
        )
    names = _names(track().name)
    body = len(names) - 1
    phases = answer.unrolled(names).phases
    trained = [phase.stages(names) for phase in phases]
    wanted = [names[i:] for i in range(body, -1, -1)]
    if trained == [names[-1:], names]:
        return Text(
            "This opens all stages at once after the head, like `lp_ft`. Here they should open one by one: start from "
            '`ft.strategy("gradual")`.',
            '헤드 다음에 모든 스테이지를 한꺼번에 엽니다. `lp_ft`와 같습니다. 여기서는 하나씩 열어야 하니 `ft.strategy("gradual")`에서 '
            "출발하세요.",
        )
    if trained != wanted:
        said = "; ".join(" + ".join(one) for one in trained)
        return Text(
            f"The phases train: {said}. First the head, then one stage more in every phase, from the last to the first.",
            f"학습 단계마다 학습하는 것이 다음과 같습니다: {said}. 먼저 헤드, 그다음에는 뒤에서부터 스테이지를 하나씩 더 열어야 합니다.",
        )
    decays = [phase.decay for phase in phases[1:]]
    if set(decays) == {1.0}:
        if phases[0].decay != 1:
            return Text(
                "You let the rates fall in the phase of the head. Only one stage trains there, so nothing can fall. Which "
                "phase trains several?",
                "헤드만 학습하는 단계에서 학습률을 줄였습니다. 거기서는 하나만 학습하니 줄어들 것이 없습니다. 여러 스테이지를 학습하는 "
                "단계는 어느 것일까요?",
            )
        return Text(
            "This is `gradual` as it is: every open stage has the same rate. Which field of a phase lets the rates fall?",
            "`gradual` 그대로입니다. 열린 스테이지의 학습률이 모두 같습니다. 학습률이 줄어들게 하는 것은 학습 단계의 어느 필드일까요?",
        )
    if any(abs(decay - 0.5) > 1e-6 for decay in decays):
        given = ", ".join(f"{decay:g}" for decay in sorted(set(decays)))
        return Text(
            f"The rates fall by {given} from stage to stage; 0.5 was asked for, in every phase after the head's.",
            f"스테이지를 하나 지날 때마다 곱하는 값이 {given}입니다. 헤드 다음의 모든 단계에서 0.5여야 합니다.",
        )
    if any(abs(phase.rate - 3e-4) > 1e-7 for phase in phases[1:]):
        rate = phases[-1].rate
        return Text(
            f"The decay is right, but the rate became {rate:g}. Replace one field alone; `dataclasses.replace` keeps the others.",
            f"`decay`는 맞지만 학습률이 {rate:g}(으)로 바뀌었습니다. 필드 하나만 바꾸세요. 나머지는 `dataclasses.replace`가 지켜 줍니다.",
        )
    shares = [round(phase.share, 3) for phase in phases]
    if shares != [0.333] + [round(2 / 3 / body, 3)] * body:
        return Text(
            "The stages and rates are right, but the phases no longer share the updates as `gradual` does. Leave `share` as "
            "it is.",
            "스테이지와 학습률은 맞지만, 업데이트를 나누는 비율이 `gradual`과 달라졌습니다. `share`는 그대로 두세요.",
        )
    return None


def _stage_rates(answer):
    for names, rate, decay in (
        (["stage1", "stage2", "stage3", "head"], 1e-3, 0.5),
        (["stage1", "stage2", "stage3", "stage4", "stage5", "head"], 0.01, 0.1),
    ):
        found = call(answer, list(names), rate, decay)
        wrong = _wrong_rates(found, names, rate, decay)
        if wrong is not None:
            return wrong
    return None


def _wrong_rates(found, names, rate, decay):
    last = len(names) - 1
    wanted = [rate * decay ** (last - i) for i in range(len(names))]
    if not isinstance(found, dict):
        return expected(
            found, "a dict from the name of each stage to its rate", "스테이지 이름에서 학습률로 가는 딕셔너리가"
        )
    if set(found) != set(names):
        odd = next(name for name in [*names, *found] if (name in found) != (name in names))
        return Text(
            f"Expected a rate for each of {', '.join(names)}, and no more. Look at {odd!r}. The names come in as the first "
            "argument: use them as they are.",
            f"{', '.join(names)}마다 학습률이 하나씩 있어야 하고, 다른 것은 없어야 합니다. {odd!r}을(를) 살펴보세요. 이름은 첫 번째 인자로 "
            "들어온 것을 그대로 쓰면 됩니다.",
        )
    values = [number(found[name]) for name in names]
    if None in values:
        name = names[values.index(None)]
        return Text(
            f"The rate of `{name}` is no number, but {describe(found[name])}.",
            f"`{name}`의 학습률이 숫자가 아니라 {describe(found[name])}입니다.",
        )
    if all(near(a, b) for a, b in zip(values, wanted, strict=True)):
        return None
    said = ", ".join(f"{name} {value:g}" for name, value in zip(names, values, strict=True))
    if all(near(value, values[0]) for value in values):
        return Text(
            f"All stages have the same rate ({values[0]:g}). Every step toward the input should multiply it by `decay`.",
            f"모든 스테이지의 학습률이 {values[0]:g}(으)로 같습니다. 입력 쪽으로 한 칸 갈 때마다 `decay`를 곱해야 합니다.",
        )
    if all(near(a, b) for a, b in zip(values, wanted[::-1], strict=True)):
        return Text(
            f"The wrong way round: {said}. The stage at the input should be the slowest, the head the fastest.",
            f"방향이 반대입니다: {said}. 입력 쪽 스테이지가 가장 느리고 헤드가 가장 빨라야 합니다.",
        )
    if all(near(a, b * decay) for a, b in zip(values, wanted, strict=True)):
        return Text(
            f"You count one step too many: {said}. The head has the full rate, {rate:g}; the decay begins below it.",
            f"한 칸씩 더 세었습니다: {said}. 헤드는 학습률 {rate:g}을(를) 그대로 쓰고, 줄어드는 것은 그 아래부터입니다.",
        )
    return Text(
        f"For rate {rate:g} and decay {decay:g} you give {said}. Expected {wanted[-1]:g} for the head, {wanted[-2]:g} for the "
        f"stage before it, and {wanted[0]:g} for {names[0]}. How many steps is a stage away from the head?",
        f"학습률 {rate:g}, decay {decay:g}일 때 나온 값: {said}. 헤드는 {wanted[-1]:g}, 그 앞 스테이지는 {wanted[-2]:g}, "
        f"{names[0]}은(는) {wanted[0]:g}이어야 합니다. 스테이지가 헤드에서 몇 칸 떨어져 있는지 세어 보세요.",
    )


def _search(lowest, lucky):
    """Returns the rates and losses of a made-up search: a fall to `lowest`, then a rise, and one lucky batch."""
    rates = np.geomspace(1e-6, 1, 121)
    way = np.log10(rates / lowest)
    losses = np.where(way < 0, 2.0 - 1.6 * np.clip(1 + way / 2.5, 0, 1), 0.4 + 6 * np.clip(way, 0, None) ** 2)
    losses = losses * (1 + 0.1 * np.sin(5.0 * np.arange(len(rates))))  # the batches differ
    losses[np.argmin(np.abs(rates - lucky))] = 0.05
    return rates, losses


def _suggest(answer):
    for lowest, lucky in ((1e-2, 2e-5), (1e-3, 6e-6)):
        rates, losses = _search(lowest, lucky)
        found = as_number(call(answer, rates, losses))
        raw = rates[losses.argmin()]
        told = f"the loss is lowest around {lowest:g}; you return {found:g}"
        told_ko = f"손실은 {lowest:g} 근처에서 가장 낮은데, 나온 값은 {found:g}입니다"
        if 0.4 < found / (lowest / 10) < 3.2:
            continue
        if near(found, raw / 10) or near(found, raw):
            return Text(
                f"A lucky batch has fooled you: {told}, because a single loss there is lower than all others. Smooth the "
                "losses first, over about ten of them.",
                f"운 좋은 배치 하나에 속았습니다. {told_ko}. 거기서 손실 하나가 유난히 낮았을 뿐입니다. 먼저 열 개쯤을 평균 내서 "
                "손실을 매끄럽게 하세요.",
            )
        if 0.4 < found / lowest < 3.2:
            return Text(
                f"You return the lowest point itself, {found:g}. There the loss is about to rise. Keep a distance: a tenth.",
                f"가장 낮은 점 {found:g}을(를) 그대로 돌려주었습니다. 거기서는 손실이 막 오르려는 참입니다. 거리를 두어 10분의 1로 하세요.",
            )
        if found < 2 * rates[0]:
            return Text(
                f"You return {found:g}, from the very beginning of the curve: {told}. A running mean that starts at 0 is too low at "
                "first, and so is `np.convolve` at its edges. Divide by how much has really gone in.",
                f"곡선이 시작하는 곳에서 나온 {found:g}을(를) 돌려주었습니다. {told_ko}. 0에서 출발한 이동 평균은 처음에 너무 낮고, "
                "`np.convolve`도 가장자리에서 그렇습니다. 실제로 들어간 만큼으로 나누세요.",
            )
        if found == int(found) and found > 1:
            return Text(
                f"You return {found:g}, which looks like a position. Which rate stands there?",
                f"나온 값 {found:g}은(는) 위치인 것 같습니다. 그 자리에 있는 학습률은 얼마일까요?",
            )
        return Text(
            f"For a search in which {told}. Smooth, find where the smoothed loss is lowest, and take a tenth of the rate there.",
            f"{told_ko}. 매끄럽게 한 손실이 가장 낮은 곳을 찾아 그 학습률의 10분의 1을 돌려주세요.",
        )
    return None


EXERCISES = {
    "07.1": Exercise(
        check=_both_belts,
        right=Text(
            "Right: stage by stage, and slower toward the input. That is nearly the recipe of Howard and Ruder (2018).",
            "맞았습니다. 스테이지를 하나씩 열고, 입력 쪽일수록 느리게 학습합니다. Howard와 Ruder(2018)의 방법과 거의 같습니다.",
        ),
        hint=Text(
            "`recipe.phases` has two phases: that of the head, and one that stands for all the others. Give the second another "
            "`decay` with `dataclasses.replace`, and put both back into the recipe in the same way.",
            "`recipe.phases`에는 단계가 두 개 있습니다. 헤드의 단계와, 나머지 모두를 대신하는 단계입니다. `dataclasses.replace`로 두 번째 단계의 "
            "`decay`를 바꾸고, 같은 방법으로 둘을 전략에 다시 넣으세요.",
        ),
        setup=_SETUP,
        solution="""recipe = ft.strategy("gradual")
head, opening = recipe.phases
my_strategy = dataclasses.replace(recipe, phases=(head, dataclasses.replace(opening, decay=0.5)))
ft.check("07.1", my_strategy)""",
    ),
    "07.2": Exercise(
        check=_stage_rates,
        right=Text(
            "Right: the head has the full rate, and every step toward the input multiplies it by the decay.",
            "맞았습니다. 헤드는 학습률을 그대로 쓰고, 입력 쪽으로 한 칸 갈 때마다 `decay`를 곱합니다.",
        ),
        hint=Text(
            "The head is no step away from itself, the last stage one, the stage before it two. Walk through "
            "`reversed(names)` with `enumerate`, and raise `decay` to the number of steps.",
            "헤드는 자기 자신에게서 0칸, 마지막 스테이지는 1칸, 그 앞은 2칸 떨어져 있습니다. `reversed(names)`를 `enumerate`로 돌면서 "
            "`decay`를 칸 수만큼 거듭제곱하세요.",
        ),
        setup=_SETUP,
        solution="""def stage_rates(names, rate, decay):
    return {name: rate * decay**steps for steps, name in enumerate(reversed(names))}

ft.check("07.2", stage_rates)""",
    ),
    "07.3": Exercise(
        check=_suggest,
        right=Text(
            "Right. One lucky batch no longer decides, and the tenth keeps a distance from where the loss rises.",
            "맞았습니다. 운 좋은 배치 하나에 흔들리지 않고, 10분의 1로 줄여 손실이 오르는 곳과 거리를 둡니다.",
        ),
        hint=Text(
            "`losses[max(0, i - 9) : i + 1].mean()` is the mean of loss i and up to nine before it. Make a list of these for "
            "all i, take `np.argmin`, and a tenth of the rate at that place.",
            "`losses[max(0, i - 9) : i + 1].mean()`은 i번째 손실과 그 앞 아홉 개까지의 평균입니다. 모든 i에서 구해 리스트로 만들고, "
            "`np.argmin`으로 자리를 찾아 그 자리 학습률의 10분의 1을 구하세요.",
        ),
        setup=_SETUP,
        solution="""def suggest(rates, losses):
    smooth = [losses[max(0, i - 9) : i + 1].mean() for i in range(len(losses))]
    return rates[np.argmin(smooth)] / 10

ft.check("07.3", suggest)""",
    ),
}

QUIZ = {
    "07.q1": Question(
        Text(
            "Gradual unfreezing opens `stage1` in the last round. What tells you that it stood still until then?",
            "점진적 동결 해제에서 `stage1`은 마지막 회차에 열립니다. 그때까지 그대로였다는 것을 무엇으로 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text(
                    "Its layers had `trainable=False` in all earlier rounds.",
                    "앞선 회차 내내 그 층들이 `trainable=False`였습니다.",
                ),
                Text(
                    "A flag says what should happen. After a forgotten compile, in lesson 06, flags and facts parted.",
                    "플래그는 어떻게 되어야 하는지를 말할 뿐입니다. 6강에서 compile을 잊었을 때 플래그와 사실은 달랐습니다.",
                ),
            ),
            "b": Choice(
                Text("The loss fell in every round.", "회차마다 손실이 줄었습니다."),
                Text(
                    "It would have fallen as well, had the stage moved along.",
                    "그 스테이지가 함께 움직였어도 손실은 줄었을 것입니다.",
                ),
            ),
            "c": Choice(
                Text("The checksum of its weights is the same in all of them.", "가중치의 체크섬이 내내 같습니다."),
                Text(
                    "One changed bit anywhere in the stage would have changed it.",
                    "스테이지 어디에서든 비트 하나만 바뀌었어도 체크섬이 달라졌을 것입니다.",
                ),
                right=True,
            ),
        },
    ),
    "07.q2": Question(
        Text(
            "`ft.find_lr` suggests a rate of 4e-4. What has it found out?",
            "`ft.find_lr`가 학습률 4e-4를 권합니다. 알아낸 것은 무엇일까요?",
        ),
        {
            "a": Choice(
                Text("At 4e-4 the accuracy on new images is best.", "4e-4일 때 새 이미지의 정확도가 가장 높습니다."),
                Text(
                    "It has seen no new image. On textures a far higher rate was better.",
                    "새 이미지는 한 장도 보지 않았습니다. 질감에서는 훨씬 높은 학습률이 더 나았습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Up to about ten times that rate the training loss still fell.",
                    "그 열 배쯤 되는 학습률까지 학습 손실이 줄었습니다.",
                ),
                Text(
                    "That is all. The tenth is a rule of thumb, and a place to begin a sweep.",
                    "그뿐입니다. 10분의 1은 경험에서 나온 규칙이고, 학습률을 훑어보기 시작할 출발점입니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("At 4e-4 the pre-training is safe.", "4e-4이면 사전 학습이 안전합니다."),
                Text(
                    "It looks at the loss of the new task alone. What becomes of the old one, it cannot see.",
                    "새 태스크의 손실만 봅니다. 원래 태스크가 어떻게 되는지는 보지 못합니다.",
                ),
            ),
        },
    ),
    "07.q3": Question(
        Text(
            "At 1e-3, a network with `decay=0.5` forgets less than one with a single rate. A colleague says: early stages must "
            "be slower than late ones. What is missing?",
            "1e-3에서 `decay=0.5`를 쓴 신경망이 학습률 하나를 쓴 신경망보다 덜 잊었습니다. 동료는 앞쪽 스테이지가 뒤쪽보다 느려야 한다고 말합니다. "
            "무엇이 빠졌을까요?",
        ),
        {
            "a": Choice(
                Text("A run with one lower rate for all stages.", "모든 스테이지에 더 낮은 학습률 하나를 쓴 실행."),
                Text(
                    "The decay changed two things: the shape, and how fast the backbone moves at all. The control keeps them apart.",
                    "`decay`는 모양과 백본 전체의 속도, 두 가지를 함께 바꾸었습니다. 대조군이 있어야 둘을 가릅니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("More updates for both.", "양쪽 모두 더 많은 업데이트."),
                Text(
                    "They had equally many. More of the same would leave the same doubt.",
                    "횟수는 이미 같았습니다. 똑같이 늘려도 의문은 그대로 남습니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "Nothing: rate, updates and seeds were the same.",
                    "없습니다. 학습률도, 업데이트 횟수도, 시드도 같았습니다.",
                ),
                Text(
                    "Only the head had the same rate. The backbone's three stages had a half, a quarter and an eighth of it.",
                    "학습률이 같은 것은 헤드뿐입니다. 백본의 세 스테이지는 그 2분의 1, 4분의 1, 8분의 1이었습니다.",
                ),
            ),
        },
    ),
    "07.q4": Question(
        Text(
            "On textures gradual unfreezing stopped below LP-FT. One explanation: its first stage moved too little. What "
            "spoke against it?",
            "질감에서 점진적 동결 해제는 LP-FT에 못 미쳤습니다. 첫 스테이지가 너무 적게 움직인 탓이라는 설명은 무엇 때문에 의심스러워졌을까요?",
        ),
        {
            "a": Choice(
                Text(
                    "The picture of how far each stage moved.",
                    "스테이지마다 얼마나 움직였는지 그린 그림.",
                ),
                Text(
                    "It shows that the first stage moved little. Whether that is the reason, it does not show.",
                    "첫 스테이지가 적게 움직였다는 것은 보여 주지만, 그것이 까닭인지는 보여 주지 않습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "A way whose first stage moved as little, and which read textures better.",
                    "첫 스테이지가 그만큼만 움직이고도 질감을 더 잘 읽은 다른 방법.",
                ),
                Text(
                    "If little movement were the reason, it would have held that way back as well.",
                    "적게 움직인 탓이라면 그 방법도 똑같이 못했어야 합니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("All ways had the same number of updates.", "모든 방법의 업데이트 횟수가 같았다는 점."),
                Text(
                    "That makes the contest fair. It says nothing about why one of them lost.",
                    "그래서 공정한 비교가 됩니다. 하지만 왜 졌는지는 알려 주지 않습니다.",
                ),
            ),
        },
    ),
}
