"""Exercises and quiz of lesson 09."""

import dataclasses

import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, call, describe, expected, near, number
from ftlib.strategies.anchors import EWC, L2SP, Replay
from ftlib.strategies.regularization import Regularization

_SETUP = "import dataclasses\nimport numpy as np\nimport ftlib as ft"


def _settings(answer):
    if isinstance(answer, L2SP):
        return Text(
            "That is the anchor alone. Put it into the settings: `ft.fit` takes a Regularization.",
            "앵커만 있습니다. 설정 안에 넣으세요. `ft.fit`이 받는 것은 Regularization입니다.",
        )
    if not isinstance(answer, Regularization):
        return expected(answer, "a Regularization", "Regularization이")
    light = Regularization.preset("light")
    if answer == light:
        return Text("That is `light` as it is, without an anchor.", "`light` 그대로이고, 앵커가 없습니다.")
    if isinstance(answer.anchor, (EWC, Replay)):
        kind = type(answer.anchor).__name__
        return Text(
            f"The anchor is ft.{kind}; the exercise asks for ft.L2SP, which needs no source task.",
            f"앵커가 ft.{kind}입니다. 원천 태스크가 필요 없는 ft.L2SP를 써야 합니다.",
        )
    if answer.anchor is not None and answer.anchor.strength != 1:
        return Text(
            f"The strength is {answer.anchor.strength:g}; it should be 1.",
            f"세기가 {answer.anchor.strength:g}입니다. 1이어야 합니다.",
        )
    for name in [field.name for field in dataclasses.fields(light) if field.name != "anchor"]:
        mine, theirs = getattr(answer, name), getattr(light, name)
        if mine != theirs:
            return Text(
                f"`{name}` is {mine!r}, in `light` it is {theirs!r}. `dataclasses.replace` keeps what you do not name.",
                f"`{name}` 값이 {mine!r}인데, `light`에서는 {theirs!r}입니다. `dataclasses.replace`를 쓰면 적지 않은 값은 그대로 남습니다.",
            )
    return None


def _arrays():
    """Two lists of arrays as `get_weights` gives them: weights, and where they started."""
    rng = np.random.default_rng(0)
    shapes = (3, 2, 4), (4,), (4, 5)
    return [rng.normal(0, 1, shape) for shape in shapes], [rng.normal(1, 1, shape) for shape in shapes]


def _copies(arrays):
    return [a.copy() for a in arrays]


def _like(answer, arrays):
    """Returns an answer as a list of arrays shaped as `arrays`; None where it is none."""
    if not isinstance(answer, (list, tuple)) or len(answer) != len(arrays):
        return None
    try:
        found = [np.asarray(a) for a in answer]
    except ValueError:  # a list of arrays that differ in shape
        return None
    fits = all(a.shape == b.shape and a.dtype.kind in "fiu" for a, b in zip(found, arrays, strict=True))
    return found if fits else None


def _alike(found, wanted):
    return all(np.allclose(a, b, atol=1e-6) for a, b in zip(found, wanted, strict=True))


def _no_list(answer, count):
    kind = describe(answer)
    return Text(
        f"Expected a list of {count} arrays, each with the shape of its weights; received {kind}. Go through both lists with `zip`.",
        f"배열 {count}개짜리 리스트가 와야 하고, 배열마다 모양이 가중치와 같아야 합니다. 받은 것은 {kind}입니다. `zip`으로 두 리스트를 함께 도세요.",
    )


