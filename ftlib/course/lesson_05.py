"""Exercises and quiz of lesson 05."""

import keras
import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, describe, near
from ftlib.course.tracks import track
from ftlib.models.freezing import FreezeReport

_GOAL = {"glyph": 0.97, "photo": 0.5}  # between what pixels and what features give

_SETUP = """
import keras
import numpy as np
import ftlib as ft

track = ft.track()
"""

_FEATURES = """
import numpy as np
import ftlib as ft

backbone = ft.track().backbone
fitted = ft.track().task(labels_per_class=10, seed=0).for_backbone(backbone)
validation = fitted.validation

def pixels(split):
    return split.images[np.arange(len(split))]

def features(network, split):
    return np.mean(network(pixels(split)), axis=(1, 2))

cached = features(backbone, fitted.train)
"""


def _count(answer):
    value = as_number(answer)
    if value == 1280 * 5 + 5:
        return None
    if value == 1280 * 5:
        return Text(
            "Nearly: that is one weight per pair of feature and class. What else does a Dense layer have?",
            "거의 맞았습니다. 특징과 클래스의 쌍마다 가중치 하나를 센 값입니다. Dense 층에는 또 무엇이 있을까요?",
        )
    if value == 1280 * 5 + 1280:
        return Text(
            "The weights are right, but there are too many biases: one belongs to each output, not to each feature.",
            "커널은 맞게 셌지만 편향이 너무 많습니다. 편향은 특징마다가 아니라 출력마다 하나씩입니다.",
        )
    if near(value, 1280 + 5):
        return Text(
            "Every feature is joined to every class by a weight of its own: multiply, do not add.",
            "특징 하나하나가 클래스 하나하나와 저마다의 가중치로 이어집니다. 더하지 말고 곱해 보세요.",
        )
    return Text(
        "Think of the Dense layer alone: its kernel has a row per feature and a column per class, and there is a bias.",
        "Dense 층만 생각해 보세요. 커널에는 특징마다 행이, 클래스마다 열이 하나씩 있고, 편향이 따로 있습니다.",
    )


def _three_classes(answer):
    if not isinstance(answer, keras.Model):
        kind = describe(answer)
        if isinstance(answer, FreezeReport):
            return Text(
                f"Expected a Keras model, received {kind}. `ft.freeze` changes the model in place and returns a report: "
                "give the model a name first.",
                f"Keras 모델이 와야 하는데, 받은 것은 {kind}입니다. `ft.freeze`는 모델 자체를 바꾸고 보고서를 돌려줍니다. "
                "모델에 먼저 이름을 붙이세요.",
            )
        return Text(
            f"Expected a Keras model, received {kind}. `three` should be the model that you built.",
            f"Keras 모델이 와야 하는데, 받은 것은 {kind}입니다. 직접 만든 모델을 `three`에 담으세요.",
        )
    if not answer.built:
        return Text(
            "The model has no input yet, and so no weights. Start from `track.backbone`, which has one.",
            "모델에 아직 입력이 없어 가중치도 없습니다. 입력이 있는 `track.backbone`에서 출발하세요.",
        )
    if not isinstance(answer.output_shape, tuple) or answer.output_shape[1:] != (3,):
        return Text(
            f"The model's output has the shape {answer.output_shape}. For three classes it should be (None, 3).",
            f"모델의 출력 모양이 {answer.output_shape}입니다. 클래스가 셋이면 (None, 3)이어야 합니다.",
        )
    said = np.asarray(answer(np.full((1, *answer.input_shape[1:]), 128.0, "float32")))
    if not np.allclose(said.sum(), 1, atol=1e-3) or said.min() < 0:
        return Text(
            "The three outputs are no probabilities: they do not add up to 1. Which activation does the last layer need?",
            "출력 세 개가 확률이 아닙니다. 더해도 1이 되지 않습니다. 마지막 층에는 어떤 활성화 함수가 필요할까요?",
        )
    if not answer.trainable_weights:
        return Text(
            "Now the head is frozen as well, so nothing is left to learn.",
            "헤드까지 동결되어 있어 학습할 것이 남지 않았습니다.",
        )
    head = [w for w in answer.trainable_weights if w.shape[-1] == 3 and len(w.shape) <= 2]
    rest = [w for w in answer.trainable_weights if all(w is not h for h in head)]
    if rest:
        size = sum(int(np.prod(w.shape)) for w in rest)
        return Text(
            f"The head is right, but {size:,} weights below it train as well, such as `{rest[0].path}`. What closes "
            "everything below the head?",
            f"헤드는 맞습니다. 그런데 그 아래의 가중치 {size:,}개도 학습됩니다. 예를 들어 `{rest[0].path}`도 그렇습니다. 헤드 아래를 모두 동결하려면 무엇을 해야 할까요?",
        )
    if answer.count_params() < 10_000:
        return Text(
            "This trains what it should, but it stands on no backbone: the model has hardly any weights. Start from `track.backbone`.",
            "학습되는 것은 맞지만 백본이 없습니다. 모델의 가중치가 거의 없다시피 합니다. `track.backbone`에서 출발하세요.",
        )
    return None


