"""Exercises and quiz of lesson 05."""

import keras
import numpy as np

from ftlib.exercises.base import Choice, Exercise, Question, Text, call, near, no_number, number
from ftlib.freezing import freeze_report


def _count(answer):
    value = number(answer)
    if value is None:
        return no_number(answer)
    if value == 1280 * 5 + 5:
        return None
    if value == 1280 * 5:
        return Text(
            "Nearly: that is one weight per pair of feature and class. What else does a Dense layer have?",
            "거의 맞았습니다. 특징과 클래스의 쌍마다 가중치 하나를 센 값입니다. Dense 층에는 무엇이 더 있을까요?",
        )
    if near(value, 1280 + 5) or near(value, 1280 * 6):
        return Text(
            "Every feature is joined to every class by a weight of its own. And how many biases are there?",
            "특징 하나하나가 클래스 하나하나와 저마다의 가중치로 이어집니다. 그리고 편향은 몇 개일까요?",
        )
    return Text(
        "Think of the Dense layer alone: its kernel has a row per feature and a column per class, and there is a bias.",
        "Dense 층만 생각해 보세요. 커널에는 특징마다 행이, 클래스마다 열이 있고, 편향이 더 있습니다.",
    )


def _three_classes(answer):
    if not isinstance(answer, keras.Model):
        return Text(
            f"Expected a Keras model, received {type(answer).__name__}. `ft.freeze` changes the model in place and returns a report: name the model first.",
            f"Keras 모델이 와야 하는데 {type(answer).__name__}이(가) 왔습니다. `ft.freeze`는 모델을 제자리에서 바꾸고 보고서를 돌려줍니다. 모델에 먼저 이름을 붙이세요.",
        )
    if answer.output_shape[-1] != 3:
        return Text(
            f"The model answers with {answer.output_shape[-1]} numbers per image; three classes need three.",
            f"모델이 이미지마다 숫자 {answer.output_shape[-1]}개를 냅니다. 클래스가 셋이면 셋이어야 합니다.",
        )
    rows = freeze_report(answer).rows
    open_stages = [row["stage"] for row in rows[:-1] if row["trainable"]]
    if open_stages:
        return Text(
            f"The head is right, but these stages still train: {', '.join(open_stages)}. What closes everything below the head?",
            f"헤드는 맞습니다. 그런데 이 스테이지들이 아직 학습됩니다: {', '.join(open_stages)}. 헤드 아래를 모두 닫는 것은 무엇일까요?",
        )
    if not rows[-1]["trainable"]:
        return Text(
            "Now the head is frozen as well, so nothing is left to learn.",
            "헤드까지 동결되어 배울 것이 남지 않았습니다.",
        )
    return None


def _nearest_mean(answer):
    if not callable(answer):
        return Text(
            "Expected a function of (train, labels, queries).", "(train, labels, queries)를 받는 함수가 와야 합니다."
        )
    # One example of class 2 lies among those of class 7: the nearest example and the nearest mean disagree there.
    train = np.array([[0, 0], [0, 4], [10, 0], [10, 4], [1, 2], [0, 20], [9, 20], [0, 22]], "float64")
    labels = np.array([7, 7, 2, 2, 2, 5, 5, 5])
    queries = np.array([[1, 2], [9, 1], [4, 21], [6.5, 19], [4.9, 2]])
    wanted = np.array([7, 2, 5, 5, 2])
    got = call(answer, train, labels, queries)
    got = np.asarray(got)
    if got.shape != wanted.shape:
        return Text(
            f"For {len(queries)} queries it returned something of shape {got.shape}; expected one label each, shape ({len(queries)},).",
            f"질문 {len(queries)}개에 모양이 {got.shape}인 값을 돌려주었습니다. 하나씩 답해 모양이 ({len(queries)},)이어야 합니다.",
        )
    if np.array_equal(got, wanted):
        return None
    classes = np.unique(labels)
    if got.dtype.kind in "iu" and got.max() < len(classes) and np.array_equal(classes[got], wanted):
        return Text(
            "You return the position of the nearest class (0, 1, 2), not its label. The classes here are 2, 5 and 7.",
            "가장 가까운 클래스의 순서(0, 1, 2)를 돌려주었습니다. 레이블이어야 합니다. 여기서 클래스는 2, 5, 7입니다.",
        )
    distance = ((queries[:, None] - train[None]) ** 2).sum(-1)
    if np.array_equal(got, labels[distance.argmin(1)]):
        return Text(
            "That is the nearest single example. Average the features of each class first, then look for the nearest average.",
            "가장 가까운 예 하나를 찾았습니다. 클래스마다 특징의 평균을 먼저 낸 다음, 가장 가까운 평균을 찾으세요.",
        )
    return Text(
        f"For five points near three class means it answered {got.tolist()}; expected {wanted.tolist()}. Which axis do you average and search along?",
        f"세 클래스 평균 가까이에 있는 점 다섯 개에 {got.tolist()}라고 답했습니다. {wanted.tolist()}이어야 합니다. 어느 축으로 평균을 내고 찾았나요?",
    )