def _rubber_band(answer):
    weights, start = _arrays()
    given = call(answer, _copies(weights), _copies(start), 0.4)
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        return expected(given, "a pair, penalty and slopes", "벌점과 기울기, 이렇게 두 가지가")
    value = number(given[0])
    if value is None:
        kind = describe(given[0])
        return Text(
            f"Expected the penalty first, one number; received {kind}. Add up all squares, over all arrays.",
            f"첫째는 벌점, 곧 숫자 하나여야 하는데, 받은 것은 {kind}입니다. 모든 배열의 제곱을 모두 더하세요.",
        )
    squares = [float(np.sum((w - s) ** 2)) for w, s in zip(weights, start, strict=True)]
    total, size = sum(squares), sum(w.size for w in weights)
    if near(value, 0.2 * total):
        return _band_slopes(given[1], weights, start)
    if near(value, 0.4 * total):
        return Text(
            "Twice too much: the formula has strength / 2.",
            "두 배가 나왔습니다. 식에는 세기를 2로 나눈 값이 들어 있습니다.",
        )
    if near(value, 0.2 * sum(float(np.sum(w**2)) for w in weights)):
        return Text(
            "That is the distance to 0, as L2 in lesson 02 has it. Where should this band be tied to?",
            "0까지의 거리입니다. 2강의 L2가 그렇습니다. 이 고무줄은 어디에 묶여 있어야 할까요?",
        )
    if near(value, total) or near(value, total / 2):
        return Text("The strength is missing.", "세기가 빠졌습니다.")
    if any(near(value, 0.2 * one) for one in squares):
        return Text("Only one of the arrays is counted.", "배열 하나만 셌습니다.")
    means = [q / w.size for q, w in zip(squares, weights, strict=True)]
    if near(value, 0.2 * total / size) or near(value, 0.2 * sum(means)):
        return Text(
            "That is a mean of the squares. The formula adds them up, so that each weight has a band of its own.",
            "제곱의 평균입니다. 식에서는 모두 더합니다. 그래야 가중치마다 고무줄이 하나씩 달립니다.",
        )
    if near(value, 0.2 * np.sqrt(total)):
        return Text(
            "That is the distance; the penalty takes its square.",
            "거리 그대로입니다. 벌점은 거리의 제곱으로 구합니다.",
        )
    return Text(
        f"For {size} weights and strength 0.4 expected the penalty {0.2 * total:.3f}, received {value:.3f}.",
        f"가중치 {size}개, 세기 0.4이면 벌점은 {0.2 * total:.3f}인데, 받은 값은 {value:.3f}입니다.",
    )


def _band_slopes(given, weights, start):
    slopes = _like(given, weights)
    if slopes is None:
        return _no_list(given, len(weights))
    apart = [w - s for w, s in zip(weights, start, strict=True)]
    if _alike(slopes, [0.4 * d for d in apart]):
        return None
    if _alike(slopes, [-0.4 * d for d in apart]):
        return Text(
            "The sign is the wrong way round. The slope points to where the penalty grows: away from the start.",
            "부호가 반대입니다. 기울기는 벌점이 커지는 쪽, 곧 출발점에서 멀어지는 쪽을 가리킵니다.",
        )
    if _alike(slopes, [0.8 * d for d in apart]) or _alike(slopes, [0.2 * d for d in apart]):
        return Text(
            "Off by a factor of 2: the square brings a 2, and the formula has a half.",
            "두 배 차이가 납니다. 제곱의 기울기에서 2가 나오고, 식에는 2분의 1이 있습니다.",
        )
    if _alike(slopes, apart) or _alike(slopes, [2 * d for d in apart]):
        return Text("The strength is missing in the slopes.", "기울기에 세기가 빠졌습니다.")
    if _alike(slopes, [0.4 * w for w in weights]):
        return Text(
            "These slopes pull towards 0. At the start itself they should be 0.",
            "0 쪽으로 당기는 기울기입니다. 출발점에서는 기울기가 0이어야 합니다.",
        )
    return Text(
        "The penalty is right, its slopes are not. Take one weight: how fast does strength / 2 * (w - start)² grow with w?",
        "벌점은 맞지만 기울기가 틀렸습니다. 가중치가 하나라고 생각해 보세요. w를 조금 늘리면 strength / 2 * (w - start)²은 얼마나 빠르게 늘어날까요?",
    )


