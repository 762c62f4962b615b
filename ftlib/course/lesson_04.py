"""Exercises and quiz of lesson 04."""

import keras
import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, call, describe, expected, number

_SETUP = "import numpy as np\nimport ftlib as ft"

# Made up, so that an answer cannot be a name from the lesson.
_SHELF = {
    "old": {"top1": 71.3, "work": 15.3},
    "tiny": {"top1": 71.9, "work": 0.3},
    "middle": {"top1": 77.0, "work": 0.5},
    "large": {"top1": 81.0, "work": 4.5},
    "slow": {"top1": 79.0, "work": 6.0},
}


def _three_by_three(answer):
    if number(answer) is not None:
        return Text(
            f"Put {number(answer):g} into the line above, as `image_size`, and check `small` itself.",
            f"윗줄의 `image_size`에 {number(answer):g}, 이렇게 넣은 다음 `small`을 그대로 넘기세요.",
        )
    if not isinstance(answer, keras.Model):
        return expected(answer, "the model `small`", "모델 `small`이")
    shape = answer.output_shape
    if not isinstance(shape, tuple) or len(shape) != 4:
        return Text(
            f"This model gives {shape} and no feature maps. Change nothing but `image_size`.",
            f"이 모델의 출력은 {shape}이고 특징 맵이 아닙니다. `image_size`만 바꾸세요.",
        )
    side, maps, channels = answer.input_shape[1], shape[1:3], shape[3]
    if channels != 1280:
        return Text(
            f"Another network: its last stage has {channels:,} channels, that of MobileNetV2 has 1,280.",
            f"다른 신경망입니다. 마지막 스테이지의 채널이 {channels:,}개인데, MobileNetV2는 1,280개입니다.",
        )
    if maps == (7, 7):
        return Text(
            f"So far it is the default: {side} pixels, and maps of 7 x 7. Change the number.",
            f"아직 기본값 그대로입니다. {side}픽셀이고 맵은 7 x 7입니다. 숫자를 바꾸어 보세요.",
        )
    if maps != (3, 3):
        return Text(
            f"{side} pixels end in maps of {maps[0]} x {maps[1]}. On the way every stage halves the side once: by how much is it "
            "divided in the end?",
            f"{side}픽셀에서는 마지막 맵이 {maps[0]} x {maps[1]}입니다. 스테이지마다 한 번씩 변이 반으로 줄어듭니다. 끝에 가면 모두 몇으로 나눈 셈일까요?",
        )
    return None


def _separable(answer):
    value = as_number(answer)
    right = 3 * 3 * 128 + 128 * 128
    if value == right:
        return None
    if value == 3 * 3 * 128 * 128:
        return Text(
            "That is the ordinary convolution: every filter looks at all 128 channels. Here the 3 x 3 filters look at one each.",
            "보통 합성곱의 가중치 수입니다. 보통은 필터 하나가 채널 128개를 모두 봅니다. 여기서는 3 x 3 필터가 저마다 채널 하나만 봅니다.",
        )
    if value == 3 * 3 * 128:
        return Text(
            "That is the first half: each channel by itself. Who mixes the channels?",
            "앞의 절반입니다. 채널을 따로따로 훑기만 했습니다. 채널을 섞는 것은 누구일까요?",
        )
    if value == 128 * 128:
        return Text(
            "That is the second half, the mixing. The 3 x 3 filters before it have weights, too.",
            "뒤의 절반, 곧 채널을 섞는 부분입니다. 그 앞의 3 x 3 필터에도 가중치가 있습니다.",
        )
    if value == 3 * 3 + 128 * 128:
        return Text(
            "Nearly: the mixing is right, but every channel has a 3 x 3 filter of its own, not one for all.",
            "거의 맞았습니다. 섞는 부분은 맞지만, 3 x 3 필터는 모두 함께 쓰는 하나가 아니라 채널마다 하나씩입니다.",
        )
    if value in (right + 128, right + 256):
        return Text("You counted biases; there are none here.", "편향까지 셌습니다. 여기에는 편향이 없습니다.")
    return Text(
        "Count two layers: one 3 x 3 filter for each of the 128 channels, then a 1 x 1 convolution from 128 channels to 128.",
        "두 층을 따로 세어 보세요. 먼저 채널 128개에 3 x 3 필터가 하나씩, 그다음 채널 128개에서 128개로 가는 1 x 1 합성곱입니다.",
    )


