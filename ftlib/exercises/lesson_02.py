"""Exercises and quiz of lesson 02."""

import numpy as np

from ftlib.exercises.base import (
    Blank,
    Choice,
    Exercise,
    Question,
    Text,
    as_number,
    call,
    describe,
    is_blank,
    near,
    number,
)
from ftlib.regularizers import Regularization


def _penalty(answer):
    draws = np.random.default_rng(3)
    kernel = draws.normal(size=(4, 3))
    given = call(answer, kernel, 0.1)
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        return Text(
            f"Expected a pair, the penalty and its slope, received {describe(given)}.",
            f"벌점과 그 기울기, 두 값이 와야 하는데 받은 것은 {describe(given)}입니다.",
        )
    if any(is_blank(part) for part in given):
        raise Blank
    value, slope = as_number(given[0]), np.asarray(given[1])
    squares = (kernel**2).sum()
    if near(value, 0.1 * np.sqrt(squares)):
        return Text(
            "You took the root. L2 adds up the squares and leaves it at that.",
            "제곱근까지 취했습니다. L2는 제곱을 더하기만 합니다.",
        )
    if near(value, 0.1 * (kernel**2).mean()):
        return Text(
            "That is the mean of the squares. A penalty is their sum, so that every weight pays its own.",
            "제곱의 평균입니다. 벌점은 합이어야 합니다. 그래야 가중치마다 제 몫을 냅니다.",
        )
    if near(value, squares):
        return Text(
            "The sum of the squares is right; the factor `l2` is missing.",
            "제곱의 합은 맞지만 `l2`를 곱하지 않았습니다.",
        )
    if not near(value, 0.1 * squares):
        return Text(
            f"For a kernel of 12 weights and l2=0.1 expected the penalty {0.1 * squares:.3f}, received {value:.3f}.",
            f"가중치 12개, l2=0.1이면 벌점은 {0.1 * squares:.3f}인데, 받은 값은 {value:.3f}입니다.",
        )
    if slope.shape != kernel.shape:
        return Text(
            f"The penalty is right. Its slope has one number per weight, shape {kernel.shape}; received {describe(given[1])}.",
            f"벌점은 맞습니다. 기울기는 가중치마다 하나씩, 모양이 {kernel.shape}이어야 하는데 받은 것은 {describe(given[1])}입니다.",
        )
    if np.allclose(slope, 0.1 * kernel):
        return Text(
            "The slope lacks the 2 that the square leaves behind: the slope of w² is 2w.",
            "기울기에 2가 빠졌습니다. w²의 기울기는 2w입니다.",
        )
    if np.allclose(slope, -0.2 * kernel):
        return Text(
            "The sign is turned. The slope points to where the penalty grows; the update goes the other way by itself.",
            "부호가 반대입니다. 기울기는 벌점이 커지는 쪽을 가리키고, 반대로 가는 것은 업데이트가 알아서 합니다.",
        )
    if not np.allclose(slope, 0.2 * kernel):
        return Text(
            "The penalty is right, its slope is not. Try one weight: 3 squared is 9; how fast does it grow at 3?",
            "벌점은 맞지만 기울기가 다릅니다. 가중치 하나로 해 보세요. 3의 제곱은 9인데, 3에서 얼마나 빠르게 늘어날까요?",
        )
    return None