def _mixed_batch(answer):
    seen = []
    for seed, share, old in ((0, 0.25, 8), (1, 0.25, 8), (2, 0.5, 16)):
        given = call(answer, 100, 5000, 32, share, np.random.default_rng(seed))
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            return expected(given, "two arrays of indices, new and old", "새 예제와 옛 예제의 번호 배열 두 개가")
        drawn = [np.asarray(part) for part in given]
        for part in drawn:
            if part.ndim != 1 or part.dtype.kind not in "iu":
                kind = describe(part)
                return Text(
                    f"Indices are whole numbers in an array of one dimension, as `rng.integers` gives them; received {kind}.",
                    f"번호는 `rng.integers`가 주는 것처럼 1차원 배열에 담긴 정수여야 합니다. 받은 것은 {kind}입니다.",
                )
        wrong = _batch_sizes(len(drawn[0]), len(drawn[1]), share, old) or _batch_range(*drawn)
        if wrong:
            return wrong
        seen.append(drawn)
    if all(np.array_equal(a, b) for a, b in zip(seen[0], seen[1], strict=True)):
        return Text(
            "With another generator the same examples were drawn. Draw from `rng`, so that each update sees others.",
            "난수 생성기를 바꾸어도 같은 예제가 뽑힙니다. 업데이트마다 다른 예제를 보도록 `rng`에서 뽑으세요.",
        )
    rng = np.random.default_rng(3)
    many = [call(answer, 100, 5000, 32, 0.25, rng) for _ in range(40)]
    new, old = (np.concatenate(parts) for parts in zip(*many, strict=True))
    if new.max() < 90 or old.max() < 4500 or new.min() > 9 or old.min() > 500:
        return Text(
            f"In 40 batches only new examples from {new.min()} to {new.max()} of 100 and old ones from {old.min()} to {old.max()} of 5,000 came up. All should have a chance.",
            f"배치 40개를 뽑는 동안 새 예제는 100개 가운데 {new.min()}~{new.max()}번, 옛 예제는 5,000개 가운데 {old.min()}~{old.max()}번만 나왔습니다. 모든 예제가 뽑힐 수 있어야 합니다.",
        )
    return None


def _batch_sizes(new, old, share, wanted):
    if (new, old) == (32 - wanted, wanted):
        return None
    if (new, old) == (wanted, 32 - wanted):
        return Text(
            f"{new} new and {old} old: the share {share:g} is that of the old ones.",
            f"새 예제 {new}장, 옛 예제 {old}장입니다. `share` {share:g}는 옛 예제의 비율입니다.",
        )
    if (new, old) == (32, wanted):
        return Text(
            f"{new} new and {old} old make {new + old}. The batch has room for 32 in all.",
            f"새 예제 {new}장에 옛 예제 {old}장이면 {new + old}장입니다. 배치는 모두 합쳐 32장입니다.",
        )
    return Text(
        f"For a batch of 32 and a share of {share:g} expected {32 - wanted} new and {wanted} old; received {new} and {old}.",
        f"배치가 32장이고 비율이 {share:g}이면 새 예제 {32 - wanted}장, 옛 예제 {wanted}장이어야 하는데, {new}장과 {old}장입니다.",
    )


def _batch_range(new, old):
    for part, count, en, ko in ((new, 100, "new", "새"), (old, 5000, "old", "옛")):
        if part.min() < 0 or part.max() >= count:
            return Text(
                f"An index of {part.max()} among {count:,} {en} examples: they count from 0 to {count - 1:,}.",
                f"{ko} 예제 {count:,}개 가운데 {part.max()}번을 뽑았습니다. 번호는 0부터 {count - 1:,}까지입니다.",
            )
    return None


