"""Exercises and quiz of lesson 03."""

import keras
import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, call, describe, expected, number
from ftlib.models.backbones import classifier
from ftlib.models.initialization import reinitialize

# Patches of three by three pixels, and what the filter should say to each.
_EVEN = np.ones((3, 3))
_LOWER = [np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1.0]]), np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1.0]])]


def _edge_filter(answer):
    given = np.asarray(answer, "float64")
    if given.shape != (3, 3):
        return Text(
            f"Expected three rows of three numbers, received {describe(answer)}.",
            f"숫자가 세 개씩 든 행이 세 개 있어야 하는데, 받은 것은 {describe(answer)}입니다.",
        )
    if not np.isfinite(given).all():
        return Text(
            "Some of the nine weights are not finite numbers.", "가중치 아홉 개 중에 유한한 숫자가 아닌 것이 있습니다."
        )
    most = np.abs(given).max()
    if most == 0:
        return Text(
            "All weights are 0: it answers 0 to everything.", "가중치가 모두 0이라 무엇을 보든 0이라고 답합니다."
        )
    even, lower, right = (
        [float((given * patch).sum()) / most for patch in patches]
        for patches in ([_EVEN], _LOWER, [patch.T for patch in _LOWER])
    )
    if abs(even[0]) > 1e-6:
        return Text(
            f"To an even bright patch it answers {even[0] * most:g}; that should be 0. What must the nine weights add up to?",
            f"고르게 밝은 자리에서 나온 값이 {even[0] * most:g}입니다. 0이어야 합니다. 가중치 아홉 개를 모두 더하면 얼마가 되어야 할까요?",
        )
    blind = max(map(abs, lower)) < 1e-6
    if max(map(abs, right)) > 1e-6:
        if blind:
            return Text(
                "It is turned by a quarter: it finds edges between left and right, and is blind to those between above and below.",
                "90도 돌아가 있습니다. 밝기가 좌우로 갈리는 경계는 찾지만, 위아래로 갈리는 경계는 보지 못합니다.",
            )
        return Text(
            "It sees the edge, but answers to edges between left and right as well. All weights of one row should be alike, or "
            "at least each row the same from left to right as from right to left.",
            "경계를 찾기는 하지만 좌우로 갈리는 경계에도 반응합니다. 한 행의 가중치를 모두 같게 하거나, 적어도 왼쪽에서 읽으나 오른쪽에서 읽으나 같게 해 보세요.",
        )
    if blind:
        return Text(
            "It is blind to the edge: dark above and bright below give 0, too.",
            "경계를 보지 못합니다. 위가 어둡고 아래가 밝아도 0이 나옵니다.",
        )
    if max(lower) < 1e-6:
        return Text(
            "It is upside down: it looks for bright above and dark below.",
            "위아래가 뒤집혔습니다. 위가 밝고 아래가 어두운 자리를 찾고 있습니다.",
        )
    if min(lower) < 1e-6:
        return Text(
            "It answers when the edge runs through one place, and not when it lies a pixel higher or lower: this finds thin lines "
            "rather than edges. Give the top row and the bottom row opposite signs.",
            "경계가 위나 아래로 한 픽셀만 옮겨 가도 반응하지 않습니다. 경계보다는 가는 선을 찾는 필터입니다. 맨 위 행과 맨 아래 행의 부호를 반대로 해 보세요.",
        )
    return None


def _probe():
    """A tiny classifier with random weights, and images for it."""
    image = keras.Input((8, 8, 1))
    backbone = keras.Model(image, keras.layers.Conv2D(4, 3, strides=2, activation="relu")(image))
    model = reinitialize(classifier(backbone, 6), "he_normal", seed=0)
    return model, np.random.default_rng(0).uniform(0, 1, (5, 8, 8, 1)).astype("float32")


