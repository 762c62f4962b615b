"""Exercises and quiz of lesson 06."""

import keras

from ftlib.course.exercise import Blank, Choice, Exercise, Question, Text, call, describe, expected
from ftlib.course.tracks import track
from ftlib.models.freezing import freeze_report
from ftlib.models.staged_model import stages
from ftlib.strategies.strategy import Strategy

_SETUP = """
import keras
import ftlib as ft

track = ft.track("glyph")
task = track.task(labels_per_class=10, seed=0)
mine = ft.classifier(track.backbone, task.num_classes)
"""


def _two_open_stages(answer):
    if not isinstance(answer, keras.Model):
        kind = describe(answer)
        return Text(
            f"Expected the model `mine`, received {kind}. `ft.unfreeze` and `ft.freeze` change the model in place and "
            "return a report: check `mine` itself.",
            f"모델 `mine`이 와야 하는데, 받은 것은 {kind}입니다. `ft.unfreeze`와 `ft.freeze`는 모델 자체를 바꾸고 보고서를 "
            "돌려줍니다. `mine`을 그대로 넘기세요.",
        )
    states = [row["state"] for row in freeze_report(answer).rows]
    if set(states) == {"trainable"}:  # as `classifier` made it
        raise Blank
    body = [state != "frozen" for state in states[:-1]]
    if states[-1] == "frozen":
        return Text(
            "The head is frozen. Features without a classifier that learns to read them are of no use.",
            "헤드가 동결되어 있습니다. 특징을 읽는 법을 배울 분류기가 없으면 특징이 있어도 쓸모가 없습니다.",
        )
    if all(body):
        return Text(
            "Every stage of the backbone is open. How many stages are there, and which ones should stay?",
            "백본의 모든 스테이지가 열려 있습니다. 스테이지는 모두 몇 개이고, 그중 무엇을 그대로 두어야 할까요?",
        )
    if body[-2:] != [True, True] or any(body[:-2]):
        count = sum(body)
        return Text(
            f"{count} backbone stage{('s are' if count != 1 else ' is')} open, but it should be the last two and only these. `last=` counts backbone stages, without the head; `through=` names the last stage that stays frozen.",
            f"백본에서 열린 스테이지가 {count}개입니다. 마지막 두 스테이지만 열려 있어야 합니다. `last=`는 헤드를 빼고 백본 스테이지를 세고, `through=`에는 동결해 둘 마지막 스테이지의 이름을 씁니다.",
        )
    norms = [x for x in answer._flatten_layers() if isinstance(x, keras.layers.BatchNormalization) and x.trainable]
    if norms:
        return Text(
            f"The right stages are open, but {len(norms)} BatchNorm layers train as well. What will their statistics be after an epoch on a hundred images?",
            f"스테이지는 맞게 열었지만 BatchNorm 층 {len(norms)}개도 학습됩니다. 이미지 백 장으로 한 에폭을 돌고 나면 그 통계는 어떻게 될까요?",
        )
    return None


def _probe():
    """A tiny backbone with a nested model and two BatchNorm layers, all frozen."""
    image = keras.Input((8, 8, 1))
    inner = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.BatchNormalization(), keras.layers.Conv2D(2, 3)])
    x = keras.layers.Conv2D(2, 1)(image)
    outputs = keras.layers.BatchNormalization()(inner(x))
    model = keras.Model(image, outputs)
    model.trainable = False
    return model


