"""Exercises and quiz of lesson 16."""

import math

import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, call, expected, near

_SETUP = "import numpy as np\nimport ftlib as ft"


def _small_card(answer):
    from ftlib.training.devices import Hardware

    if not isinstance(answer, Hardware):
        return expected(answer, "an `ft.Hardware(...)`", "`ft.Hardware(...)`가")
    parts = answer.accumulate
    if parts == 1:
        return Text(
            "All 256 pictures would go through at once, and the card holds 64. Give them in parts: `accumulate`.",
            "이대로면 256장이 한꺼번에 지나가는데, 카드에는 64장까지 들어갑니다. `accumulate`로 나누어 넣으세요.",
        )
    if parts == 64:
        return Text(
            "`accumulate` is the number of parts, not the pictures in one. How many parts of 64 make 256?",
            "`accumulate`는 한 번에 넣을 장수가 아니라 몇 번에 나눌지입니다. 64장씩이면 256장을 몇 번에 넣을까요?",
        )
    if parts != 4:
        size = 256 / parts
        return Text(
            f"In {parts} parts, {size:g} pictures go through at once. Asked for are the fewest parts that fit: 64 pictures each.",
            f"{parts}번에 나누면 한 번에 {size:g}장입니다. 메모리에 들어가는 한 가장 적은 횟수로, 곧 한 번에 64장씩 나누세요.",
        )
    if answer.precision in (None, "float32"):
        return Text(
            "The parts fit. But the card would still compute in float32, and its fast units wait for 16 bits.",
            "나누어 넣는 것은 맞습니다. 하지만 여전히 float32로 계산하므로 16비트를 기다리는 빠른 연산 장치가 놀게 됩니다.",
        )
    if answer.precision == "mixed_bfloat16":
        return Text(
            "This card is older than bfloat16: its fast units know float16 alone.",
            "이 카드는 bfloat16보다 먼저 나왔습니다. 빠른 연산 장치가 아는 것은 float16뿐입니다.",
        )
    if answer.devices != 1 or answer.jit != "auto":
        return Text(
            "Parts and precision are right. Leave the other settings as they are: nobody asked for them.",
            "나누는 횟수와 정밀도는 맞습니다. 문제에 없는 설정은 그대로 두세요.",
        )
    return None


def _guard(answer):
    small = [np.array([6e-8, -0.5], "float16"), np.array([[2.0]], "float16")]
    given = call(answer, [g.copy() for g in small], 1024.0)
    if not isinstance(given, tuple) or len(given) != 2:
        return expected(
            given, "two things: gradients (or None), and the next scale", "기울기(또는 None)와 다음 배율, 둘이"
        )
    found, scale = given
    if found is None:
        return Text(
            "All gradients were finite here, and yet you skip the update.",
            "기울기가 모두 유한한데도 업데이트를 건너뛰었습니다.",
        )
    try:
        found = [np.asarray(g) for g in found]
        shapes = [g.shape for g in found]
    except Exception:
        shapes = None
    if shapes != [g.shape for g in small]:
        return expected(
            found, "a list of two gradients, shaped as they came", "기울기 두 개가 받은 모양 그대로 담긴 리스트가"
        )
    wanted = [g.astype("float32") / 1024 for g in small]
    if found[0].dtype == np.float16 or found[0][0] == 0:
        return Text(
            'The smallest gradient became 0: it was divided while still in float16. First `astype("float32")`, then divide.',
            '가장 작은 기울기가 0이 되었습니다. float16인 채로 나누었기 때문입니다. 먼저 `astype("float32")`로 바꾼 다음 나누세요.',
        )
    if not all(np.allclose(a, b, rtol=1e-4, atol=0) for a, b in zip(found, wanted, strict=True)):
        return Text(
            f"A gradient of {float(small[1][0, 0]):g} came with the scale 1024, and you return {float(found[1].reshape(-1)[0]):g}. "
            "The loss was multiplied by the scale; divide it out again.",
            f"배율이 1024일 때 들어온 기울기는 {float(small[1][0, 0]):g}인데 돌려준 값은 {float(found[1].reshape(-1)[0]):g}입니다. 손실에 배율을 "
            "곱해 두었으니 다시 나누어야 합니다.",
        )
    if not near(as_number(scale), 1024):
        return Text(
            f"Nothing overflowed, so the scale stays at 1024. You return {as_number(scale):g}.",
            f"넘친 것이 없으니 배율은 1024 그대로여야 합니다. 나온 값은 {as_number(scale):g}입니다.",
        )
    for bad in (np.inf, np.nan):
        given = call(answer, [np.array([1.0], "float16"), np.array([0.5, bad], "float16")], 1024.0)
        if not isinstance(given, tuple) or len(given) != 2 or given[0] is not None:
            return Text(
                f"One gradient held {bad}, and the update was not skipped: it would spoil all weights. Return None for it. "
                "`np.isfinite` knows inf and nan, and every array is to be looked at.",
                f"기울기 하나에 {bad} 값이 있는데 업데이트를 건너뛰지 않았습니다. 이대로면 가중치가 모두 망가집니다. 기울기 대신 None을 돌려주세요. "
                "`np.isfinite`로 inf와 nan을 알 수 있고, 배열을 모두 살펴야 합니다.",
            )
        if not near(as_number(given[1]), 512):
            return Text(
                f"After an overflow the scale should be halved, to 512. You return {as_number(given[1]):g}.",
                f"넘친 다음에는 배율을 반으로 줄여 512로 만들어야 합니다. 나온 값은 {as_number(given[1]):g}입니다.",
            )
    return None