def _headless(answer):
    model, images = _probe()
    result = call(answer, model)
    if isinstance(result, keras.KerasTensor):
        return Text(
            "You return the output of a layer. Make a model of it: keras.Model(inputs, outputs).",
            "층의 출력을 돌려주었습니다. 이것으로 모델을 만드세요. keras.Model(입력, 출력)입니다.",
        )
    if not isinstance(result, keras.Model):
        return expected(result, "a Keras model from images to features", "이미지를 특징으로 바꾸는 Keras 모델이")
    maps, given = np.asarray(model.get_layer("backbone")(images)), np.asarray(result(images))
    if given.shape == (5, 6):
        return Text(
            "It still ends in six numbers per image, one for each class of the source task. The layer that names them has to go.",
            "아직도 이미지마다 숫자가 여섯 개, 곧 원천 태스크의 클래스마다 하나씩 나옵니다. 클래스를 맞히는 층을 떼어 내야 합니다.",
        )
    if given.shape == maps.shape:
        return Text(
            f"These are feature maps, {maps.shape[1]} x {maps.shape[2]} places for each feature. Average every map over its "
            "area: the head of `ft.classifier` has a layer that does it.",
            f"이것은 특징 맵이라 특징마다 자리가 {maps.shape[1]} x {maps.shape[2]}개 있습니다. 맵마다 평균을 내세요. `ft.classifier`의 헤드에 그 일을 하는 층이 있습니다.",
        )
    if given.shape == (5, maps[0].size):
        return Text(
            "You laid the maps out in one long row, so every place is a feature of its own. Take the mean over the area instead.",
            "특징 맵을 한 줄로 길게 펼쳐서 자리 하나하나가 따로 특징이 되었습니다. 펼치지 말고 맵마다 평균을 내세요.",
        )
    if given.shape != (5, 4):
        return Text(
            f"For five images and a backbone with four features expected the shape (5, 4), received {given.shape}.",
            f"이미지 다섯 장, 특징이 네 개인 백본이면 모양이 (5, 4)여야 하는데, 받은 것은 {given.shape}입니다.",
        )
    if np.allclose(given, maps.max(axis=(1, 2)), atol=1e-5):
        return Text(
            "That is the largest value of each map. The head was trained on the mean; keep to it.",
            "맵마다 최댓값을 냈습니다. 헤드는 평균으로 학습했으니 평균을 쓰세요.",
        )
    if not np.allclose(given, maps.mean(axis=(1, 2)), atol=1e-5):
        return Text(
            "The shape is right, but the numbers are not: these are other weights, or something was added after the average. "
            "Use the layers of the model that you were given, so that the pre-training stays.",
            "모양은 맞지만 값이 다릅니다. 가중치가 다르거나, 평균을 낸 뒤에 무언가를 더한 것 같습니다. 받은 모델의 층을 그대로 써야 사전 학습한 것이 남습니다.",
        )
    return None


def _pays_from(answer):
    # Cost of pre-training, of a run from scratch, of what each user still pays, the smallest number of users.
    for pretraining, alone, on_top, wanted in (
        (900, 60, 20, 23),
        (100, 30, 5, 5),
        (10, 60, 5, 1),
        (1e6, 3, 1, 500_001),
    ):
        given = call(answer, pretraining, alone, on_top)
        value, said = number(given), f"pays_from({pretraining:g}, {alone}, {on_top})"
        if value is None:
            return expected(given, "a number of users", "사용자 수가")
        if value == wanted:
            continue
        exact = pretraining / (alone - on_top)
        if value != round(value):
            return Text(
                f"{said} gives {value:.2f}. There are no parts of users: which whole number is the first that pays?",
                f"{said}의 결과가 {value:.2f}입니다. 사용자는 쪼갤 수 없습니다. 몇 명부터 이득일까요?",
            )
        if value == exact:
            return Text(
                f"{said} gives {value:g}. With that many both ways cost the same; the question is when sharing costs less.",
                f"{said}의 결과가 {value:g}입니다. 그때는 두 비용이 같습니다. 함께 쓰는 쪽이 더 싸지는 것은 몇 명부터일까요?",
            )
        if value == int(exact):
            return Text(
                f"{said} gives {value:g}. With that many sharing is still dearer: one user more.",
                f"{said}의 결과가 {value:g}입니다. 그때는 아직 함께 쓰는 쪽이 더 비쌉니다. 한 명 더 있어야 합니다.",
            )
        if abs(value - pretraining / alone) <= 1:
            return Text(
                f"{said} gives {value:g}. Who shares the pre-training still pays {on_top} for a head of their own.",
                f"{said}의 결과가 {value:g}입니다. 사전 학습을 함께 써도 저마다 자기 헤드에 {on_top}씩은 듭니다.",
            )
        return Text(
            f"For {said} expected {wanted}, received {value:g}. What does each further user save?",
            f"{said}: 기대한 값은 {wanted}인데, 나온 값은 {value:g}입니다. 사용자가 한 명 늘 때마다 얼마를 아끼게 될까요?",
        )
    return None