def _dropout(answer):
    hidden = np.ones((200, 50))
    kept = hidden.copy()
    out = np.asarray(call(answer, hidden, 0.3, np.random.default_rng(0)))
    if out.shape != hidden.shape:
        return Text(
            f"Expected an array of the shape of `hidden`, {hidden.shape}; received {describe(out)}.",
            f"`hidden`과 모양이 같은 배열 {hidden.shape}이 와야 하는데, 받은 것은 {describe(out)}입니다.",
        )
    if not np.array_equal(hidden, kept):
        return Text(
            "`hidden` itself changed. Return a new array, as `hidden * mask` does.",
            "`hidden` 자체가 바뀌었습니다. `hidden * mask`처럼 새 배열을 돌려주세요.",
        )
    zeros, mean = float((out == 0).mean()), float(out.mean())
    if zeros == 0:
        return Text("Nothing was dropped.", "꺼진 것이 하나도 없습니다.")
    if abs(zeros - 0.7) < 0.03:
        return Text(
            f"{100 * zeros:.0f} % were dropped at rate 0.3. The rate is what goes, not what stays.",
            f"비율이 0.3인데 {100 * zeros:.0f}%가 꺼졌습니다. 비율은 남는 쪽이 아니라 꺼지는 쪽입니다.",
        )
    if abs(zeros - 0.3) > 0.03:
        return Text(
            f"At rate 0.3 about 30 % should be 0; it is {100 * zeros:.0f} %.",
            f"비율이 0.3이면 30%쯤이 0이어야 하는데 {100 * zeros:.0f}%입니다.",
        )
    if len(np.unique((out == 0).all(axis=0))) > 1 or len(np.unique((out == 0).all(axis=1))) > 1:
        return Text(
            "Whole rows or columns fell out together. Draw a random number for every entry: `rng.random(hidden.shape)`.",
            "행이나 열이 통째로 꺼졌습니다. 값마다 난수를 하나씩 뽑으세요. `rng.random(hidden.shape)`입니다.",
        )
    if abs(mean - 0.7) < 0.03:
        return Text(
            f"The right share is dropped, but the mean sank to {mean:.2f}. Without dropout, later, all units come back: the "
            "next layer would get more than it was trained for. What makes up for it?",
            f"꺼진 비율은 맞지만 평균이 {mean:.2f}로 줄었습니다. 나중에 드롭아웃 없이 쓰면 유닛이 모두 돌아와서, 다음 층은 학습 때보다 큰 값을 받게 "
            "됩니다. 무엇으로 메울까요?",
        )
    if abs(mean - 1) > 0.03:
        return Text(
            f"The mean should stay at 1, and it is {mean:.2f}. With 0.7 of the units left, each counts 1/0.7.",
            f"평균이 그대로 1이어야 하는데 {mean:.2f}입니다. 유닛이 0.7만 남으면 하나하나가 1/0.7만큼 셉니다.",
        )
    again = np.asarray(call(answer, hidden, 0.3, np.random.default_rng(1)))
    if np.array_equal(out == 0, again == 0):
        return Text(
            "Another generator gave the same units. Draw from `rng`, so that every update drops others.",
            "난수 생성기를 바꾸어도 같은 유닛이 꺼집니다. 업데이트마다 다른 유닛이 꺼지도록 `rng`에서 뽑으세요.",
        )
    return None


def _best_epoch(answer):
    # Losses, patience, the epoch whose weights are kept.
    for losses, patience, wanted in (
        ([3.0, 2.0, 2.5, 2.4, 2.3, 1.0], 3, 1),
        ([3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 0.1], 2, 3),
        ([3.0, 2.0, 1.0], 2, 2),
    ):
        given = call(answer, list(losses), patience)
        value = number(given)
        said = f"losses {losses}, patience {patience}"
        if value is None:
            return Text(
                f"Expected the number of an epoch, received {describe(given)}.",
                f"에포크 번호가 와야 하는데, 받은 것은 {describe(given)}입니다.",
            )
        if value == wanted:
            continue
        if value == wanted + 1 and value == int(value):
            return Text(
                f"For {said} I expected {wanted} and got {value:g}. Epochs count from 0, as Python does.",
                f"{said}이면 {wanted}인데 {value:g}이 나왔습니다. Python처럼 0부터 셉니다.",
            )
        if value == min(wanted + patience, len(losses) - 1):
            return Text(
                f"For {said} you return {value:g}, the epoch at which it stops. Whose weights are worth keeping?",
                f"{said}일 때 {value:g}을 돌려주었는데, 이것은 멈추는 에포크입니다. 어느 에포크의 가중치를 남겨야 할까요?",
            )
        if value == int(np.argmin(losses)):
            return Text(
                f"For {said} you return {value:g}, the lowest of all. But by then patience has run out: nobody got there.",
                f"{said}일 때 {value:g}을 돌려주었습니다. 전체에서 가장 낮은 곳이지만, 그 전에 인내가 바닥나서 거기까지 가지 못합니다.",
            )
        return Text(
            f"For {said} expected {wanted}, received {value:g}. Walk along by hand: which is the best so far, and how long ago?",
            f"{said}이면 {wanted}인데 {value:g}이 나왔습니다. 하나씩 따라가 보세요. 지금까지 가장 좋은 것은 어느 것이고, 몇 에포크 전입니까?",
        )
    return None


