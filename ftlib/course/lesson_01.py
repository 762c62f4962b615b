"""Exercises and quiz of lesson 01."""

import numpy as np

from ftlib.course.exercise import Blank, Choice, Exercise, Question, Text, call, is_blank, near, no_number, number
from ftlib.tasks import load_task

_RULES = """
import numpy as np
import ftlib as ft

def sgd(slope, memory, rate):
    return -rate * slope

def adam(slope, memory, rate):
    t = memory["t"] = memory.get("t", 0) + 1
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * slope
    memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * slope**2
    m, v = memory["m"] / (1 - 0.9**t), memory["v"] / (1 - 0.999**t)
    return -rate * m / (np.sqrt(v) + 1e-7)
"""


def _no_function(answer):
    return Text(
        f"Expected the function itself, received {type(answer).__name__}. Write its name without brackets.",
        f"함수 자체를 넘겨야 합니다. 받은 것은 {type(answer).__name__}입니다. 괄호 없이 이름만 쓰세요.",
    )


def _cross_entropy(answer):
    if not callable(answer):
        return _no_function(answer)
    labels = np.array([2, 0, 1, 3, 3])
    draws = np.random.default_rng(1).uniform(0.1, 1, (5, 4))
    p = draws / draws.sum(axis=1, keepdims=True)
    each = -np.log(p[np.arange(5), labels])
    with np.errstate(all="ignore"):
        given = call(answer, p.copy(), labels.copy())
        value = number(given)
        if value is None and np.shape(given) == (5,):
            return Text(
                "That is one loss per image. What makes a single number of them?",
                "이미지마다 손실이 하나씩 나왔습니다. 이것을 어떻게 하나로 줄일까요?",
            )
        if value is None and isinstance(given, (float, np.floating)):
            return Text(
                f"The loss came out as {given}. Which row, which column does each number come from?",
                f"손실이 숫자로 나오지 않았습니다({given}). 확률은 각각 몇 번째 행, 몇 번째 열에서 골라야 할까요?",
            )
        if value is None:
            return no_number(given)
        wanted = each.mean()
        if not near(value, wanted):
            return _near_miss(value, each, p)
        certain = np.array([[1.0, 0.0], [1.0, 0.0]])
        value = number(call(answer, certain, np.array([0, 1])))
    if value is None or not near(value, -np.log(1e-12) / 2, 0.02):
        return Text(
            "Right for ordinary probabilities. But I also asked about an image whose right class has probability 0, and "
            f"got {'infinity or no number' if value is None else f'{value:.3g}'}. Raise small probabilities to 1e-12 "
            "before the logarithm.",
            "보통의 확률에서는 맞습니다. 그런데 정답 클래스의 확률이 0인 이미지도 넣어 보았더니 "
            f"결과가 {'무한대이거나 숫자가 아닙니다' if value is None else f'{value:.3g}입니다'}. 로그를 취하기 전에 작은 확률을 "
            "1e-12까지 올리세요.",
        )
    return None


def _near_miss(value, each, p):
    wanted, count = each.mean(), len(each)
    if near(value, -wanted):
        return Text(
            f"The size is right, the sign is not: {value:.3f}. The logarithm of a probability is negative; a loss "
            "should be large when the answer is bad.",
            f"크기는 맞지만 부호가 다릅니다({value:.3f}). 확률의 로그는 음수이고, 손실은 답이 나쁠수록 커야 합니다.",
        )
    if near(abs(value), each.sum()):
        return Text(
            f"That is the sum over {count} images. A loss that grows with the number of images cannot be compared.",
            f"이미지 {count}개의 합입니다. 이미지 수에 따라 커지는 손실은 서로 비교할 수 없습니다.",
        )
    if near(abs(value), wanted / p.shape[1]):
        return Text(
            f"It is {p.shape[1]} times too small, and there are {p.shape[1]} classes: you took the mean over all classes. "
            "How many numbers should it be a mean of?",
            f"{p.shape[1]}배 작고, 클래스는 {p.shape[1]}개입니다. 모든 클래스에 걸쳐 평균을 냈습니다. 숫자 몇 개의 평균이어야 할까요?",
        )
    for base in (10, 2):
        if near(abs(value), wanted / np.log(base)):
            return Text(
                f"You used the logarithm to base {base}. The loss uses the natural one, to base e.",
                f"밑이 {base}인 로그를 썼습니다. 손실에는 밑이 e인 자연로그를 씁니다.",
            )
    if near(abs(value), np.abs(np.log(p).mean())):
        return Text(
            "That is the mean over the probabilities of all classes. Only the one of the right class counts.",
            "모든 클래스의 확률로 평균을 냈습니다. 정답 클래스의 확률만 세어야 합니다.",
        )
    if near(abs(value), -np.log(np.exp(-each).mean())):
        return Text(
            "You averaged first and took the logarithm then. Every image has its own loss; the mean comes last.",
            "평균을 먼저 내고 로그를 취했습니다. 이미지마다 손실이 따로 있고, 평균은 맨 나중입니다.",
        )
    return Text(
        f"For five images with the right classes 2, 0, 1, 3, 3 I expected {wanted:.3f} and got {value:.3f}. Try it with one "
        "image and probability 0.5 for the right class: it should give 0.693.",
        f"정답이 2, 0, 1, 3, 3인 이미지 다섯 개의 손실은 {wanted:.3f}인데, 나온 값은 {value:.3f}입니다. 이미지 하나에 정답 확률 "
        "0.5를 넣어 시험해 보세요. 0.693이 나와야 합니다.",
    )