EXERCISES = {
    "05.1": Exercise(
        check=_count,
        right=Text(
            "Right: 1,280 x 5 weights and 5 biases. All else is frozen.",
            "맞았습니다. 가중치 1,280 x 5개와 편향 5개입니다. 나머지는 모두 동결되어 있습니다.",
        ),
        hint=Text(
            "Only the Dense layer trains. Its kernel has shape (features, classes), its bias (classes,).",
            "학습되는 것은 Dense 층뿐입니다. 커널의 모양은 (특징, 클래스), 편향의 모양은 (클래스,)입니다.",
        ),
        solution='trainable = 1280 * 5 + 5\nft.check("05.1", trainable)',
    ),
    "05.2": Exercise(
        check=_three_classes,
        right=Text(
            "Right: a new head for three classes, and nothing below it learns.",
            "맞았습니다. 클래스 세 개짜리 새 헤드가 얹혔고, 그 아래는 아무것도 배우지 않습니다.",
        ),
        hint=Text(
            "Two lines: `ft.classifier(backbone, number)` makes the model, `ft.freeze(model)` closes it below the head.",
            "두 줄입니다. `ft.classifier(백본, 클래스 수)`로 모델을 만들고, `ft.freeze(모델)`로 헤드 아래를 닫습니다.",
        ),
        setup='import ftlib as ft\n\ntrack = ft.track("glyph")',
        solution='three = ft.classifier(track.backbone, 3)\nft.freeze(three)\nft.check("05.2", three)',
    ),
    "05.3": Exercise(
        check=_nearest_mean,
        right=Text(
            "Right. Try it: nearest_mean(cached, fitted.train.labels, features(backbone, fitted.validation)).",
            "맞았습니다. 이렇게 써 보세요: nearest_mean(cached, fitted.train.labels, features(backbone, fitted.validation))",
        ),
        hint=Text(
            "`np.unique(labels)` gives the classes; stack `train[labels == c].mean(axis=0)` for each; then the squared distance of every query to every mean, and `argmin` over the means.",
            "`np.unique(labels)`가 클래스 목록입니다. 클래스마다 `train[labels == c].mean(axis=0)`을 쌓고, 질문마다 각 평균과의 제곱 거리를 구한 다음, 평균 쪽으로 `argmin`을 취합니다.",
        ),
        setup="import numpy as np\nimport ftlib as ft",
        solution="""def nearest_mean(train, labels, queries):
    classes = np.unique(labels)
    means = np.stack([train[labels == c].mean(axis=0) for c in classes])
    distance = ((queries[:, None] - means[None]) ** 2).sum(axis=-1)
    return classes[distance.argmin(axis=1)]

ft.check("05.3", nearest_mean)""",
    ),
}