def _new_rate(answer):
    for kind, rate, old, new in (("sgd", 0.1, 256, 8192), ("sgd", 0.02, 64, 16), ("adam", 3e-4, 32, 512)):
        wanted = rate * (new / old if kind == "sgd" else math.sqrt(new / old))
        found = as_number(call(answer, rate, old, new, kind))
        if near(found, wanted):
            continue
        asked = f"{kind}, rate {rate:g}, batch {old} -> {new}"
        if near(found, rate):
            return Text(
                f"For {asked} the rate stayed the same. There are fewer updates now, or more: the rate has to make up for it.",
                f"{asked}일 때 학습률이 그대로입니다. 업데이트 횟수가 달라진 만큼 학습률로 메워야 합니다.",
            )
        if near(found * wanted, rate * rate):
            return Text(
                f"The wrong way round for {asked}: you give {found:g}. A larger batch makes fewer updates, so each has to go farther.",
                f"{asked}일 때 방향이 반대입니다. 나온 값은 {found:g}입니다. 배치가 크면 업데이트가 줄어드니 한 걸음은 더 커야 합니다.",
            )
        if near(found, rate * new / old) or near(found, rate * math.sqrt(new / old)):
            return Text(
                f"For {asked} you give {found:g}; expected {wanted:g}. SGD takes the ratio of the batches, Adam its square root.",
                f"{asked}일 때 {wanted:g}이어야 하는데 나온 값은 {found:g}입니다. SGD는 배치의 비율을, Adam은 그 제곱근을 씁니다.",
            )
        return Text(
            f"For {asked} expected {wanted:g}, received {found:g}. Begin with the ratio of the two batches.",
            f"{asked}일 때 {wanted:g}이어야 하는데 나온 값은 {found:g}입니다. 두 배치의 비율부터 구해 보세요.",
        )
    return None


