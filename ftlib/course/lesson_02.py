"""Exercises and quiz of lesson 02."""

import numpy as np

from ftlib.course.exercise import (
    Blank,
    Choice,
    Exercise,
    Question,
    Text,
    as_number,
    call,
    describe,
    expected,
    is_blank,
    near,
    number,
)
from ftlib.strategies.regularization import Regularization


def _penalty(answer):
    draws = np.random.default_rng(3)
    kernel = draws.normal(size=(4, 3))
    given = call(answer, kernel, 0.1)
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        return expected(given, "a pair, the penalty and its slope", "벌점과 그 기울기, 이렇게 두 값이")
    if any(is_blank(part) for part in given):
        raise Blank
    value, slope = as_number(given[0]), np.asarray(given[1])
    squares = (kernel**2).sum()
    if near(value, 0.1 * np.sqrt(squares)):
        return Text(
            "You took the square root. L2 only adds up the squares.",
            "제곱근까지 취했습니다. L2는 제곱을 더하기만 합니다.",
        )
    if near(value, 0.1 * (kernel**2).mean()):
        return Text(
            "That is the mean of the squares. A penalty is their sum, so that every weight pays for itself.",
            "제곱의 평균을 냈습니다. 벌점은 합이어야 합니다. 그래야 가중치마다 제 몫을 냅니다.",
        )
    if near(value, squares):
        return Text(
            "The sum of the squares is right; the factor `l2` is missing.",
            "제곱의 합은 맞지만 `l2`를 곱하지 않았습니다.",
        )
    if near(value, 0.05 * squares):
        return Text(
            "That is half of it. Some books write l2 / 2; here, as in Keras, the factor is l2 itself.",
            "절반만 나왔습니다. l2 / 2로 적는 책도 있지만, 여기서는 Keras처럼 l2를 그대로 곱합니다.",
        )
    if not near(value, 0.1 * squares):
        return Text(
            f"For a kernel of 12 weights and l2=0.1 expected the penalty {0.1 * squares:.3f}, received {value:.3f}.",
            f"가중치 12개, l2=0.1이면 벌점은 {0.1 * squares:.3f}인데, 받은 값은 {value:.3f}입니다.",
        )
    if slope.shape != kernel.shape:
        return Text(
            f"The penalty is right. Its slope has one number per weight, shape {kernel.shape}; received {describe(given[1])}.",
            f"벌점은 맞습니다. 기울기는 가중치마다 하나씩 있어서 모양이 {kernel.shape}이어야 하는데, 받은 것은 {describe(given[1])}입니다.",
        )
    if np.allclose(slope, 0.1 * kernel):
        return Text(
            "A factor of 2 is missing in the slope: the slope of w² is 2w.",
            "기울기에 2가 빠졌습니다. w²의 기울기는 2w입니다.",
        )
    if np.allclose(slope, -0.2 * kernel):
        return Text(
            "The sign is the wrong way round. The slope points to where the penalty grows; the update then goes the other way.",
            "부호가 반대입니다. 기울기는 벌점이 커지는 쪽을 가리킵니다. 반대쪽으로 가는 것은 업데이트가 할 일입니다.",
        )
    if not np.allclose(slope, 0.2 * kernel):
        return Text(
            "The penalty is right, its slope is not. Try one weight: 3 squared is 9; how fast does it grow at 3?",
            "벌점은 맞지만 기울기가 틀렸습니다. 가중치가 하나라고 생각해 보세요. 3의 제곱은 9인데, 3에서 조금 늘리면 제곱은 얼마나 빠르게 늘어날까요?",
        )
    return None