def _settings(answer):
    if not isinstance(answer, Regularization):
        return Text(
            f"Expected a Regularization, received {describe(answer)}.",
            f"Regularization이 와야 하는데, 받은 것은 {describe(answer)}입니다.",
        )
    light = Regularization.preset("light")
    if answer == light:
        return Text("That is `light` as it is.", "`light` 그대로입니다.")
    if answer.dropout != 0.5:
        return Text(
            f"Dropout is {answer.dropout:g}; it should be 0.5.", f"드롭아웃이 {answer.dropout:g}입니다. 0.5여야 합니다."
        )
    if answer.label_smoothing != 0.1:
        return Text(
            f"Label smoothing is {answer.label_smoothing:g}; it should be 0.1.",
            f"레이블 스무딩이 {answer.label_smoothing:g}입니다. 0.1이어야 합니다.",
        )
    for name in ("weight_decay", "augmentation", "patience", "l1", "l2", "mixup", "cutmix"):
        mine, theirs = getattr(answer, name), getattr(light, name)
        if mine != theirs:
            return Text(
                f"`{name}` is {mine!r}, in `light` it is {theirs!r}. `dataclasses.replace` keeps what you do not name.",
                f"`{name}`이 {mine!r}인데, `light`에서는 {theirs!r}입니다. `dataclasses.replace`를 쓰면 적지 않은 것은 그대로 남습니다.",
            )
    return None


EXERCISES = {
    "02.1": Exercise(
        check=_best_epoch,
        right=Text(
            "Right: it stops when patience runs out, and goes back to the best epoch. `ft.fit` does this in every phase.",
            "맞았습니다. 인내가 바닥나면 멈추고 가장 좋았던 에포크로 돌아갑니다. `ft.fit`은 학습 단계마다 이렇게 합니다.",
        ),
        hint=Text(
            "Go through `enumerate(losses)` and remember the best epoch so far; leave the loop when the best is `patience` epochs old.",
            "`enumerate(losses)`를 돌면서 지금까지 가장 좋은 에포크를 기억하고, 그 뒤로 `patience`만큼 지났으면 멈추세요.",
        ),
        solution="""def best_epoch(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best

ft.check("02.1", best_epoch)""",
        setup="import ftlib as ft",
    ),
    "02.2": Exercise(
        check=_penalty,
        right=Text(
            "Right. The slope is largest for the largest weights: L2 pulls hardest at those.",
            "맞았습니다. 기울기는 큰 가중치에서 가장 큽니다. L2는 큰 가중치를 가장 세게 당깁니다.",
        ),
        hint=Text(
            "The penalty is l2 times np.sum of the squares. The slope of l2 * w**2 with respect to w follows from school.",
            "벌점은 제곱을 np.sum으로 더해 l2를 곱한 것입니다. l2 * w**2을 w로 미분하면 기울기가 나옵니다.",
        ),
        solution="""def penalty(kernel, l2):
    return l2 * np.sum(kernel**2), 2 * l2 * kernel

ft.check("02.2", penalty)""",
        setup="import numpy as np\nimport ftlib as ft",
    ),
    "02.3": Exercise(
        check=_dropout,
        right=Text(
            "Right: others each time, and the mean stays, so that nothing has to change when dropout is switched off.",
            "맞았습니다. 매번 다른 유닛이 꺼지고 평균은 그대로입니다. 그래서 드롭아웃을 꺼도 바꿀 것이 없습니다.",
        ),
        hint=Text(
            "`rng.random(hidden.shape) >= rate` is True for those that stay. Multiply, then divide by the share that stays.",
            "`rng.random(hidden.shape) >= rate`는 남는 자리에서 True입니다. 이것을 곱하고, 남는 비율로 나누세요.",
        ),
        solution="""def dropout(hidden, rate, rng):
    stays = rng.random(hidden.shape) >= rate
    return hidden * stays / (1 - rate)

ft.check("02.3", dropout)""",
        setup="import numpy as np\nimport ftlib as ft",
    ),
    "02.4": Exercise(
        check=_settings,
        right=Text(
            "Right. Print it: only what differs from nothing at all is shown.",
            "맞았습니다. 출력해 보세요. 아무것도 하지 않는 설정과 다른 것만 나옵니다.",
        ),
        hint=Text(
            '`dataclasses.replace(ft.Regularization.preset("light"), dropout=...)` copies the preset with other values.',
            '`dataclasses.replace(ft.Regularization.preset("light"), dropout=...)`는 프리셋을 복사하면서 값만 바꿉니다.',
        ),
        solution="""my_settings = dataclasses.replace(
    ft.Regularization.preset("light"), dropout=0.5, label_smoothing=0.1
)
ft.check("02.4", my_settings)""",
        setup="import dataclasses\nimport ftlib as ft",
    ),
}