def _open_safely(answer):
    if not callable(answer) or isinstance(answer, keras.Model):
        more = Text("Give its name without calling it.", "함수를 부르지 말고 이름만 넘기세요.")
        return expected(answer, "the function itself", "함수 자체가", more)
    probe = _probe()
    try:
        result = call(answer, probe)
    except Blank:
        if not probe.trainable_weights:
            raise
        return Text(
            "The function opens the model, but returns nothing yet. End it with `return backbone`.",
            "함수가 모델을 열기는 하지만 아직 돌려주는 것이 없습니다. 마지막에 `return backbone`을 쓰세요.",
        )
    if result is not probe:
        return Text(
            "The function has to change the model it gets and return that same model.",
            "함수는 받은 모델 자체를 바꾸고, 바로 그 모델을 돌려주어야 합니다.",
        )
    norms = [x for x in probe._flatten_layers() if isinstance(x, keras.layers.BatchNormalization)]
    others = [x for x in probe._flatten_layers() if isinstance(x, keras.layers.Conv2D)]
    if not all(weight.trainable for x in others for weight in x.weights):
        return Text(
            "Some other layers are still frozen. The model handed to the function was frozen as a whole: first open all of it.",
            "다른 층 가운데 아직 동결된 것이 있습니다. 함수가 받은 모델은 통째로 동결되어 있었습니다. 먼저 전체를 열어야 합니다.",
        )
    if all(x.trainable for x in norms):
        return Text(
            "Everything trains now, BatchNorm included. Which layers have to be taken out again, and how do you find them?",
            "이제 BatchNorm까지 모두 학습됩니다. 어떤 층을 다시 빼야 하고, 그 층은 어떻게 찾을까요?",
        )
    if any(x.trainable for x in norms):
        return Text(
            "One BatchNorm layer is still open: it sits inside a model within the model. `backbone.layers` does not look inside; how could your loop?",
            "BatchNorm 층 하나가 아직 열려 있습니다. 모델 안에 들어 있는 모델 속의 층입니다. `backbone.layers`는 그 안을 들여다보지 않습니다. 어떻게 하면 안쪽까지 살필 수 있을까요?",
        )
    return None


def _half_and_half(answer):
    if not isinstance(answer, Strategy):
        more = Text(
            "Wrap the phases: ft.Strategy(name, start, phases).",
            "학습 단계들을 ft.Strategy(이름, 출발점, 단계들)로 감싸세요.",
        )
        return expected(answer, "an ft.Strategy", "ft.Strategy가", more)
    if answer.start != "pretrained" or answer.keep is not None:
        return Text(
            "It starts from random weights, at least in part. Then there is nothing to fine-tune.",
            "가중치의 전부 또는 일부를 무작위로 뽑고 출발합니다. 그러면 미세 조정할 것이 없습니다.",
        )
    if len(answer.phases) != 2:
        return Text(
            f"It has {len(answer.phases)} phase{'s' if len(answer.phases) != 1 else ''}; the task describes two.",
            f"학습 단계(phase)가 {len(answer.phases)}개입니다. 문제에서 말하는 단계는 두 개입니다.",
        )
    first, second = answer.phases
    if first.train not in ("head", 0, ("head",)):
        return Text(
            f"The first phase trains {first.train!r}. What should learn before anything else moves?",
            f"첫 번째 학습 단계에서 학습하는 것이 {first.train!r}입니다. 다른 것을 움직이기 전에 무엇부터 학습해야 할까요?",
        )
    by_name = set(second.train) if isinstance(second.train, tuple) else set()
    if second.train != 1 and by_name != {stages(track().backbone)[-1].name, "head"}:
        return Text(
            f"The second phase trains {second.train!r}. A number counts the last backbone stages; the head comes along.",
            f"두 번째 학습 단계에서 학습하는 것이 {second.train!r}입니다. 숫자를 쓰면 백본의 스테이지를 뒤에서부터 그만큼 학습하고, 헤드는 저절로 포함됩니다.",
        )
    shares = first.share, second.share
    if any(abs(share - 0.5) > 0.01 for share in shares):
        return Text(
            f"The shares are {shares[0]:g} and {shares[1]:g}; each phase should get half of the updates.",
            f"`share`가 {shares[0]:g}, {shares[1]:g}입니다. 두 학습 단계가 업데이트를 절반씩 나누어 써야 합니다.",
        )
    if abs(first.rate - 1e-2) > 1e-6 or abs(second.rate - 1e-4) > 1e-8:
        swapped = first.rate < second.rate
        return Text(
            f"The rates are {first.rate:g} and {second.rate:g}. "
            + ("You gave the large one to the backbone." if swapped else "The head takes 1e-2, the backbone 1e-4."),
            f"학습률이 {first.rate:g}, {second.rate:g}입니다. "
            + ("큰 학습률을 백본에 주었습니다." if swapped else "헤드는 1e-2, 백본은 1e-4로 학습해야 합니다."),
        )
    return None