EXERCISES = {
    "03.1": Exercise(
        check=_edge_filter,
        right=Text(
            "Right: nine numbers, and it sees the upper edge of a stroke wherever there is one. The network had to find such "
            "numbers by itself.",
            "맞았습니다. 숫자 아홉 개면 획의 위쪽 경계를 어디서든 찾아냅니다. 신경망은 이런 숫자를 스스로 찾아야 했습니다.",
        ),
        hint=Text(
            "Dark pixels are near 0, bright ones large. What is above should count against it, what is below in its favour, as "
            "much the one as the other.",
            "어두운 픽셀은 0에 가깝고 밝은 픽셀은 값이 큽니다. 위쪽은 점수를 깎고 아래쪽은 올리되, 깎는 만큼만 올리세요.",
        ),
        setup="import numpy as np\nimport ftlib as ft",
        solution="""edge = [
    [-1, -1, -1],
    [0, 0, 0],
    [1, 1, 1],
]
ft.check("03.1", edge)""",
    ),
    "03.2": Exercise(
        check=_headless,
        right=Text(
            "Right. The names of the letters are gone, and all that the network knows about strokes is still there.",
            "맞았습니다. 글자의 이름은 사라졌지만, 획에 관해 배운 것은 모두 남았습니다.",
        ),
        hint=Text(
            "`model.summary()` shows the layers and their names. Which one gives the average of the maps? A new `keras.Model` can "
            "end there: it has the same input and shares the weights.",
            "`model.summary()`를 보면 층과 그 이름이 나옵니다. 맵의 평균을 내는 층은 무엇일까요? 입력은 그대로 두고 그 층에서 끝나는 새 `keras.Model`을 만들면 가중치를 "
            "함께 씁니다.",
        ),
        setup="import keras\nimport ftlib as ft",
        solution="""def headless(model):
    return keras.Model(model.input, model.get_layer("head_pool").output)

ft.check("03.2", headless)""",
    ),
    "03.3": Exercise(
        check=_pays_from,
        right=Text(
            "Right. A pre-training of a million becomes cheap when enough people use it: that is why they are published.",
            "맞았습니다. 비용이 백만이나 드는 사전 학습도 함께 쓰는 사람이 많으면 싸집니다. 그래서 사전 학습한 가중치를 공개합니다.",
        ),
        hint=Text(
            "With n users sharing costs `pretraining + n * on_top`, and without it `n * alone`. Try n = 1, 2, 3 and so on, or solve "
            "for n and mind the tie.",
            "n명이 함께 쓰면 `pretraining + n * on_top`, 따로 하면 `n * alone`이 듭니다. n을 1, 2, 3으로 늘려 가며 비교하거나, n에 대해 풀고 두 비용이 같을 때를 "
            "살펴보세요.",
        ),
        setup="import ftlib as ft",
        solution="""def pays_from(pretraining, alone, on_top):
    return int(pretraining // (alone - on_top)) + 1

ft.check("03.3", pays_from)""",
    ),
}