def _step(answer):
    if not callable(answer):
        return _no_function(answer)
    draws = np.random.default_rng(2)
    weights = {"w1": draws.normal(size=(3, 2)), "b1": draws.normal(size=2), "w2": draws.normal(size=(2, 4))}
    slopes = {name: draws.normal(size=array.shape) for name, array in weights.items()}
    given, kept = {n: a.copy() for n, a in weights.items()}, {n: a.copy() for n, a in slopes.items()}
    new = call(answer, given, kept, 0.1)
    if not isinstance(new, dict) or set(new) != set(weights):
        return Text(
            f"Expected a dictionary with the names {', '.join(weights)}, received "
            + (
                f"one with {', '.join(map(str, new)) or 'none'}." if isinstance(new, dict) else f"{type(new).__name__}."
            ),
            f"이름이 {', '.join(weights)}인 딕셔너리를 돌려주어야 합니다. 받은 것은 "
            + (
                f"{', '.join(map(str, new))}만 담은 딕셔너리입니다."
                if isinstance(new, dict) and new
                else f"{type(new).__name__}입니다."
            ),
        )
    if any(is_blank(array) for array in new.values()):
        raise Blank

    def all_are(expected):
        return all(
            np.shape(new[n]) == a.shape and np.allclose(new[n], expected(a, slopes[n])) for n, a in weights.items()
        )

    moved = [n for n in weights if not np.array_equal(given[n], weights[n])]
    if moved:
        return Text(
            f"The old weights changed, too ({', '.join(moved)}). Make a new dictionary of new arrays: `a - b` is one, while "
            "`-=` works in place.",
            f"원래 가중치까지 바뀌었습니다({', '.join(moved)}). 새 배열을 담은 새 딕셔너리를 만드세요. `a - b`는 새 배열이지만, `-=`는 "
            "배열을 제자리에서 바꿉니다.",
        )
    if all_are(lambda w, g: w - 0.1 * g):
        return None
    if all_are(lambda w, g: w + 0.1 * g):
        return Text(
            "You went uphill: the loss grows. The gradient points to where the loss rises.",
            "오르막으로 갔습니다. 손실이 커집니다. 기울기는 손실이 늘어나는 쪽을 가리킵니다.",
        )
    if all_are(lambda w, g: w - g):
        return Text("The direction is right, but the rate is missing.", "방향은 맞지만 학습률이 빠졌습니다.")
    if all_are(lambda w, g: -0.1 * g):
        return Text(
            "That is the step alone. Where does it lead, if you start from the weights?",
            "걸음만 돌려주었습니다. 가중치에서 출발해 이만큼 걸으면 어디에 닿을까요?",
        )
    if all_are(lambda w, g: w - w * g * 0.1):
        return Text(
            "The step was multiplied by the weights. It depends on gradient and rate alone.",
            "걸음에 가중치까지 곱했습니다. 걸음은 기울기와 학습률만으로 정해집니다.",
        )
    right = [n for n, a in weights.items() if np.shape(new[n]) == a.shape and np.allclose(new[n], a - 0.1 * slopes[n])]
    if right:
        return Text(
            f"Only {', '.join(right)} moved as it should. A loop over the names reaches them all.",
            f"제대로 움직인 것은 {', '.join(right)}뿐입니다. 이름을 하나씩 돌면 모두 움직일 수 있습니다.",
        )
    return Text(
        "The new weights are not the old ones minus rate times gradient. Try one number: weight 1, slope 2, rate 0.1.",
        "새 가중치가 '원래 가중치 빼기 학습률 곱하기 기울기'가 아닙니다. 숫자 하나로 해 보세요. 가중치 1, 기울기 2, 학습률 0.1입니다.",
    )