QUIZ = {
    "02.q1": Question(
        Text(
            "Training loss 0.01 and falling; validation loss 0.9 and rising. What do you see?",
            "학습 손실은 0.01이고 계속 줄어듭니다. 검증 손실은 0.9이고 늘어납니다. 무슨 일일까요?",
        ),
        {
            "a": Choice(
                Text("The learning rate is too large.", "학습률이 너무 큽니다."),
                Text(
                    "Then the training loss would jump. It falls smoothly.",
                    "그랬다면 학습 손실이 튀었을 것입니다. 여기서는 매끄럽게 줄어듭니다.",
                ),
            ),
            "b": Choice(
                Text("Overfitting: it learns its examples by heart.", "과적합입니다. 예를 외우고 있습니다."),
                Text(
                    "The two losses part: what it still learns holds for the training images alone.",
                    "두 손실이 갈라졌습니다. 지금 배우는 것은 학습 이미지에만 통합니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Underfitting: it needs more updates.", "과소적합입니다. 업데이트가 더 필요합니다."),
                Text(
                    "A training loss of 0.01 leaves little to learn. More updates make the gap wider.",
                    "학습 손실이 0.01이면 더 배울 것이 거의 없습니다. 업데이트를 더 하면 간격만 벌어집니다.",
                ),
            ),
        },
    ),
    "02.q2": Question(
        Text(
            "A network reads all its training digits, although their labels were shuffled. What does its training accuracy tell?",
            "레이블을 뒤섞었는데도 신경망이 학습 숫자를 모두 맞힙니다. 학습 정확도는 무엇을 말해 줄까요?",
        ),
        {
            "a": Choice(
                Text("That it has understood digits.", "숫자를 이해했다는 것입니다."),
                Text(
                    "There was nothing to understand: the labels were chance.",
                    "이해할 것이 없었습니다. 레이블은 우연이었습니다.",
                ),
            ),
            "b": Choice(
                Text("That the shuffling went wrong.", "레이블을 잘못 섞었다는 것입니다."),
                Text(
                    "It did not: a large network can store any hundred answers.",
                    "잘 섞었습니다. 큰 신경망은 답 백 개쯤은 무엇이든 외울 수 있습니다.",
                ),
            ),
            "c": Choice(
                Text("Nothing about new images.", "새 이미지에 대해서는 아무것도 말해 주지 않습니다."),
                Text(
                    "It can be 100 % for sense and nonsense alike. Only images that were kept aside tell them apart.",
                    "뜻이 있든 없든 100%가 나옵니다. 따로 떼어 둔 이미지로만 가릴 수 있습니다.",
                ),
                right=True,
            ),
        },
    ),
    "02.q3": Question(
        Text(
            "When is dropout active?",
            "드롭아웃은 언제 작동할까요?",
        ),
        {
            "a": Choice(
                Text("In training only.", "학습할 때만 작동합니다."),
                Text(
                    "In prediction all units answer. That is why those that stay are scaled up in training.",
                    "예측할 때는 모든 유닛이 답합니다. 그래서 학습 때 남은 유닛을 키워 둡니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("In prediction only.", "예측할 때만 작동합니다."),
                Text(
                    "Then nothing would be learnt from it, and answers would be left to chance.",
                    "그러면 배우는 데 도움이 되지 않고, 답이 우연에 좌우됩니다.",
                ),
            ),
            "c": Choice(
                Text("Always.", "언제나 작동합니다."),
                Text(
                    "Then the same image would get another answer each time.",
                    "그러면 같은 이미지에도 매번 다른 답이 나옵니다.",
                ),
            ),
        },
    ),
    "02.q4": Question(
        Text(
            "You may choose one cure, and money is no object. What helps most reliably?",
            "한 가지만 고를 수 있고 돈은 문제가 되지 않습니다. 무엇이 가장 확실할까요?",
        ),
        {
            "a": Choice(
                Text("Strong dropout.", "강한 드롭아웃."),
                Text(
                    "It helps a little here. It adds no information.",
                    "여기서는 조금 도움이 됩니다. 그렇지만 정보가 늘어나지는 않습니다.",
                ),
            ),
            "b": Choice(
                Text("More labels.", "더 많은 레이블."),
                Text(
                    "Every other cure says what the answer is not like. Labels say what it is.",
                    "다른 방법은 답이 어떤 것이 아닌지를 말할 뿐입니다. 레이블은 답이 무엇인지를 말해 줍니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("All regularizers at once, at full strength.", "모든 정규화를 한꺼번에, 최대로."),
                Text(
                    "Then the network cannot even learn its examples: underfitting.",
                    "그러면 학습 예조차 배우지 못합니다. 과소적합입니다.",
                ),
            ),
        },
    ),
}