def _dropout(answer):
    hidden = np.ones((200, 50))
    out = np.asarray(call(answer, hidden, 0.3, np.random.default_rng(0)))
    if out.shape != hidden.shape:
        return expected(
            out, f"an array of the shape of `hidden`, {hidden.shape}", f"`hidden`과 모양이 같은 배열 {hidden.shape}이"
        )
    zeros, mean = float((out == 0).mean()), float(out.mean())
    if zeros == 0:
        return Text("Nothing was dropped.", "0이 된 값이 하나도 없습니다.")
    if len(np.unique((out == 0).all(axis=0))) > 1 or len(np.unique((out == 0).all(axis=1))) > 1:
        return Text(
            "Whole rows or columns fell out together. Draw a random number for every entry: `rng.random(hidden.shape)`.",
            "행이나 열이 통째로 꺼졌습니다. `rng.random(hidden.shape)`처럼 값마다 난수를 하나씩 뽑으세요.",
        )
    if abs(zeros - 0.7) < 0.03:
        return Text(
            f"{100 * zeros:.0f} % were dropped at rate 0.3. The rate is the share that goes, not the share that stays.",
            f"비율이 0.3인데 {100 * zeros:.0f}%가 꺼졌습니다. `rate`는 남는 비율이 아니라 꺼지는 비율입니다.",
        )
    if abs(zeros - 0.3) > 0.03:
        return Text(
            f"At rate 0.3 about 30 % should be 0; it is {100 * zeros:.0f} %.",
            f"비율이 0.3이면 30%쯤이 0이어야 하는데 {100 * zeros:.0f}%입니다.",
        )
    if abs(mean - 0.7) < 0.03:
        return Text(
            f"The right share is dropped, but the mean sank to {mean:.2f}. In prediction all units are back, and the next "
            "layer gets more than it was trained with. How can you make up for that?",
            f"꺼진 비율은 맞지만 평균이 {mean:.2f}까지 줄었습니다. 예측할 때는 유닛이 모두 켜지므로, 다음 층은 학습할 때보다 큰 값을 받게 됩니다. "
            "이 차이를 어떻게 메울까요?",
        )
    if abs(mean - 1) > 0.03:
        return Text(
            f"The mean should stay at 1, but it is {mean:.2f}. If a share of 0.7 stays, each entry has to grow 1/0.7-fold.",
            f"평균이 그대로 1이어야 하는데 {mean:.2f}입니다. 70%만 남았다면 남은 값은 저마다 1/0.7배로 커져야 합니다.",
        )
    again = np.asarray(call(answer, hidden, 0.3, np.random.default_rng(1)))
    if np.array_equal(out == 0, again == 0):
        return Text(
            "With another generator the same units were dropped. Draw from `rng`, so that every update drops other units.",
            "난수 생성기를 바꾸어도 같은 유닛이 꺼집니다. 업데이트마다 다른 유닛이 꺼지도록 난수를 `rng`에서 뽑으세요.",
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
            return expected(given, "the number of an epoch", "에폭 번호가")
        if value == wanted:
            continue
        if value == wanted + 1 and value == int(value):
            return Text(
                f"For {said} I expected {wanted} and got {value:g}. Epochs count from 0, as Python does.",
                f"{said}: 기대한 값은 {wanted}인데, 나온 값은 {value:g}입니다. 에폭은 Python처럼 0부터 셉니다.",
            )
        if value == min(wanted + patience, len(losses) - 1):
            return Text(
                f"For {said} you return {value:g}, the epoch at which it stops. Which epoch's weights are worth keeping?",
                f"{said}: 나온 값은 {value:g}입니다. 이것은 멈추는 에폭입니다. 어느 에폭의 가중치를 남겨야 할까요?",
            )
        if value == int(np.argmin(losses)):
            return Text(
                f"For {said} you return {value:g}, the lowest of all. But patience runs out before: training never gets there.",
                f"{said}: 나온 값은 {value:g}입니다. 전체에서 손실이 가장 낮은 곳이지만, 그 전에 인내심이 바닥나서 학습이 거기까지 가지 못합니다.",
            )
        return Text(
            f"For {said} expected {wanted}, received {value:g}. Go through them by hand: which is the best so far, and how many "
            "epochs ago was it?",
            f"{said}: 기대한 값은 {wanted}인데, 나온 값은 {value:g}입니다. 손으로 하나씩 따라가 보세요. 지금까지 가장 좋은 에폭은 몇 번이고, "
            "그 뒤로 몇 에폭이 지났을까요?",
        )
    return None


def _settings(answer):
    if not isinstance(answer, Regularization):
        return expected(answer, "a Regularization", "Regularization이")
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
    for name in ("weight_decay", "augmentation", "patience", "l1", "l2", "mixup", "cutmix", "anchor"):
        mine, theirs = getattr(answer, name), getattr(light, name)
        if mine != theirs:
            return Text(
                f"`{name}` is {mine!r}, in `light` it is {theirs!r}. `dataclasses.replace` keeps what you do not name.",
                f"`{name}` 값이 {mine!r}인데, `light`에서는 {theirs!r}입니다. `dataclasses.replace`를 쓰면 적지 않은 값은 그대로 남습니다.",
            )
    return None


EXERCISES = {
    "02.1": Exercise(
        check=_best_epoch,
        right=Text(
            "Right: it stops when patience runs out, and goes back to the best epoch. `ft.fit` always goes back to the best "
            "epoch, and stops early if you give it a `patience`.",
            "맞았습니다. 인내심이 바닥나면 멈추고 가장 좋았던 에폭으로 돌아갑니다. `ft.fit`은 언제나 가장 좋았던 에폭으로 돌아가고, `patience`를 "
            "주면 일찍 멈추기도 합니다.",
        ),
        hint=Text(
            "Go through `enumerate(losses)` and remember the best epoch so far; leave the loop when it is `patience` epochs ago.",
            "`enumerate(losses)`를 돌면서 지금까지 가장 좋은 에폭을 기억하고, 그 뒤로 `patience` 에폭이 지났으면 반복문을 끝내세요.",
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
            "Right. The larger the weight, the larger the slope: L2 pulls hardest at large weights.",
            "맞았습니다. 가중치가 클수록 기울기도 큽니다. L2는 큰 가중치일수록 세게 당깁니다.",
        ),
        hint=Text(
            "The penalty is l2 times np.sum of the squares. For its slope, take the derivative of l2 * w**2 with respect to w.",
            "벌점은 제곱을 np.sum으로 더하고 l2를 곱한 값입니다. 기울기는 l2 * w**2의 w에 대한 도함수입니다.",
        ),
        solution="""def penalty(kernel, l2):
    return l2 * np.sum(kernel**2), 2 * l2 * kernel

ft.check("02.2", penalty)""",
        setup="import numpy as np\nimport ftlib as ft",
    ),
    "02.3": Exercise(
        check=_dropout,
        right=Text(
            "Right: other units each time, and the mean stays. So nothing else has to change when dropout is switched off.",
            "맞았습니다. 매번 다른 유닛이 꺼지고 평균은 그대로입니다. 그래서 예측할 때 드롭아웃만 빼면 되고, 따로 손댈 것이 없습니다.",
        ),
        hint=Text(
            "`rng.random(hidden.shape) >= rate` is True where a unit stays. Multiply by it, then divide by the share that stays.",
            "`rng.random(hidden.shape) >= rate`는 남는 자리에서 True입니다. 이것을 곱한 다음, 남는 비율로 나누세요.",
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
            "Right. Print it: it shows only what differs from `none`.",
            "맞았습니다. 출력해 보세요. `none`과 다른 항목만 나옵니다.",
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
            "학습 손실은 0.01까지 내려왔고 계속 줄어듭니다. 검증 손실은 0.9이고 점점 늘어납니다. 무슨 일이 일어나고 있을까요?",
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
                Text("Overfitting: it learns its images by heart.", "과적합입니다. 학습 이미지를 외우고 있습니다."),
                Text(
                    "The two losses move apart: what it learns now is true of the training images only.",
                    "두 손실이 갈라졌습니다. 지금 배우는 것은 학습 이미지에만 통합니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Underfitting: it needs more updates.", "과소적합(underfitting)입니다. 업데이트가 더 필요합니다."),
                Text(
                    "A training loss of 0.01 leaves little to learn. More updates make the gap wider.",
                    "학습 손실이 0.01이면 더 배울 것이 거의 없습니다. 업데이트를 더 하면 간격만 벌어집니다.",
                ),
            ),
        },
    ),
    "02.q2": Question(
        Text(
            "The labels of the training digits were shuffled, and still a network gives every digit its shuffled label. What "
            "does its training accuracy tell you?",
            "학습 숫자의 레이블을 뒤섞었는데도, 신경망이 뒤섞인 레이블을 모두 맞힙니다. 이 학습 정확도는 무엇을 말해 줄까요?",
        ),
        {
            "a": Choice(
                Text("That it has understood digits.", "신경망이 숫자를 이해했다는 뜻입니다."),
                Text(
                    "There was nothing to understand: the labels were random.",
                    "이해할 것이 없었습니다. 레이블은 무작위였습니다.",
                ),
            ),
            "b": Choice(
                Text("That the shuffling went wrong.", "레이블을 잘못 섞었다는 뜻입니다."),
                Text(
                    "It did not: a large network can store any hundred answers.",
                    "제대로 섞었습니다. 큰 신경망은 어떤 답이든 백 개쯤은 외울 수 있습니다.",
                ),
            ),
            "c": Choice(
                Text("Nothing about new images.", "새 이미지에 대해서는 아무것도 말해 주지 않습니다."),
                Text(
                    "It can be 100 % with true labels and with nonsense. Only images kept aside show the difference.",
                    "올바른 레이블이든 엉터리 레이블이든 100%가 나올 수 있습니다. 둘의 차이는 따로 떼어 둔 이미지에서만 드러납니다.",
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
                    "Then it would not help learning at all, and the answers would be left to chance.",
                    "그러면 학습에는 아무 도움이 되지 않고, 답만 우연에 좌우됩니다.",
                ),
            ),
            "c": Choice(
                Text("Always.", "언제나 작동합니다."),
                Text(
                    "Then the same image could get another answer each time.",
                    "그러면 같은 이미지에도 매번 다른 답이 나올 수 있습니다.",
                ),
            ),
        },
    ),
    "02.q4": Question(
        Text(
            "On the small network of this lesson, at any price: which one cure helped most?",
            "돈은 얼마가 들어도 된다면, 이 수업의 작은 신경망에는 어떤 해결책 하나가 가장 도움이 되었나요?",
        ),
        {
            "a": Choice(
                Text("Strong dropout.", "드롭아웃을 강하게 겁니다."),
                Text(
                    "Here it changed less than the seeds did. It adds no information.",
                    "여기서는 시드에 따른 차이보다도 변화가 작았습니다. 드롭아웃을 써도 정보가 늘어나지는 않습니다.",
                ),
            ),
            "b": Choice(
                Text("More labels.", "레이블을 더 모읍니다."),
                Text(
                    "The other two only hold the network back. Labels tell it something new.",
                    "나머지 둘은 신경망을 붙들어 둘 뿐입니다. 레이블은 새로운 것을 알려 줍니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("All regularizers at once, at full strength.", "모든 정규화를 한꺼번에, 가장 세게 겁니다."),
                Text(
                    "Too much of it, and the network cannot even learn its training images: underfitting.",
                    "지나치면 학습 이미지조차 배우지 못합니다. 과소적합입니다.",
                ),
            ),
        },
    ),
}