def _between(answer):
    start, tuned = _arrays()
    first, last = _copies(start), _copies(tuned)
    given = call(answer, first, last, 0.25)
    found = _like(given, start)
    if found is None:
        return _no_list(given, len(start))
    pairs = list(zip(start, tuned, strict=True))
    if _alike(found, [0.25 * a + 0.75 * b for a, b in pairs]):
        return Text(
            "The wrong way round: at alpha 0 you should stand at the start, at alpha 1 at the tuned weights.",
            "방향이 반대입니다. alpha가 0이면 출발점, 1이면 조정한 가중치여야 합니다.",
        )
    if _alike(found, [a + 0.25 * b for a, b in pairs]):
        return Text(
            "The start counts in full. At alpha 1 nothing of it should be left.",
            "출발점이 줄지 않고 그대로 더해집니다. alpha가 1이면 출발점의 몫은 남지 않아야 합니다.",
        )
    if _alike(found, [(a + b) / 2 for a, b in pairs]):
        return Text("That is the middle, whatever alpha is.", "alpha가 얼마든 한가운데가 나옵니다.")
    if _alike(found, [0.25 * (b - a) for a, b in pairs]):
        return Text(
            "That is the step alone. Where does it begin?", "내디딘 걸음만 있습니다. 어디에서 내딛는 걸음일까요?"
        )
    if not _alike(found, [0.75 * a + 0.25 * b for a, b in pairs]):
        return Text(
            f"For alpha 0.25, a first weight of {start[0].flat[0]:.3f} at the start and {tuned[0].flat[0]:.3f} tuned, expected {0.75 * start[0].flat[0] + 0.25 * tuned[0].flat[0]:.3f}; received {found[0].flat[0]:.3f}.",
            f"alpha가 0.25이고 첫 가중치가 출발점에서 {start[0].flat[0]:.3f}, 조정 뒤 {tuned[0].flat[0]:.3f}이면 {0.75 * start[0].flat[0] + 0.25 * tuned[0].flat[0]:.3f}이어야 하는데, {found[0].flat[0]:.3f}입니다.",
        )
    if not (_alike(first, start) and _alike(last, tuned)):
        return Text(
            "The numbers are right, but the function changes the lists it got. Then alpha can be tried once only: make new arrays.",
            "값은 맞지만 함수가 받은 리스트를 바꾸어 버립니다. 그러면 alpha를 한 번밖에 시험하지 못합니다. 새 배열을 만드세요.",
        )
    return None


EXERCISES = {
    "09.1": Exercise(
        check=_settings,
        right=Text(
            "Right. The same field takes ft.EWC and ft.Replay, which need the source task as well.",
            "맞았습니다. 같은 필드에 ft.EWC와 ft.Replay도 넣을 수 있습니다. 둘은 원천 태스크도 필요합니다.",
        ),
        hint=Text(
            "`dataclasses.replace(settings, anchor=...)` copies settings with another anchor. `ft.L2SP(...)` takes the strength.",
            "`dataclasses.replace(설정, anchor=...)`는 앵커만 바꾸어 설정을 복사합니다. 세기는 `ft.L2SP(...)`에 줍니다.",
        ),
        solution="""light = ft.Regularization.preset("light")
my_settings = dataclasses.replace(light, anchor=ft.L2SP(1.0))
ft.check("09.1", my_settings)""",
        setup=_SETUP,
    ),
    "09.2": Exercise(
        check=_rubber_band,
        right=Text(
            "Right. At the start the slopes are 0, and the further a weight goes, the harder it is pulled back.",
            "맞았습니다. 출발점에서는 기울기가 0이고, 가중치가 멀리 갈수록 더 세게 당겨집니다.",
        ),
        hint=Text(
            "Go through `zip(weights, start)`. One weight costs strength / 2 times the square of its way; the slope of a square is twice the way.",
            "`zip(weights, start)`로 도세요. 가중치 하나의 벌점은 움직인 거리의 제곱에 strength / 2를 곱한 값입니다. 제곱의 기울기는 거리의 두 배입니다.",
        ),
        solution="""def rubber_band(weights, start, strength):
    apart = [w - s for w, s in zip(weights, start)]
    penalty = strength / 2 * sum(np.sum(d**2) for d in apart)
    return penalty, [strength * d for d in apart]

ft.check("09.2", rubber_band)""",
        setup=_SETUP,
    ),
    "09.3": Exercise(
        check=_mixed_batch,
        right=Text(
            "Right. Each update sees other old examples, so that few are practised often and many now and then.",
            "맞았습니다. 업데이트마다 다른 옛 예제를 보므로, 한 번에 조금씩이라도 여러 예제를 두루 연습합니다.",
        ),
        hint=Text(
            "First the number of old ones, a whole number: `round(share * size)`; the rest is new. `rng.integers(n, size=k)` draws k indices from 0 to n - 1.",
            "먼저 옛 예제의 수를 정수로 구합니다. `round(share * size)`이고, 나머지가 새 예제입니다. `rng.integers(n, size=k)`는 0부터 n - 1까지에서 번호 k개를 뽑습니다.",
        ),
        solution="""def mixed_batch(new_count, old_count, size, share, rng):
    old = round(share * size)
    return rng.integers(new_count, size=size - old), rng.integers(old_count, size=old)

ft.check("09.3", mixed_batch)""",
        setup=_SETUP,
    ),
    "09.4": Exercise(
        check=_between,
        right=Text(
            "Right. `model.set_weights(between(...))` puts the network there: no training, no data.",
            "맞았습니다. `model.set_weights(between(...))`이면 신경망이 그 점으로 갑니다. 학습도 데이터도 필요 없습니다.",
        ),
        hint=Text(
            "For one pair of arrays a and b the point is (1 - alpha) * a + alpha * b. Do it for all pairs of `zip(start, tuned)`.",
            "배열 한 쌍 a와 b에서는 (1 - alpha) * a + alpha * b입니다. `zip(start, tuned)`의 모든 쌍에 이렇게 하세요.",
        ),
        solution="""def between(start, tuned, alpha):
    return [a + alpha * (b - a) for a, b in zip(start, tuned)]

ft.check("09.4", between)""",
        setup=_SETUP,
    ),
}