def _classes(answer):
    here = track()
    task = here.task(labels_per_class=10, seed=0)
    labels, classes, goal = task.validation.labels, task.num_classes, _GOAL[here.name]
    said = np.asarray(answer)
    n = len(labels)
    if said.shape == (n, classes):
        return Text(
            f"You return {classes} numbers for each image. Which of them is the answer? Take its position: `argmax` of "
            "probabilities, `argmin` of distances.",
            f"이미지마다 숫자를 {classes}개씩 돌려주었습니다. 그 가운데 어느 것이 답일까요? 그 위치를 돌려주세요. 확률이면 `argmax`, 거리면 `argmin`입니다.",
        )
    if said.shape == (len(task.train),):
        return Text(
            f"This is one answer for each of the {len(task.train)} training images. The question is about the rows of `queries`.",
            f"학습 이미지 {len(task.train)}장에 대해 답했습니다. 답해야 하는 것은 `queries`의 행입니다.",
        )
    if said.shape != (n,):
        return Text(
            f"Expected one class index for each of {n} queries, shape ({n},). Received {describe(answer)}.",
            f"`queries`의 행 {n}개마다 클래스 번호가 하나씩 있어야 하므로 모양은 ({n},)입니다. 받은 것은 {describe(answer)}입니다.",
        )
    if said.dtype.kind not in "iuf" or (said != np.round(said)).any():
        first = said[0].item()
        return Text(
            f"Expected class indices, whole numbers from 0 to {classes - 1}. Received values such as {first!r}.",
            f"클래스 번호는 0부터 {classes - 1}까지의 정수여야 합니다. 그런데 {first!r} 같은 값을 받았습니다.",
        )
    right = np.mean(said == labels)
    score, score_ko = f"{100 * right:.1f} %", f"{100 * right:.1f}%"
    if right >= goal:
        return None
    if right < 2 / classes:
        return Text(
            f"{score} are right, about what guessing gives. Along which axis do you average, along which do you look for the "
            "nearest, and does a position stand for the class that you think?",
            f"{score_ko}를 맞혔습니다. 찍은 것과 비슷합니다. 어느 축으로 평균을 내고, 어느 축에서 가장 가까운 것을 찾았나요? 찾은 위치가 생각한 클래스가 맞나요?",
        )
    return Text(
        f"{score} are right; the goal is {100 * goal:.0f} %. That is not far from what raw pixels give. Do you compare the "
        "features, all of them, with the mean of every class?",
        f"{score_ko}를 맞혔습니다. 목표는 {100 * goal:.0f}%입니다. 픽셀만으로도 그 정도는 됩니다. 특징을 모두 써서 클래스마다 그 평균과 비교하고 있나요?",
    )