EXERCISES = {
    "16.1": Exercise(
        check=_small_card,
        right=Text(
            "Right: four parts of 64 make one update of 256, in 16 bits, and float16 scales its loss by itself.",
            "맞았습니다. 64장씩 네 번이 256장짜리 업데이트 한 번이 되고, 16비트로 계산합니다. float16이면 손실 스케일링도 알아서 합니다.",
        ),
        hint=Text(
            "Two arguments change. One says in how many parts a batch goes through, the other names the 16 bits that this card knows: "
            '`"mixed_..."`.',
            '인자 두 개를 바꿉니다. 하나는 배치를 몇 번에 나눌지이고, 다른 하나는 이 카드가 아는 16비트 형식의 이름 `"mixed_..."`입니다.',
        ),
        setup=_SETUP,
        solution='small_card = ft.Hardware(precision="mixed_float16", accumulate=4)\nft.check("16.1", small_card)',
    ),
    "16.2": Exercise(
        check=_guard,
        right=Text(
            "Right. Keras does the same in its `LossScaleOptimizer`, which also doubles the scale after 2,000 good updates.",
            "맞았습니다. Keras의 `LossScaleOptimizer`가 하는 일이 이것입니다. 업데이트가 2,000번 무사히 이어지면 배율을 두 배로 올리기도 합니다.",
        ),
        hint=Text(
            "Look at every array with `np.isfinite(g).all()`. If one fails, there is no update and half the scale. Else make each "
            "gradient float32 before you divide.",
            "배열마다 `np.isfinite(g).all()`로 살펴보세요. 하나라도 유한하지 않으면 업데이트 없이 배율만 반으로 줄입니다. 모두 유한하면 기울기를 float32로 바꾼 다음 "
            "나눕니다.",
        ),
        setup=_SETUP,
        solution="""def guard(gradients, scale):
    if not all(np.isfinite(g).all() for g in gradients):
        return None, scale / 2
    return [g.astype("float32") / scale for g in gradients], scale

ft.check("16.2", guard)""",
    ),
    "16.3": Exercise(
        check=_new_rate,
        right=Text(
            "Right. With warm-up, 0.1 at 256 became 3.2 at 8,192: the run of Goyal et al. that took one hour.",
            "맞았습니다. 배치 256에서 0.1이던 학습률은 8,192에서 3.2가 됩니다. Goyal 등은 워밍업과 함께 이렇게 한 시간 만에 학습을 끝냈습니다.",
        ),
        hint=Text(
            "`new / old` says how many times fewer updates there are. SGD multiplies its rate by that, Adam by its square root.",
            "`new / old`는 업데이트가 몇 분의 1로 줄어드는지를 나타냅니다. SGD는 학습률에 이 값을, Adam은 그 제곱근을 곱합니다.",
        ),
        setup=_SETUP,
        solution="""def new_rate(rate, old, new, kind):
    ratio = new / old
    return rate * (ratio if kind == "sgd" else ratio**0.5)

ft.check("16.3", new_rate)""",
    ),
}