QUIZ = {
    "09.q1": Question(
        Text(
            "After the tuning the old head reads few letters, but a new linear head on the same backbone reads many more. What follows?",
            "조정한 뒤 원래 헤드는 글자를 조금밖에 못 읽는데, 같은 백본에 새로 얹은 선형 헤드는 훨씬 많이 읽습니다. 무엇을 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("Nothing was forgotten.", "잊은 것이 없습니다."),
                Text(
                    "The network as it was no longer works, and the new head had to see letters again. It also falls short of what it reads from the untouched backbone.",
                    "원래대로 쓰는 신경망은 더는 통하지 않고, 새 헤드는 글자를 다시 보아야 했습니다. 조정하기 전의 백본에서 읽는 만큼 읽지도 못합니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Part of what the letters need is still in the features, in another form.",
                    "글자에 필요한 것의 일부가 다른 모습으로 특징 안에 남아 있습니다.",
                ),
                Text(
                    "The old head cannot find it, since the features have moved. What the new head misses, too, is gone from the features.",
                    "특징이 움직여서 원래 헤드가 찾지 못할 뿐입니다. 새 헤드도 찾지 못하는 몫은 선형 헤드로는 더 꺼낼 수 없습니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("The new head has learnt the letters by itself.", "새 헤드가 혼자 글자를 배웠습니다."),
                Text(
                    "Then it would read as many from random weights. That is what this control is for.",
                    "그렇다면 무작위 가중치에서도 그만큼 읽어야 합니다. 그래서 그 대조군을 두었습니다.",
                ),
            ),
        },
    ),
    "09.q2": Question(
        Text(
            "What does EWC know that L2-SP does not?",
            "EWC는 알지만 L2-SP는 모르는 것은 무엇일까요?",
        ),
        {
            "a": Choice(
                Text("Where the weights started.", "가중치가 어디에서 출발했는지."),
                Text(
                    "Both know that: it is where their bands are tied.",
                    "둘 다 압니다. 고무줄을 묶은 곳이 바로 거기입니다.",
                ),
            ),
            "b": Choice(
                Text("Which weights the new task needs.", "새 태스크에 어떤 가중치가 필요한지."),
                Text(
                    "It looks at the old task only: a weight that both tasks need is held just as firmly.",
                    "EWC는 원천 태스크만 봅니다. 양쪽에 다 필요한 가중치도 똑같이 단단히 붙듭니다.",
                ),
            ),
            "c": Choice(
                Text("Which weights the old task needs.", "원천 태스크에 어떤 가중치가 필요한지."),
                Text(
                    "That is its Fisher information, and why it needs some images of the old task.",
                    "그것이 피셔 정보이고, 원천 태스크의 이미지가 조금 필요한 까닭입니다.",
                ),
                right=True,
            ),
        },
    ),
    "09.q3": Question(
        Text(
            "You fine-tuned a downloaded network last month. Today somebody needs its old classes, too. Its training images were never published, and you have no time to train. What do you try first?",
            "지난달에 내려받은 신경망을 미세 조정했습니다. 오늘 누군가 원래 클래스도 필요하다고 합니다. 학습에 쓰인 이미지는 공개된 적이 없고, 다시 학습할 시간도 없습니다. 무엇부터 해 볼까요?",
        ),
        {
            "a": Choice(
                Text("Weight interpolation.", "가중치 보간."),
                Text(
                    "It needs only the two sets of weights, and the old ones can be downloaded again. You choose alpha by what you can measure.",
                    "가중치 두 벌만 있으면 되고, 옛 가중치는 다시 내려받을 수 있습니다. alpha는 잴 수 있는 것을 보고 고릅니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("Replay.", "리플레이."),
                Text(
                    "It kept most letters at no price here, but it needs images of the old task, all the time, and a new training.",
                    "여기서는 대가 없이 글자를 가장 많이 지켰지만, 원천 태스크의 이미지가 내내 필요하고 다시 학습해야 합니다.",
                ),
            ),
            "c": Choice(
                Text("L2-SP.", "L2-SP."),
                Text(
                    "It needs no images, but it acts during the training, and that is over.",
                    "이미지는 필요 없지만 학습하는 동안에 작용합니다. 학습은 이미 끝났습니다.",
                ),
            ),
            "d": Choice(
                Text("EWC.", "EWC."),
                Text(
                    "It acts during the training, and its Fisher information asks for images of the old task.",
                    "학습하는 동안에 작용하고, 피셔 정보를 구하려면 원천 태스크의 이미지도 있어야 합니다.",
                ),
            ),
        },
    ),
    "09.q4": Question(
        Text(
            "A clinic tunes an ImageNet network on its own scans and will never ask it about cats and cars. Which cure does it need?",
            "어느 병원이 ImageNet 신경망을 병원의 촬영 이미지로 조정합니다. 고양이나 자동차를 물을 일은 없습니다. 어떤 해결책이 필요할까요?",
        ),
        {
            "a": Choice(
                Text("Replay of ImageNet, to be safe.", "만약을 위해 ImageNet 리플레이."),
                Text(
                    "That pays with data and time for an ability that nobody will use.",
                    "아무도 쓰지 않을 능력에 데이터와 시간을 들이는 셈입니다.",
                ),
            ),
            "b": Choice(
                Text("The strongest L2-SP that can be set.", "가장 센 L2-SP."),
                Text(
                    "Scans are far from ImageNet, so that the network has to move. Held too firmly, it does worse at what the clinic wants.",
                    "촬영 이미지는 ImageNet과 멀어서 신경망이 움직여야 합니다. 너무 세게 붙들면 정작 필요한 일을 더 못하게 됩니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "None for the cats. But it should test on scans from other machines and later years.",
                    "고양이 때문이라면 필요 없습니다. 다만 다른 기계와 다른 해의 촬영 이미지로 시험해 보아야 합니다.",
                ),
                Text(
                    "Forgetting what nobody asks for is no loss. What may still be needed is help with images unlike those it was tuned on, and that has to be measured.",
                    "아무도 찾지 않는 것은 잊어도 손해가 아닙니다. 다만 조정에 쓴 것과 다른 이미지가 들어올 때 옛 지식이 아쉬울 수 있고, 이는 재 보아야 압니다.",
                ),
                right=True,
            ),
        },
    ),
}