QUIZ = {
    "03.q1": Question(
        Text(
            "You want to tell twelve kinds of screws apart, with 20 photos of each, and start from a network that was "
            "pre-trained on ImageNet. What becomes of ImageNet's 1,000 classes?",
            "나사 열두 종을 구별하려고 하는데 사진은 종류마다 20장뿐이라, ImageNet으로 사전 학습된 신경망에서 출발합니다. ImageNet의 클래스 1,000개는 어떻게 될까요?",
        ),
        {
            "a": Choice(
                Text(
                    "They stay; every kind of screw is given the class that is most like it.",
                    "그대로 두고, 나사마다 가장 비슷한 클래스에 짝지어 줍니다.",
                ),
                Text(
                    "A screw need not be like any of them. You never ask for the names that the network learned.",
                    "나사와 비슷한 클래스가 그 가운데 있으리라는 보장이 없습니다. 신경망이 배운 이름은 쓰지 않습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "They are thrown away with the old head; the features below it are kept.",
                    "원래 헤드와 함께 버리고, 그 아래의 특징은 남깁니다.",
                ),
                Text(
                    "ImageNet is the source task, and only a means: learning its classes made the features. The screws are the target "
                    "task and get a head of their own.",
                    "ImageNet은 원천 태스크이고 수단일 뿐입니다. 그 클래스를 배우는 동안 특징이 생겼습니다. 나사는 목표 태스크이므로 헤드를 새로 붙입니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Twelve are added: the head then has 1,012.", "열두 개를 더해 헤드의 클래스가 1,012개가 됩니다."),
                Text(
                    "Nobody will show it an ostrich. The old classes would only take part in the answer.",
                    "이 신경망에 타조 사진을 보여 줄 사람은 없습니다. 예전 클래스는 답에 끼어들기만 합니다.",
                ),
            ),
        },
    ),
    "03.q2": Question(
        Text(
            "“A head on our pre-trained features reads 92 % of the new images.” What is missing before this says anything about "
            "the pre-training?",
            "“사전 학습한 특징에 헤드를 얹었더니 새 이미지를 92% 읽습니다.” 사전 학습이 도움이 되었다고 말하려면 무엇이 더 필요할까요?",
        ),
        {
            "a": Choice(
                Text("The accuracy on the source task.", "원천 태스크의 정확도입니다."),
                Text(
                    "Good to know, but it says how well the network names its old classes, not what that is worth here.",
                    "알아 두면 좋지만, 그것은 원래 클래스를 얼마나 잘 맞히는지일 뿐입니다. 새 태스크에 얼마나 쓸모 있는지는 알 수 없습니다.",
                ),
            ),
            "b": Choice(
                Text("A longer training of the head.", "헤드를 더 오래 학습하는 것입니다."),
                Text(
                    "That might make 93 % of it. It still would not say where they come from.",
                    "93%가 될지도 모릅니다. 그래도 그 정확도가 어디서 왔는지는 알 수 없습니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "The same labels without it: a head on raw pixels, a head on random weights, and the network from scratch.",
                    "같은 레이블로 사전 학습 없이 해 보는 것입니다. 픽셀에 얹은 헤드, 무작위 가중치에 얹은 헤드, 처음부터 학습한 신경망과 견줍니다.",
                ),
                Text(
                    "Only what goes beyond all three controls comes from the pre-training.",
                    "세 대조군을 모두 넘어선 만큼만 사전 학습의 몫입니다.",
                ),
                right=True,
            ),
        },
    ),
    "03.q3": Question(
        Text(
            "Features from letters were good for digits and poor for textures. What do you conclude?",
            "글자에서 배운 특징은 숫자에는 잘 통했지만 질감에는 그렇지 않았습니다. 어떤 결론을 내릴 수 있을까요?",
        ),
        {
            "a": Choice(
                Text(
                    "Features are general as far as the tasks are made of the same things; it has to be measured.",
                    "특징은 두 태스크가 같은 재료로 이루어진 만큼만 통하고, 그 범위는 재 봐야 압니다.",
                ),
                Text(
                    "Digits are made of strokes, as letters are. Textures are not, and nothing in the source task asked for them.",
                    "숫자는 글자처럼 획으로 이루어져 있습니다. 질감은 그렇지 않고, 원천 태스크에는 질감을 배울 이유가 없었습니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("Pre-training works for easy tasks only.", "사전 학습은 쉬운 태스크에서만 통합니다."),
                Text(
                    "The measure is not how easy a task is, but how much it has in common with the source.",
                    "중요한 것은 얼마나 쉬운가가 아니라, 원천 태스크와 얼마나 닮았는가입니다.",
                ),
            ),
            "c": Choice(
                Text("The network was too small for textures.", "신경망이 질감을 배우기에 너무 작았습니다."),
                Text(
                    "The same network, trained from scratch on the few textures, read more of them. The size was not what was missing.",
                    "같은 신경망을 얼마 안 되는 질감만으로 처음부터 학습했더니 더 많이 맞혔습니다. 모자란 것은 크기가 아니었습니다.",
                ),
            ),
        },
    ),
    "03.q4": Question(
        Text(
            "Why is pre-training done once and then shared?",
            "사전 학습은 왜 한 번 해서 함께 쓸까요?",
        ),
        {
            "a": Choice(
                Text(
                    "Because a second pre-training would give other features.",
                    "다시 하면 다른 특징이 나오기 때문입니다.",
                ),
                Text(
                    "It would, with another seed, but they would be about as useful.",
                    "시드를 바꾸면 그렇겠지만, 쓸모는 비슷할 것입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Because the weights must not be changed afterwards.",
                    "그 뒤에는 가중치를 바꾸면 안 되기 때문입니다.",
                ),
                Text(
                    "They may be: lesson 06 does just that. Everybody changes a copy of their own.",
                    "바꾸어도 됩니다. 6강이 바로 그 이야기입니다. 저마다 자기 복사본을 바꾸면 됩니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "Because nearly all of the cost is in it, and the result serves many tasks.",
                    "비용은 거의 다 여기에 들고, 그 결과는 여러 태스크에 쓸 수 있기 때문입니다.",
                ),
                Text(
                    "Who downloads it pays for a small head. The more tasks it serves, the cheaper it was.",
                    "내려받는 사람은 작은 헤드를 학습하는 비용만 냅니다. 쓰는 태스크가 많을수록 싼 셈입니다.",
                ),
                right=True,
            ),
        },
    ),
}