QUIZ = {
    "16.q1": Question(
        Text(
            "On a new GPU a run is hardly faster than on your laptop. Its display says that the GPU is busy a fifth of the time. What "
            "do you look at first?",
            "새 GPU로 돌렸는데 노트북 컴퓨터보다 별로 빠르지 않습니다. 상태 화면을 보니 GPU는 전체 시간의 5분의 1만 바쁩니다. 무엇부터 살펴볼까요?",
        ),
        {
            "a": Choice(
                Text("A GPU with a higher peak.", "최고 성능이 더 높은 GPU."),
                Text(
                    "It would be idle for an even larger part of the time. The peak is not what is missing.",
                    "노는 시간의 비율만 더 늘어납니다. 모자란 것은 최고 성능이 아닙니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "What it waits for: pictures, and batches that are too small.",
                    "GPU가 무엇 때문에 기다리는지. 사진이 늦는지, 배치가 너무 작은지.",
                ),
                Text(
                    "Keep decoded pictures, make batches ahead, then enlarge the batch. Only then does the peak matter.",
                    "디코딩한 사진을 보관하고 배치를 미리 만든 다음, 배치를 키워 보세요. 최고 성능은 그다음 문제입니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("The learning rate.", "학습률."),
                Text(
                    "The rate says how far an update goes, not how long it takes.",
                    "학습률은 업데이트 한 번에 얼마나 멀리 가는지를 정할 뿐, 시간과는 상관없습니다.",
                ),
            ),
        },
    ),
    "16.q2": Question(
        Text(
            "Why does `mixed_float16` scale its loss, and `mixed_bfloat16` does not?",
            "`mixed_float16`은 손실 스케일링을 하는데 `mixed_bfloat16`은 왜 하지 않을까요?",
        ),
        {
            "a": Choice(
                Text("bfloat16 has finer steps.", "bfloat16의 눈금이 더 촘촘하니까."),
                Text(
                    "Its steps are coarser: 7 bits of fraction against 10.",
                    "오히려 더 성깁니다. 가수가 7비트로, float16의 10비트보다 적습니다.",
                ),
            ),
            "b": Choice(
                Text("bfloat16 keeps its weights in 32 bits.", "bfloat16은 가중치를 32비트로 두니까."),
                Text(
                    "Both do. What differs is the range of what is computed in 16 bits.",
                    "둘 다 그렇습니다. 다른 것은 16비트로 계산하는 값의 범위입니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "bfloat16 has the range of float32, so small gradients do not vanish.",
                    "bfloat16은 범위가 float32와 같아서 작은 기울기가 사라지지 않으니까.",
                ),
                Text(
                    "8 bits of exponent, as in float32. float16 has 5, and what is too small for them becomes 0.",
                    "지수가 float32처럼 8비트입니다. float16은 5비트여서, 5비트로 나타낼 수 없을 만큼 작은 값은 0이 됩니다.",
                ),
                right=True,
            ),
        },
    ),
    "16.q3": Question(
        Text(
            "You go from one GPU to eight, keep 32 pictures per GPU, the rate and the number of passes. The network learns less. Why?",
            "GPU를 하나에서 여덟으로 늘렸습니다. GPU마다 32장씩 넣는 것도, 학습률과 훑는 횟수도 그대로입니다. 그런데 신경망이 덜 배웠습니다. 왜일까요?",
        ),
        {
            "a": Choice(
                Text(
                    "The batch is 256 now: an eighth of the updates, each as long as before.",
                    "이제 배치가 256장이라, 업데이트는 8분의 1인데 걸음의 크기는 그대로이니까.",
                ),
                Text(
                    "Raise the rate, with warm-up, or make more passes. Or keep 32 in all and four per GPU.",
                    "워밍업과 함께 학습률을 올리거나 더 여러 번 훑으세요. 아니면 전체를 32장으로 두고 GPU마다 네 장씩 나눕니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("Gradients of eight devices do not fit together.", "여덟 장치의 기울기가 서로 맞지 않으니까."),
                Text(
                    "Their mean is the gradient of the whole batch. In the lesson two devices ended as one.",
                    "평균을 내면 배치 전체의 기울기가 됩니다. 수업에서 장치 두 개의 결과는 하나일 때와 같았습니다.",
                ),
            ),
            "c": Choice(
                Text("Every GPU trains a network of its own.", "GPU마다 신경망을 따로 학습하니까."),
                Text(
                    "All hold the same weights after every update: that is what the exchange of gradients is for.",
                    "업데이트가 끝날 때마다 모두 같은 가중치를 갖습니다. 기울기를 주고받는 까닭이 그것입니다.",
                ),
            ),
        },
    ),
    "16.q4": Question(
        Text(
            "A tuning run takes 40 updates. Compiling with XLA costs as long as 300 updates, and takes a third off the time of each. Do you "
            "switch it on?",
            "미세 조정 한 번이 업데이트 40번입니다. XLA로 컴파일하는 데 업데이트 300번만큼의 시간이 들고, 그 뒤로는 업데이트마다 시간이 3분의 1씩 줄어듭니다. 켜야 할까요?",
        ),
        {
            "a": Choice(
                Text("No: it pays from 900 updates on.", "아니요. 업데이트 900번부터 이득입니다."),
                Text(
                    "A third of an update is saved each time: 300 are paid back after 900.",
                    "한 번에 3분의 1씩 아끼니, 300번어치를 되찾으려면 900번이 걸립니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("Yes: a third less is a third less.", "네. 3분의 1이라도 줄면 줄어드는 것이니까요."),
                Text(
                    "You would save 13 updates' time and spend 300.",
                    "업데이트 13번어치를 아끼려고 300번어치를 쓰는 셈입니다.",
                ),
            ),
            "c": Choice(
                Text("No: the weights would come out differently.", "아니요. 가중치가 달라지니까요."),
                Text(
                    "They agree up to rounding. Only the time decides.",
                    "반올림 오차를 빼면 같습니다. 시간만 보고 정하면 됩니다.",
                ),
            ),
        },
    ),
}