EXERCISES = {
    "06.1": Exercise(
        check=_two_open_stages,
        right=Text(
            "Right: the last two stages and the head train, BatchNorm inside them does not.",
            "맞았습니다. 마지막 두 스테이지와 헤드가 학습되고, 그 안의 BatchNorm은 동결되어 있습니다.",
        ),
        hint=Text(
            "`ft.unfreeze(model, last=...)` counts from the output; `ft.freeze(model, through=...)` names the last frozen stage. Both change the model in place.",
            "`ft.unfreeze(model, last=...)`는 출력 쪽에서부터 세고, `ft.freeze(model, through=...)`에는 동결할 마지막 스테이지의 이름을 씁니다. 둘 다 모델 자체를 바꿉니다.",
        ),
        setup=_SETUP,
        solution='ft.unfreeze(mine, last=2)\nft.check("06.1", mine)',
    ),
    "06.2": Exercise(
        check=_open_safely,
        right=Text(
            "Right, and it reaches BatchNorm in nested models, too. This works in every version of Keras.",
            "맞았습니다. 안쪽 모델의 BatchNorm까지 찾아냅니다. 이 방법은 Keras의 어느 버전에서나 통합니다.",
        ),
        hint=Text(
            "First `backbone.trainable = True`, which opens everything. Then go through `backbone.layers` and freeze what is a `keras.layers.BatchNormalization`. A layer can be a `keras.Model` itself: call your function on it.",
            "먼저 `backbone.trainable = True`로 모두 엽니다. 그다음 `backbone.layers`를 돌며 `keras.layers.BatchNormalization`인 층을 동결합니다. 층이 `keras.Model`일 수도 있습니다. 그럴 때는 그 안쪽 모델에 같은 함수를 다시 부르세요.",
        ),
        setup=_SETUP,
        solution="""def open_safely(backbone):
    backbone.trainable = True
    for layer in backbone.layers:
        if isinstance(layer, keras.Model):  # a model within the model
            open_safely(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    return backbone

ft.check("06.2", open_safely)""",
    ),
    "06.3": Exercise(
        check=_half_and_half,
        right=Text(
            "Right. Print it to see its table; `ft.fit(model, task, my_strategy)` runs it like any other.",
            "맞았습니다. 출력해 보면 표가 나옵니다. 다른 전략처럼 `ft.fit(model, task, my_strategy)`로 실행할 수 있습니다.",
        ),
        hint=Text(
            'Two phases: ft.Phase("head", "head", share=0.5, rate=...) and one whose `train` is the number of last stages.',
            '학습 단계는 둘입니다. 하나는 ft.Phase("head", "head", share=0.5, rate=...)이고, 다른 하나에는 `train`에 뒤에서부터 센 스테이지 수를 씁니다.',
        ),
        setup=_SETUP,
        solution="""head = ft.Phase("head", "head", share=0.5, rate=1e-2)
top = ft.Phase("top", 1, share=0.5, rate=1e-4)
my_strategy = ft.Strategy("mine", "pretrained", (head, top))
ft.check("06.3", my_strategy)""",
    ),
}