def _mend(answer):
    # No image reaches black or white, so that stretching each to its own range shows.
    wanted = np.random.default_rng(0).integers(20, 230, (3, 8, 8, 1)).astype("float32")
    photos = 1 - wanted / 255
    given = np.asarray(call(answer, photos))
    if given.shape != wanted.shape or given.dtype.kind not in "uif":
        return Text(
            f"Expected images of the shape {wanted.shape}, as they came in. Received {describe(given)}.",
            f"들어간 그대로 모양이 {wanted.shape}인 이미지가 나와야 합니다. 받은 것은 {describe(given)}입니다.",
        )
    given = given.astype("float64")

    def are(images, tolerance=1.0):
        return np.allclose(given, images, rtol=0, atol=tolerance)

    if are(wanted):
        return None
    if are(photos, 1e-3):
        return Text("The images come back as they were.", "이미지가 그대로 나왔습니다.")
    if are(wanted / 255, 1e-3):
        return Text(
            "The ink is bright now, but the pixels still end at 1, and the backbone divides them by 255 once more.",
            "이제 획이 밝아졌지만 픽셀은 아직 0에서 1까지입니다. 백본이 255로 한 번 더 나누어 버립니다.",
        )
    if are(255 * photos):
        return Text(
            "The range is right, but the ink is still dark on a bright ground.",
            "범위는 맞지만 여전히 밝은 바탕에 어두운 획입니다.",
        )
    if are(255 - photos):
        return Text(
            "You turned them before you scaled them: 255 less a number below 1 is white everywhere. Which of the two comes first?",
            "범위를 맞추기 전에 뒤집었습니다. 255에서 1보다 작은 수를 빼면 온통 하얗습니다. 무엇을 먼저 해야 할까요?",
        )
    if given.min() < 0:
        return Text(
            f"The darkest pixel is now {given.min():.3g}; a pixel lies between 0 and 255.",
            f"가장 어두운 픽셀이 {given.min():.3g}이 되었습니다. 픽셀은 0에서 255 사이여야 합니다.",
        )
    if len(np.unique(given)) <= 2:
        return Text(
            "Only two values are left. Turn the numbers into integers after multiplying, not before, or leave them as floats.",
            "값이 두 가지만 남았습니다. 정수로 바꾸려면 곱한 다음에 바꾸거나, 그냥 실수로 두세요.",
        )
    if given.min() < 1 and given.max() > 254:
        return Text(
            "You stretch the images to their own darkest and brightest pixel. The pre-training did not, so a faint image would come "
            "out different from what the backbone knows.",
            "이미지의 가장 어두운 픽셀과 가장 밝은 픽셀에 맞추어 늘렸습니다. 사전 학습에서는 그러지 않았으므로, 흐린 이미지는 백본이 아는 것과 달라집니다.",
        )
    before, after, should = (float(images.ravel()[0]) for images in (photos, given, wanted))
    return Text(
        f"A pixel of {before:.3f} became {after:.4g}; it should be {should:.0f}. White, 1, is to become 0, and black, 0, 255.",
        f"값이 {before:.3f}인 픽셀이 {after:.4g}으로 나왔습니다. {should:.0f}이어야 합니다. 흰색 1은 0으로, 검은색 0은 255로 바뀌어야 합니다.",
    )