EXERCISES = {
    "05.1": Exercise(
        check=_count,
        right=Text(
            "Right: 1,280 × 5 weights and 5 biases, 6,405 together. All else is frozen.",
            "맞았습니다. 가중치 1,280 × 5개와 편향 5개, 모두 6,405개입니다. 나머지는 동결되어 있습니다.",
        ),
        hint=Text(
            "Only the Dense layer trains. Its kernel has the shape (features, classes), its bias (classes,).",
            "학습되는 것은 Dense 층뿐입니다. 커널의 모양은 (특징, 클래스), 편향의 모양은 (클래스,)입니다.",
        ),
        solution='trainable = 1280 * 5 + 5\nft.check("05.1", trainable)',
    ),
    "05.2": Exercise(
        check=_three_classes,
        right=Text(
            "Right: a new head for three classes, and nothing below it learns.",
            "맞았습니다. 클래스 세 개짜리 새 헤드가 얹혔고, 그 아래는 아무것도 학습되지 않습니다.",
        ),
        hint=Text(
            "Two lines: `ft.classifier(backbone, number of classes)` makes the model, `ft.freeze(model)` closes everything below "
            "the head. Check the model, not the report.",
            "두 줄이면 됩니다. `ft.classifier(백본, 클래스 수)`로 모델을 만들고, `ft.freeze(모델)`로 헤드 아래를 동결합니다. 확인할 것은 보고서가 아니라 모델입니다.",
        ),
        setup=_SETUP,
        solution='three = ft.classifier(track.backbone, 3)\nft.freeze(three)\nft.check("05.2", three)',
    ),
    "05.3": Exercise(
        check=_classes,
        right=Text(
            "Right, and without training anything. The features do the work, so a few lines suffice.",
            "맞았습니다. 아무것도 학습하지 않고 해냈습니다. 특징이 일을 다 해 주니 코드 몇 줄로 충분합니다.",
        ),
        hint=Text(
            "`train[labels == c].mean(axis=0)` is the mean of class c; stack them for all classes. Then take the squared distance "
            "of every query to every mean, and `argmin` along the means.",
            "`train[labels == c].mean(axis=0)`이 클래스 c의 평균입니다. 모든 클래스의 평균을 쌓으세요. 그다음 `queries`의 행마다 각 평균까지 거리의 제곱을 구하고, 평균이 늘어선 축을 따라 `argmin`을 구합니다.",
        ),
        setup=_FEATURES,
        solution='''def classify(train, labels, queries):
    """Returns one class index for each row of `queries`."""
    means = np.stack([train[labels == c].mean(axis=0) for c in np.unique(labels)])
    distance = ((queries[:, None] - means[None]) ** 2).sum(axis=-1)
    return distance.argmin(axis=1)

said = classify(cached, fitted.train.labels, features(backbone, validation))
ft.check("05.3", said)''',
    ),
}