QUIZ = {
    "06.q1": Question(
        Text(
            "You freeze the backbone, compile, train the head, set `backbone.trainable = True` and call `fit` again. What happens?",
            "백본을 동결하고, 컴파일하고, 헤드를 학습한 다음 `backbone.trainable = True`로 바꾸고 `fit`을 다시 부릅니다. 어떻게 될까요?",
        ),
        {
            "a": Choice(
                Text("The whole network trains.", "신경망 전체가 학습됩니다."),
                Text(
                    "The flags say so, but the optimizer was built for the head alone and still is.",
                    "표시만 그렇습니다. 옵티마이저는 헤드만 다루도록 만들어졌고 지금도 그렇습니다.",
                ),
            ),
            "b": Choice(
                Text("Only the head goes on training, without a warning.", "경고 없이 헤드만 계속 학습됩니다."),
                Text(
                    "What trains was settled at `compile`; compile again after the change.",
                    "무엇이 학습될지는 `compile`할 때 정해집니다. 바꾼 뒤에는 다시 컴파일해야 합니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Keras raises an error.", "Keras가 오류를 냅니다."),
                Text(
                    "It would be kinder, but Keras says nothing. `ft.prove` raises in its place.",
                    "그러면 친절했겠지만 Keras는 아무 말도 하지 않습니다. 대신 `ft.prove`가 오류를 냅니다.",
                ),
            ),
        },
    ),
    "06.q2": Question(
        Text(
            "After tuning with a rate of 1e-2 the accuracy on the new task is excellent. What do you know about the pre-training?",
            "학습률 1e-2로 조정했더니 새 태스크의 정확도가 아주 좋습니다. 사전 학습에 대해 무엇을 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text(
                    "It is intact, or the accuracy would have suffered.",
                    "온전합니다. 그렇지 않으면 정확도가 나빠졌을 것입니다.",
                ),
                Text(
                    "The lesson's picture shows the opposite: digits stood while the letters were gone.",
                    "이 수업의 그림은 반대를 보여 줍니다. 글자가 사라지는 동안에도 숫자는 버텼습니다.",
                ),
            ),
            "b": Choice(
                Text("It is destroyed: 1e-2 is always too large.", "망가졌습니다. 1e-2는 언제나 너무 큽니다."),
                Text(
                    "It was here, but rates do not carry over from one network to the next. You have to measure.",
                    "여기서는 그랬지만, 알맞은 학습률은 신경망마다 다릅니다. 재 봐야 압니다.",
                ),
            ),
            "c": Choice(
                Text("Nothing, until you look at the old task.", "원래 태스크를 보기 전에는 아무것도 알 수 없습니다."),
                Text(
                    "The new task cannot see what it does not need.",
                    "새 태스크는 자기에게 필요 없는 것을 보지 못합니다.",
                ),
                right=True,
            ),
        },
    ),
    "06.q3": Question(
        Text("Why does LP-FT train the head first?", "LP-FT는 왜 헤드를 먼저 학습할까요?"),
        {
            "a": Choice(
                Text("To save time: the head is small.", "시간을 아끼려고. 헤드는 작으니까요."),
                Text(
                    "It does save time, but that is a gift. The reason is what became of the letters.",
                    "시간이 절약되기는 하지만 덤일 뿐입니다. 진짜 까닭은 글자가 어떻게 되었는지에 있습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Because a backbone under an untrained head lost far more of the letters.",
                    "학습하지 않은 헤드를 얹은 백본은 글자를 훨씬 많이 잊었기 때문에.",
                ),
                Text(
                    "In no seed did the two overlap. With the head in place the loss is small from the first update of the backbone on.",
                    "어느 시드에서도 둘은 겹치지 않았습니다. 헤드가 자리를 잡으면 백본은 손실이 작은 상태에서 출발합니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text(
                    "Because a head needs a smaller rate than the backbone.",
                    "헤드에는 백본보다 작은 학습률이 필요해서.",
                ),
                Text(
                    "The other way round: a new head bears a large rate, what is pre-trained a small one.",
                    "반대입니다. 새 헤드는 큰 학습률을 견디고, 사전 학습된 부분에는 작은 학습률을 씁니다.",
                ),
            ),
        },
    ),
    "06.q4": Question(
        Text(
            "Fine-tuning gives 96 %, the frozen backbone after a third of the updates 95 %. Has fine-tuning won?",
            "미세 조정은 96%, 업데이트를 3분의 1만 한 동결한 백본은 95%입니다. 미세 조정이 이겼을까요?",
        ),
        {
            "a": Choice(
                Text("Yes, by a point.", "네, 1%p 차이로요."),
                Text(
                    "The frozen one had a third of the budget. Give it as many updates, then compare.",
                    "동결 쪽은 예산의 3분의 1만 썼습니다. 같은 횟수를 주고 비교해야 합니다.",
                ),
            ),
            "b": Choice(
                Text("No, a point is never worth it.", "아니요, 1%p는 아무 가치가 없습니다."),
                Text(
                    "A point can be worth a lot. But was it fine-tuning that earned it?",
                    "1%p도 값질 수 있습니다. 그런데 그것이 정말 미세 조정 덕분일까요?",
                ),
            ),
            "c": Choice(
                Text(
                    "Unknown: the budgets differ, and one seed each says little.",
                    "알 수 없습니다. 예산이 다르고, 시드 하나로는 말할 수 있는 것이 적습니다.",
                ),
                Text(
                    "Equal updates, several seeds, then an interval for each.",
                    "업데이트 횟수를 같게 하고, 시드를 여러 개 돌리고, 구간을 함께 봐야 합니다.",
                ),
                right=True,
            ),
        },
    ),
}