def _choose(answer):
    for most, wanted in ((1.0, "middle"), (4.5, "large"), (0.3, "tiny"), (100.0, "large")):
        said = call(answer, {name: dict(row) for name, row in _SHELF.items()}, most)
        limit, limit_ko = f"With most={most:g}", f"most={most:g}일 때"
        if not isinstance(said, str):
            return Text(
                f"{limit} expected the name of a network, a string. Received {describe(said)}.",
                f"{limit_ko} 신경망 이름(문자열)이 와야 하는데, 받은 것은 {describe(said)}입니다.",
            )
        if said == wanted:
            continue
        if said not in _SHELF:
            return Text(
                f"{limit} you return {said!r}, which is not on the list: {', '.join(_SHELF)}.",
                f"{limit_ko} {said!r}이라는 이름이 나왔는데 목록에 없습니다. 목록: {', '.join(_SHELF)}.",
            )
        row, best = _SHELF[said], _SHELF[wanted]
        if row["work"] > most:
            return Text(
                f"{limit} you choose {said!r}, which needs {row['work']:g}. First leave out what is too slow.",
                f"{limit_ko} 고른 것은 {said!r}인데, 그 `work`는 {row['work']:g}입니다. 너무 느린 것부터 빼세요.",
            )
        if best["work"] == most:
            return Text(
                f"{limit} you choose {said!r}. But {wanted!r} needs exactly {most:g}, which is allowed.",
                f"{limit_ko} 고른 것은 {said!r}입니다. 그런데 {wanted!r}의 `work`는 꼭 {most:g}이라 이것도 고를 수 있습니다.",
            )
        return Text(
            f"{limit} you choose {said!r} with {row['top1']:g} %, but {wanted!r} fits, too, and has {best['top1']:g} %.",
            f"{limit_ko} 고른 것은 {said!r}({row['top1']:g}%)인데, {wanted!r}도 조건에 맞고 {best['top1']:g}%로 더 높습니다.",
        )
    return None


EXERCISES = {
    "04.1": Exercise(
        check=_three_by_three,
        right=Text(
            "Right: the side is halved five times, so 96 pixels end in 3. Weights do not depend on the size of the image, only the "
            "maps do. A smaller image is quicker, and shows less.",
            "맞았습니다. 변이 다섯 번 반으로 줄어드니 96픽셀이면 3이 됩니다. 이미지 크기에 따라 달라지는 것은 맵이지 가중치가 아닙니다. 이미지가 작으면 "
            "빠른 대신 덜 보입니다.",
        ),
        hint=Text(
            "224 pixels end in 7 x 7. What is 224 / 7, and which side divided by it gives 3?",
            "224픽셀은 7 x 7로 끝납니다. 224 / 7은 얼마이고, 그것으로 나누어 3이 되는 변은 얼마일까요?",
        ),
        setup=_SETUP,
        solution='small = ft.load_backbone("MobileNetV2", weights=None, image_size=96)\nft.check("04.1", small)',
    ),
    "04.2": Exercise(
        check=_separable,
        right=Text(
            "Right: 1,152 for the filters and 16,384 for the mixing, 17,536 together. The ordinary convolution has 147,456, more "
            "than eight times as many.",
            "맞았습니다. 필터에 1,152개, 섞는 데 16,384개, 모두 17,536개입니다. 보통 합성곱은 147,456개로 여덟 배가 넘습니다.",
        ),
        hint=Text(
            "Two kernels: the first has one 3 x 3 filter per channel, the second a weight for each pair of channels, in and out.",
            "커널이 둘입니다. 첫째 커널에는 채널마다 3 x 3 필터가 하나씩, 둘째 커널에는 들어오는 채널과 나가는 채널의 쌍마다 가중치가 하나씩 있습니다.",
        ),
        setup=_SETUP,
        solution='separable = 3 * 3 * 128 + 128 * 128\nft.check("04.2", separable)',
    ),
    "04.3": Exercise(
        check=_mend,
        right=Text(
            "Right: bright ink on black, from 0 to 255, as in the pre-training.",
            "맞았습니다. 사전 학습 때처럼 검은 바탕에 밝은 획이고, 0에서 255까지입니다.",
        ),
        hint=Text(
            "White, 1, should become 0, and black, 0, should become 255. One line: a subtraction and a product.",
            "흰색 1은 0이, 검은색 0은 255가 되어야 합니다. 한 줄이면 됩니다. 뺄셈 하나와 곱셈 하나입니다.",
        ),
        setup=_SETUP,
        solution='def mend(photos):\n    return 255 * (1 - photos)\n\nft.check("04.3", mend)',
    ),
    "04.4": Exercise(
        check=_choose,
        right=Text(
            "Right. On your own images the order may be another one: let such a rule pick two or three, and try these.",
            "맞았습니다. 여러분의 이미지에서는 순서가 달라질 수 있습니다. 이런 규칙으로 두세 개를 추린 다음 직접 시험해 보세요.",
        ),
        hint=Text(
            "First a list of the names whose `work` is at most `most`; then `max(names, key=...)` by `top1`.",
            "먼저 `work`가 `most` 이하인 이름을 모으고, 그다음 `max(이름들, key=...)`로 `top1`이 가장 높은 것을 고르세요.",
        ),
        setup=_SETUP,
        solution="""def choose(networks, most):
    fitting = [name for name, row in networks.items() if row["work"] <= most]
    return max(fitting, key=lambda name: networks[name]["top1"])

ft.check("04.4", choose)""",
    ),
}