def _deviation(answer):
    value = number(answer)
    if value is None:
        return no_number(answer)
    if near(value, np.sqrt(2 / 576), 5e-3):
        return None
    for wrong, text in (
        (
            576,
            Text(
                "That is the number of inputs of a unit, and it is right. Now to the deviation: what did He do with n?",
                "유닛 하나의 입력 개수이고, 맞습니다. 이제 표준편차를 구할 차례입니다. He는 n으로 무엇을 했을까요?",
            ),
        ),
        (
            2 / 576,
            Text(
                "That is the variance. The deviation is its square root.",
                "분산입니다. 표준편차는 그 제곱근입니다.",
            ),
        ),
        (
            np.sqrt(2 / 64),
            Text(
                "That counts the channels, but not the pixels of the window.",
                "채널은 셌지만 창 안의 픽셀은 세지 않았습니다.",
            ),
        ),
        (
            np.sqrt(2 / 9),
            Text(
                "That counts the pixels of the window, but in one channel only.",
                "창 안의 픽셀은 셌지만 채널 하나만 셌습니다.",
            ),
        ),
        (
            np.sqrt(2 / 192),
            Text(
                "That is a window of 3 pixels. It is 3 wide and 3 high.",
                "3픽셀짜리 창으로 셌습니다. 창은 가로 3, 세로 3입니다.",
            ),
        ),
        (
            np.sqrt(2 / 864),
            Text(
                "That counts outputs: 9 times 96. To keep the signal alive on its way forward, count what comes in.",
                "출력을 셌습니다(9 × 96). 앞으로 가는 신호를 살려 두려면 들어오는 것을 세어야 합니다.",
            ),
        ),
        (
            np.sqrt(2 / 96),
            Text(
                "That counts the units of this layer. What one unit sees lies in the layer below.",
                "이 층의 유닛 수를 셌습니다. 유닛 하나가 보는 것은 아래층에 있습니다.",
            ),
        ),
        (
            np.sqrt(2 / (576 + 864)),
            Text(
                "That is Xavier: inputs and outputs together. He counts inputs only.",
                "Xavier의 값입니다. 입력과 출력을 함께 셉니다. He는 입력만 셉니다.",
            ),
        ),
        (
            np.sqrt(1 / 576),
            Text(
                "The inputs are counted rightly, but a factor is missing: ReLU throws away half of the signal.",
                "입력은 맞게 셌는데 배율 하나가 빠졌습니다. ReLU는 신호의 절반을 버립니다.",
            ),
        ),
    ):
        if near(value, wrong, 5e-3):
            return text
    return Text(
        f"{value:.4g} is {'too large' if value > np.sqrt(2 / 576) else 'too small'}. First count how many numbers one unit "
        "adds up: pixels of its window times channels.",
        f"값이 너무 {'큽니다' if value > np.sqrt(2 / 576) else '작습니다'}({value:.4g}). 유닛 하나가 숫자를 몇 개 더하는지부터 세어 "
        "보세요. 창 안의 픽셀 수 곱하기 채널 수입니다.",
    )