QUIZ = {
    "05.q1": Question(
        Text(
            "Why does the lesson try the same architecture with random weights?",
            "구조는 같고 가중치만 무작위인 신경망을 함께 시험해 본 까닭은 무엇일까요?",
        ),
        {
            "a": Choice(
                Text("To see how long training takes from there.", "거기서부터 학습하면 얼마나 걸리는지 보려고."),
                Text(
                    "Nothing was trained there. What was compared is what the features are worth as they are.",
                    "그때는 아무것도 학습하지 않았습니다. 있는 그대로의 특징이 얼마나 쓸모 있는지를 비교했습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "To know whether the pre-training or the architecture does the work.",
                    "사전 학습 덕분인지 구조 덕분인지 가려내려고.",
                ),
                Text(
                    "Without this control, good features could be the merit of convolutions alone. It shows what the weights add.",
                    "이 대조군이 없으면 특징이 좋은 까닭이 합성곱 구조에 있을지도 모릅니다. 대조군이 있어야 가중치의 몫이 보입니다.",
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
            "You trained a head on a backbone that you had frozen. What tells you that the backbone stood still?",
            "동결한 백본 위에서 헤드를 학습했습니다. 백본이 그대로라는 것을 무엇으로 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("The loss fell and the accuracy is good.", "손실이 줄었고 정확도가 좋습니다."),
                Text(
                    "Both look the same when the backbone has moved along. They speak of the result, not of how it came about.",
                    "백본이 함께 움직였을 때도 그렇게 보입니다. 둘 다 결과를 말할 뿐, 과정을 말해 주지는 않습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "The number of trainable weights, printed before training.",
                    "학습 전에 출력한, 학습되는 가중치의 수.",
                ),
                Text(
                    "That is the plan. The moving statistics of BatchNorm are never counted among the trainable weights, and yet they can move.",
                    "그것은 계획일 뿐입니다. BatchNorm의 이동 통계는 학습되는 가중치로 세지 않지만 움직일 수 있습니다.",
                ),
            ),
            "c": Choice(
                Text("Checksums of all weights, before and after.", "학습 전후에 비교한 모든 가중치의 체크섬."),
                Text(
                    "They cover every array, the statistics too, and notice a change of one bit.",
                    "통계까지 모든 배열을 살피고, 비트 하나가 바뀌어도 알아챕니다.",
                ),
                right=True,
            ),
        },
    ),
    "05.q3": Question(
        Text(
            "Your photos are mirrored at random in every epoch. May you train the head on cached features?",
            "에폭마다 사진을 무작위로 좌우로 뒤집습니다. 저장해 둔 특징으로 헤드를 학습해도 될까요?",
        ),
        {
            "a": Choice(
                Text("Yes, the backbone is frozen.", "네, 백본이 동결되어 있으니까요."),
                Text(
                    "Frozen weights give the same features for the same image, but a mirrored photo is another image.",
                    "가중치가 동결되면 같은 이미지에서 같은 특징이 나옵니다. 하지만 뒤집은 사진은 다른 이미지입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Yes, if the features of the first epoch are stored and used ever after.",
                    "네, 첫 에폭의 특징을 저장해 계속 쓰면 됩니다.",
                ),
                Text(
                    "Then each photo is mirrored, or not, once and for all. It runs, but it is no longer augmentation.",
                    "그러면 사진마다 뒤집혔거나 아닌 모습 하나로 굳어 버립니다. 실행은 되지만 더는 데이터 증강이 아닙니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "Only if the features of both versions of every photo are stored.",
                    "사진마다 두 모습의 특징을 모두 저장해 둘 때만요.",
                ),
                Text(
                    "The head can then see either version in any epoch. Shifts and rotations, of which there are endlessly many, cannot be stored like that.",
                    "그러면 헤드는 에폭마다 둘 가운데 하나를 볼 수 있습니다. 이동이나 회전처럼 경우가 끝없이 많은 증강은 그렇게 저장할 수 없습니다.",
                ),
                right=True,
            ),
        },
    ),
    "05.q4": Question(
        Text(
            "In the picture of accuracy against labels the two lines are far apart on the left and close on the right. What follows?",
            "레이블 수에 따른 정확도 그림에서 두 선은 왼쪽에서 멀리 떨어져 있고 오른쪽에서 가깝습니다. 무엇을 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("With many labels pre-training does harm.", "레이블이 많으면 사전 학습은 해롭습니다."),
                Text(
                    "The frozen backbone is still slightly ahead there. What shrinks is the gain; its sign stays.",
                    "오른쪽에서도 동결한 백본이 조금 앞섭니다. 줄어든 것은 이득의 크기이지 부호가 아닙니다.",
                ),
            ),
            "b": Choice(
                Text("A frozen backbone always wins.", "동결한 백본이 언제나 이깁니다."),
                Text(
                    "Here the task is close to the pre-training. Lesson 06 shows one where a frozen backbone loses badly.",
                    "이 태스크는 사전 학습과 가깝습니다. 6강에는 동결한 백본이 크게 지는 태스크가 나옵니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "Pre-training replaces labels, and most where there are few.",
                    "사전 학습은 레이블을 대신하고, 레이블이 적을수록 더 그렇습니다.",
                ),
                Text(
                    "With enough labels, training from scratch finds good features by itself.",
                    "레이블이 충분하면 처음부터 학습해도 좋은 특징을 스스로 찾아냅니다.",
                ),
                right=True,
            ),
        },
    ),
}