QUIZ = {
    "04.q1": Question(
        Text(
            "Without its head VGG16 has fewer parameters than ResNet50, and needs more time for an image. Why?",
            "헤드를 뗀 VGG16은 ResNet50보다 파라미터가 적은데도 이미지 한 장에 시간이 더 걸립니다. 왜 그럴까요?",
        ),
        {
            "a": Choice(
                Text(
                    "Its kernels work on larger maps, so each entry is used at more places.",
                    "커널이 더 큰 맵 위에서 일하므로, 커널 값 하나하나가 더 많은 자리에서 쓰입니다.",
                ),
                Text(
                    "VGG halves the side late and keeps many channels there. What costs time is entries times places.",
                    "VGG는 변을 늦게 줄이고 큰 맵에서 채널을 많이 씁니다. 시간을 쓰는 것은 커널 값의 수에 자리의 수를 곱한 값입니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("Its dense layers are slow.", "완전 연결층이 느려서요."),
                Text(
                    "They are in the head, which is off here. They hold most of VGG16's parameters, but use each of them once.",
                    "완전 연결층은 헤드에 있고, 여기서는 헤드를 뗐습니다. 게다가 파라미터의 대부분을 차지하면서도 하나하나를 한 번씩만 씁니다.",
                ),
            ),
            "c": Choice(
                Text("Skip connections make ResNet50 faster.", "스킵 연결 덕분에 ResNet50이 더 빨라서요."),
                Text(
                    "They make deep networks trainable. Adding two maps takes a little time rather than saving any.",
                    "스킵 연결은 깊은 신경망도 학습되게 해 줍니다. 두 맵을 더하는 일은 시간을 아끼기는커녕 조금 더 씁니다.",
                ),
            ),
        },
    ),
    "04.q2": Question(
        Text(
            "A colleague divides all photos by 255 and gives them to EfficientNetB0 of `keras.applications`. What happens?",
            "동료가 사진을 모두 255로 나누어 `keras.applications`의 EfficientNetB0에 넣었습니다. 어떻게 될까요?",
        ),
        {
            "a": Choice(
                Text("Keras raises an error.", "Keras가 오류를 냅니다."),
                Text(
                    "Keras cannot know the range that the weights were trained with. It computes whatever it gets.",
                    "Keras는 가중치가 어떤 범위로 학습되었는지 알 길이 없습니다. 받은 대로 계산할 뿐입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Nothing bad: small numbers are good for networks.",
                    "별일 없습니다. 신경망에는 작은 수가 좋으니까요.",
                ),
                Text(
                    "Good are the numbers of the pre-training. This network scales its input itself, so every photo becomes nearly black.",
                    "사전 학습 때와 같은 수가 좋은 수입니다. 이 신경망은 입력을 스스로 조정하므로, 어떤 사진이든 거의 까맣게 됩니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "It runs, and its features are poor, without a word.",
                    "아무 말 없이 실행되고, 특징만 나빠집니다.",
                ),
                Text(
                    "The division happens twice, once by hand and once inside. Only a look at the accuracy, or at the pixels, tells.",
                    "나눗셈이 두 번, 곧 손으로 한 번, 안에서 한 번 일어납니다. 정확도나 픽셀을 직접 보아야만 알 수 있습니다.",
                ),
                right=True,
            ),
        },
    ),
    "04.q3": Question(
        Text(
            "You take a network with `include_top=False`. What is missing from it?",
            "`include_top=False`로 신경망을 가져왔습니다. 빠진 것은 무엇일까요?",
        ),
        {
            "a": Choice(
                Text("The last stage.", "마지막 스테이지입니다."),
                Text(
                    "All stages are there, with their weights. What is missing comes after them.",
                    "스테이지는 가중치와 함께 모두 남아 있습니다. 빠진 것은 그 뒤에 있습니다.",
                ),
            ),
            "b": Choice(
                Text("The classifier of the source task.", "원천 태스크의 분류기입니다."),
                Text(
                    "It names a thousand kinds of things that you did not ask for. Your own head takes its place.",
                    "여러분이 묻지도 않은 천 가지 이름을 맞히는 부분입니다. 그 자리에 직접 만든 헤드를 얹습니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("The pre-trained weights.", "사전 학습된 가중치입니다."),
                Text(
                    "Those belong to the argument `weights`. With `weights=None` they are missing, with or without a head.",
                    "그것은 `weights` 인자가 정합니다. `weights=None`이면 헤드가 있든 없든 사전 학습된 가중치가 없습니다.",
                ),
            ),
        },
    ),
    "04.q4": Question(
        Text(
            "You want to tell kinds of leaves apart on a phone, with a few hundred photos. How do you start?",
            "휴대 전화에서 나뭇잎 종류를 구별하려 합니다. 사진은 몇백 장입니다. 어떻게 시작하면 좋을까요?",
        ),
        {
            "a": Choice(
                Text(
                    "With the network that is best on ImageNet.",
                    "ImageNet에서 가장 정확한 신경망으로 시작합니다.",
                ),
                Text(
                    "It may take a second for each photo on a phone, and its lead on ImageNet need not hold for leaves.",
                    "휴대 전화에서는 사진 한 장에 1초가 걸릴지도 모르고, ImageNet에서 앞선다고 나뭇잎에서도 앞선다는 보장은 없습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "With the network that has the fewest parameters.",
                    "파라미터가 가장 적은 신경망으로 시작합니다.",
                ),
                Text(
                    "Parameters fill the storage; the time for an answer is another matter. Measure it.",
                    "파라미터는 저장 공간을 차지할 뿐이고, 답하는 데 걸리는 시간은 다른 문제입니다. 직접 재 보세요.",
                ),
            ),
            "c": Choice(
                Text(
                    "With two or three that are fast enough there, compared on my own validation photos.",
                    "거기서 충분히 빠른 것 두셋을 골라 내 검증 사진으로 비교합니다.",
                ),
                Text(
                    "What the phone allows narrows the choice, and your own photos decide. Lessons 05 to 08 show how.",
                    "휴대 전화의 제약이 후보를 좁혀 주고, 결정은 내 사진으로 합니다. 그 방법은 5강부터 8강까지 배웁니다.",
                ),
                right=True,
            ),
        },
    ),
}