def _hurry(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return Text("Expected a pair: (my_rule, my_rate).", "(my_rule, my_rate)처럼 둘이 와야 합니다.")
    rule, rate = answer
    if is_blank(rule) or is_blank(rate):
        raise Blank
    if not callable(rule):
        return Text(
            f"The rule is a function: sgd, momentum, rmsprop or adam, without quotes. Received: {rule!r}.",
            f"규칙은 함수입니다. 따옴표 없이 sgd, momentum, rmsprop, adam 가운데 하나를 쓰세요. 받은 값: {rule!r}.",
        )
    value = number(rate)
    if value is None:
        return no_number(rate)
    if value <= 0:
        return Text(
            f"A rate of {value:g} does not go downhill. Rates are above 0.",
            f"학습률이 {value:g}이면 내리막으로 갈 수 없습니다. 0보다 커야 합니다.",
        )
    score, losses = _twenty_updates(rule, value)
    if score >= 0.85:
        return None
    reached, first, last = f"{100 * score:.0f} %", losses[0], losses[-1]
    if not np.isfinite(losses).all() or max(losses) > 1.1 * first:
        return Text(
            f"{reached} after 20 updates; on the way the loss jumped from {first:.2f} up to {max(losses):.2f}. This rate "
            "throws the network off. Be gentler.",
            f"업데이트 20번 뒤 {reached}입니다. 도중에 손실이 {first:.2f}에서 {max(losses):.2f}까지 뛰었습니다. 학습률이 커서 신경망이 튕겨 "
            "나갔습니다. 더 작게 잡아 보세요.",
        )
    if last > 0.7 * first:
        return Text(
            f"{reached} after 20 updates: the loss has only come from {first:.2f} to {last:.2f}. Be bolder.",
            f"업데이트 20번 뒤 {reached}입니다. 손실이 {first:.2f}에서 {last:.2f}까지밖에 줄지 않았습니다. 더 과감하게 가 보세요.",
        )
    return Text(
        f"{reached} after 20 updates; the loss fell from {first:.2f} to {last:.2f}. On the way, but not there: another rate, "
        "or a rule that gathers speed?",
        f"업데이트 20번 뒤 {reached}이고 손실은 {first:.2f}에서 {last:.2f}까지 줄었습니다. 가는 길은 맞지만 아직 모자랍니다. 학습률을 바꾸거나 "
        "속도가 붙는 규칙을 써 보면 어떨까요?",
    )


def _twenty_updates(rule, rate):
    """Returns mean validation accuracy over five seeds, and mean training loss before each update and after the last."""
    task = load_task("digits", labels_per_class=10, seed=0)
    x, y = task.train.images.reshape(-1, 64) / 255, task.train.labels
    x_val, y_val = task.validation.images.reshape(-1, 64) / 255, task.validation.labels
    rows, scores, losses = np.arange(len(y)), [], []
    for seed in range(5):
        draws = np.random.default_rng(seed)
        w1, b1 = draws.normal(0, np.sqrt(2 / 64), (64, 32)), np.zeros(32)
        w2, b2 = draws.normal(0, np.sqrt(2 / 32), (32, 10)), np.zeros(10)
        memories = [{} for _ in range(4)]
        with np.errstate(all="ignore"):
            for update in range(21):
                hidden = np.maximum(x @ w1 + b1, 0)
                scored = hidden @ w2 + b2
                p = np.exp(scored - scored.max(axis=1, keepdims=True))
                p /= p.sum(axis=1, keepdims=True)
                losses.append(-np.log(np.clip(p[rows, y], 1e-12, 1)).mean())
                if update == 20:
                    break
                p[rows, y] -= 1
                p /= len(y)
                d_z = (p @ w2.T) * (hidden > 0)
                slopes = x.T @ d_z, d_z.sum(axis=0), hidden.T @ p, p.sum(axis=0)
                steps = [call(rule, slope, memory, rate) for slope, memory in zip(slopes, memories, strict=True)]
                w1, b1, w2, b2 = (w + step for w, step in zip((w1, b1, w2, b2), steps, strict=True))
            guesses = (np.maximum(x_val @ w1 + b1, 0) @ w2 + b2).argmax(axis=1)
        scores.append(np.mean(guesses == y_val))
    return float(np.mean(scores)), np.reshape(losses, (5, 21)).mean(axis=0).tolist()


EXERCISES = {
    "01.1": Exercise(
        check=_cross_entropy,
        right=Text(
            "Right: the mean surprise about the right class, and finite even for a network that was certain and wrong.",
            "맞았습니다. 정답 클래스에 대해 얼마나 놀랐는지의 평균이고, 신경망이 확신하고 틀려도 유한합니다.",
        ),
        hint=Text(
            "Pick the probability of the right class in each row, np.clip it from below, take np.log, flip the sign, and "
            "take the mean over the images.",
            "행마다 정답 클래스의 확률을 고르고, np.clip으로 아래를 막고, np.log를 취하고, 부호를 바꾼 다음, 이미지에 걸쳐 평균을 냅니다.",
        ),
        solution="""def cross_entropy(probabilities, labels):
    right = probabilities[np.arange(len(labels)), labels]
    return -np.log(np.clip(right, 1e-12, 1)).mean()

ft.check("01.1", cross_entropy)""",
        setup="import numpy as np\nimport ftlib as ft",
    ),
    "01.2": Exercise(
        check=_step,
        right=Text(
            "Right: every weight moves against its slope. This line, repeated, is all of training.",
            "맞았습니다. 모든 가중치가 기울기의 반대쪽으로 움직입니다. 이 한 줄을 되풀이하는 것이 학습의 전부입니다.",
        ),
        hint=Text(
            "A dictionary comprehension over the names; for each: the old array, minus rate times its gradient.",
            "이름을 하나씩 도는 딕셔너리 컴프리헨션을 쓰세요. 이름마다 '원래 배열에서 학습률 곱하기 기울기를 뺀 것'입니다.",
        ),
        solution="""def step(weights, gradients, rate):
    return {name: weights[name] - rate * gradients[name] for name in weights}

ft.check("01.2", step)""",
        setup="import numpy as np\nimport ftlib as ft",
    ),
    "01.3": Exercise(
        check=_deviation,
        right=Text(
            "Right: one unit adds up 3 * 3 * 64 = 576 numbers. How many units the layer has does not matter.",
            "맞았습니다. 유닛 하나가 숫자 3 × 3 × 64 = 576개를 더합니다. 층에 유닛이 몇 개인지는 상관없습니다.",
        ),
        hint=Text(
            "n counts what one unit adds up: width times height of its window times channels. Then He's formula above.",
            "n은 유닛 하나가 더하는 숫자의 개수입니다. 창의 가로 × 세로 × 채널 수를 구하고, 위에 나온 He의 식에 넣으세요.",
        ),
        solution="""deviation = np.sqrt(2 / (3 * 3 * 64))
ft.check("01.3", deviation)""",
        setup="import numpy as np\nimport ftlib as ft",
    ),
    "01.4": Exercise(
        check=_hurry,
        right=Text(
            "Right: at least 85 % in 20 updates. Try what the other rules can do at their own best rates.",
            "맞았습니다. 업데이트 20번 만에 85% 이상입니다. 다른 규칙도 각자 가장 좋은 학습률에서 얼마나 하는지 시험해 보세요.",
        ),
        hint=Text(
            "In the picture of the hills, look a little to the right of each top: with fewer updates, each has to count "
            "more. A rule with momentum gathers speed.",
            "언덕 그림에서 꼭대기의 조금 오른쪽을 보세요. 업데이트가 적을수록 한 번 한 번이 더 커야 합니다. 모멘텀이 있는 규칙은 속도가 붙습니다.",
        ),
        solution="""my_rule = adam
my_rate = 0.03
ft.check("01.4", (my_rule, my_rate))""",
        setup=_RULES,
    ),
}

QUIZ = {
    "01.q1": Question(
        Text(
            "You train on 100 classes. At the start the loss is 4.6. What does that tell you?",
            "클래스 100개를 학습합니다. 처음 손실이 4.6입니다. 이것은 무엇을 뜻할까요?",
        ),
        {
            "a": Choice(
                Text(
                    "Something is broken: it should be 2.3.",
                    "어딘가 고장입니다. 2.3이어야 합니다.",
                ),
                Text(
                    "2.3 is ln 10, for ten classes. With 100 classes, knowing nothing costs ln 100.",
                    "2.3은 클래스가 열 개일 때의 ln 10입니다. 클래스가 100개이면 아무것도 모를 때의 손실은 ln 100입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "All is well: ln 100 is 4.6, the network knows nothing yet.",
                    "정상입니다. ln 100이 4.6이고, 신경망은 아직 아무것도 모릅니다.",
                ),
                Text(
                    "A first loss of about ln(number of classes) is the cheapest test there is.",
                    "첫 손실이 ln(클래스 수)쯤 되는지 보는 것이 가장 값싼 점검입니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text(
                    "The learning rate is too large.",
                    "학습률이 너무 큽니다.",
                ),
                Text(
                    "No update has been made yet, so the rate has had no say.",
                    "아직 업데이트를 한 번도 하지 않았으니 학습률과는 상관이 없습니다.",
                ),
            ),
        },
    ),
    "01.q2": Question(
        Text(
            "All hidden weights start at 0.1, all biases at 0. What does training do?",
            "은닉층의 가중치를 모두 0.1, 편향을 모두 0으로 두고 시작합니다. 학습하면 어떻게 될까요?",
        ),
        {
            "a": Choice(
                Text("Nothing: all gradients are 0.", "아무 일도 없습니다. 기울기가 모두 0입니다."),
                Text(
                    "That is the start from zeros. Here slopes get through, only all the same.",
                    "그것은 0에서 출발할 때입니다. 여기서는 기울기가 통하지만, 모두 똑같습니다.",
                ),
            ),
            "b": Choice(
                Text("It works as well as a random start.", "무작위로 시작한 것만큼 잘됩니다."),
                Text(
                    "The picture above says otherwise: 32 units, one image.",
                    "위의 그림을 떠올려 보세요. 유닛은 32개인데 그림은 하나였습니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "The units of a layer learn, but all the same thing.",
                    "한 층의 유닛들이 배우기는 하지만 모두 같은 것을 배웁니다.",
                ),
                Text(
                    "Same weights, same gradient, same update: they stay copies of each other.",
                    "가중치가 같으면 기울기도 같고 업데이트도 같습니다. 그래서 끝까지 서로의 복사본으로 남습니다.",
                ),
                right=True,
            ),
        },
    ),
    "01.q3": Question(
        Text(
            "Within ten updates the loss jumps from 2.4 to 6 and then stays at 2.30. What do you try first?",
            "업데이트 열 번 만에 손실이 2.4에서 6으로 뛰더니 2.30에 머뭅니다. 무엇부터 해 볼까요?",
        ),
        {
            "a": Choice(
                Text("Train longer.", "더 오래 학습합니다."),
                Text(
                    "Dead units have a gradient of 0: a thousand more updates change nothing.",
                    "죽은 유닛은 기울기가 0입니다. 천 번을 더 업데이트해도 달라지지 않습니다.",
                ),
            ),
            "b": Choice(
                Text("Start anew with a smaller learning rate.", "학습률을 줄이고 처음부터 다시 시작합니다."),
                Text(
                    "A jump up and then ln(classes) is how a rate that is too large looks. The dead network itself is lost.",
                    "위로 뛰었다가 ln(클래스 수)에 머무는 것은 학습률이 너무 클 때의 모습입니다. 이미 죽은 신경망은 되살릴 수 없습니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Start anew with a larger learning rate.", "학습률을 키우고 처음부터 다시 시작합니다."),
                Text(
                    "Too small a rate gives a loss that sinks slowly; this one jumped.",
                    "학습률이 너무 작으면 손실이 천천히 내려갑니다. 여기서는 뛰어올랐습니다.",
                ),
            ),
            "d": Choice(
                Text("Collect more labels.", "레이블을 더 모읍니다."),
                Text(
                    "Labels help a network that learns. This one stopped learning.",
                    "레이블은 배우는 신경망에 도움이 됩니다. 이 신경망은 배우기를 멈추었습니다.",
                ),
            ),
        },
    ),
    "01.q4": Question(
        Text(
            "A friend trains with Adam and with SGD, both at rate 0.01: Adam reaches 90 %, SGD 20 %. Is Adam the better "
            "optimizer?",
            "친구가 Adam과 SGD를 둘 다 학습률 0.01로 돌렸더니 Adam은 90%, SGD는 20%가 나왔습니다. Adam이 더 좋은 옵티마이저일까요?",
        ),
        {
            "a": Choice(
                Text("Yes, by 70 points.", "네, 70%p나 낫습니다."),
                Text(
                    "At a rate that suits Adam and starves SGD. What if you give SGD a hundred times as much?",
                    "Adam에는 맞고 SGD에는 턱없이 작은 학습률입니다. SGD에 백 배를 주면 어떻게 될까요?",
                ),
            ),
            "b": Choice(
                Text(
                    "One cannot say: each needs its own rate, chosen on validation.",
                    "알 수 없습니다. 저마다 검증 데이터로 고른 학습률이 필요합니다.",
                ),
                Text(
                    "Equal updates and an equal choice of rates for both, several seeds: only then compare.",
                    "업데이트 횟수를 같게 하고, 고를 수 있는 학습률도 똑같이 주고, 시드를 여러 개 돌린 다음에 비교합니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("No, SGD is always as good.", "아니요, SGD도 언제나 그만큼 좋습니다."),
                Text(
                    "In our small network it was. One small problem does not tell about all networks.",
                    "우리의 작은 신경망에서는 그랬습니다. 작은 문제 하나로 모든 신경망을 말할 수는 없습니다.",
                ),
            ),
        },
    ),
}