QUIZ = {
    "05.q1": Question(
        Text(
            "Why does the lesson try the same architecture with random weights?",
            "이 수업에서 구조는 같고 가중치만 무작위인 신경망을 시험해 본 까닭은 무엇일까요?",
        ),
        {
            "a": Choice(
                Text("To see how long training takes from there.", "거기서 학습하면 얼마나 걸리는지 보려고."),
                Text(
                    "Nothing was trained there. What was compared is what the features are worth as they are.",
                    "거기서는 아무것도 학습하지 않았습니다. 비교한 것은 있는 그대로의 특징이 얼마나 값진가입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "To know whether the pre-training or the architecture does the work.",
                    "사전 학습 덕분인지 구조 덕분인지 알려고.",
                ),
                Text(
                    "Convolutions alone already sort images a little. Only the control shows what the weights add.",
                    "합성곱 구조만으로도 이미지는 조금 정리됩니다. 가중치가 무엇을 보태는지는 대조군이 있어야 보입니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text(
                    "Because random features are better for small data.", "데이터가 적을 때는 무작위 특징이 더 좋아서."
                ),
                Text(
                    "They were the worst of the three, below raw pixels.",
                    "셋 가운데 가장 나빴습니다. 픽셀보다도 낮았습니다.",
                ),
            ),
        },
    ),
    "05.q2": Question(
        Text(
            "Your photos are flipped at random in every epoch. May you train the head on cached features?",
            "에폭마다 사진을 무작위로 뒤집습니다. 저장해 둔 특징으로 헤드를 학습해도 될까요?",
        ),
        {
            "a": Choice(
                Text("Yes, the backbone is frozen.", "네, 백본이 동결되어 있으니까요."),
                Text(
                    "Frozen weights give the same features for the same image, but a flipped photo is another image.",
                    "가중치가 동결되면 같은 이미지에서 같은 특징이 나옵니다. 하지만 뒤집은 사진은 다른 이미지입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Yes, if the features of flipped photos are cached in epoch one and used ever after.",
                    "네, 첫 에폭에 뒤집은 사진의 특징을 저장해 계속 쓰면 됩니다.",
                ),
                Text(
                    "Then each photo is flipped once and for all. It runs, but it is not augmentation any more; a well-known guide does just that.",
                    "그러면 사진마다 한 번 뒤집힌 모습으로 굳어 버립니다. 실행은 되지만 더는 증강이 아닙니다. 널리 읽히는 한 안내서가 바로 그렇게 합니다.",
                ),
            ),
            "c": Choice(
                Text("Only if several views of every photo are cached.", "사진마다 여러 모습을 저장해 둘 때만요."),
                Text(
                    "The head then sees another view in each epoch, out of those that were stored.",
                    "그러면 헤드는 에폭마다 저장된 모습 가운데 다른 것을 봅니다.",
                ),
                right=True,
            ),
        },
    ),
    "05.q3": Question(
        Text(
            "The frozen backbone gave 84 % with few labels and 98 % with many. Training from scratch gave 65 % and 97 %. What follows?",
            "동결 백본은 레이블이 적을 때 84 %, 많을 때 98 %였고, 처음부터 학습하면 65 %와 97 %였습니다. 무엇을 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text(
                    "Pre-training replaces labels, above all where there are few.",
                    "사전 학습은 레이블을 대신합니다. 레이블이 적을수록 더 그렇습니다.",
                ),
                Text(
                    "That is the shape of the lesson's picture: a wide gap on the left, a narrow one on the right.",
                    "이 수업의 그림이 바로 그 모양입니다. 왼쪽은 틈이 넓고 오른쪽은 좁습니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("A frozen backbone always wins.", "동결 백본이 언제나 이깁니다."),
                Text(
                    "Here the task was close to the pre-training. Lesson 06 shows one where freezing loses badly.",
                    "여기서는 과제가 사전 학습과 가까웠습니다. 6강에는 동결이 크게 지는 과제가 나옵니다.",
                ),
            ),
            "c": Choice(
                Text("With many labels pre-training does harm.", "레이블이 많으면 사전 학습은 해롭습니다."),
                Text(
                    "It was still slightly ahead. What shrinks is the gain, not its sign.",
                    "그때도 조금 앞섰습니다. 줄어든 것은 이득의 크기이지 부호가 아닙니다.",
                ),
            ),
        },
    ),
}
