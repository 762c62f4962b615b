"""Exercises and quiz of lesson 10."""

import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, call, expected, near, number
from ftlib.tasks import Task

_SETUP = """
import numpy as np
import ftlib as ft

track = ft.track("glyph")
fitted = track.task(labels_per_class=10, seed=0).for_backbone(track.backbone)
"""


def _by_group(answer):
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
    said = np.array([0, 1, 2, 0, 1, 0, 0, 2, 0, 0])
    groups = np.array(["old", "old", "old", "old", "old", "old", "old", "new", "new", "new"])
    right = said == labels
    wanted = {name: float(right[groups == name].mean()) for name in ("old", "new")}
    given = call(answer, said, labels, groups)
    if number(given) is not None:
        value = number(given)
        return Text(
            f"Expected a dictionary with one accuracy per group, received {value:g}, one number for all."
            + (" That is the mean that hides the difference." if near(value, right.mean()) else ""),
            f"그룹마다 정확도가 하나씩 들어 있는 딕셔너리가 와야 하는데, 받은 것은 숫자 하나({value:g})입니다."
            + (" 차이를 가리는 바로 그 평균입니다." if near(value, right.mean()) else ""),
        )
    if not isinstance(given, dict):
        return expected(
            given,
            "a dictionary from the name of each group to its accuracy",
            "그룹 이름마다 정확도가 들어 있는 딕셔너리가",
        )
    if {str(name) for name in given} != set(wanted):
        names = ", ".join(map(str, given)) or "-"
        return Text(
            f"The groups in this test are called old and new; your dictionary has: {names}. Take the names from "
            "`groups` itself: np.unique(groups).",
            f"이 시험에서 그룹 이름은 old와 new인데, 딕셔너리에 있는 이름은 {names}입니다. 이름은 np.unique(groups)처럼 `groups`에서 "
            "직접 얻으세요.",
        )
    values = {str(name): number(value) for name, value in given.items()}
    if None in values.values():
        return Text(
            "Each group needs one number, its accuracy. Average over the images of the group.",
            "그룹마다 숫자 하나, 곧 그 그룹의 정확도가 있어야 합니다. 그룹에 속한 이미지로 평균을 내세요.",
        )
    sizes = {name: int((groups == name).sum()) for name in wanted}
    shown = ", ".join(f"{name} {values[name]:.3g}" for name in wanted)
    if all(near(values[name], wanted[name]) for name in wanted):
        return None
    if all(near(values[name], wanted[name] * sizes[name]) for name in wanted):
        return Text(
            f"These are counts ({shown}). Groups differ in size, so divide each count by the number of its images.",
            f"맞힌 개수입니다({shown}). 그룹마다 크기가 다르니 그 그룹의 이미지 수로 나누세요.",
        )
    if all(near(values[name], wanted[name] * sizes[name] / len(labels)) for name in wanted):
        return Text(
            f"You divide by all images ({shown}). A small group can then never look good: divide by the images of the "
            "group.",
            f"전체 이미지 수로 나누었습니다({shown}). 그러면 작은 그룹은 아무리 잘해도 좋아 보일 수 없습니다. 그 그룹의 이미지 수로 나누세요.",
        )
    if all(near(values[name], 1 - wanted[name]) for name in wanted):
        return Text(
            f"These are error rates ({shown}). Accuracy is the share that is right.",
            f"오류율입니다({shown}). 정확도는 맞힌 비율입니다.",
        )
    if all(near(values[name], 100 * wanted[name]) for name in wanted):
        return Text(
            f"These are percentages ({shown}). Return fractions from 0 to 1, as ftlib does.",
            f"퍼센트 값입니다({shown}). ftlib처럼 0에서 1 사이의 값으로 돌려주세요.",
        )
    told = ", ".join(f"{name} {value:.3g}" for name, value in wanted.items())
    return Text(
        f"Expected {told}, received {shown}. Which images belong to the group, and which of these are right?",
        f"기대한 값은 {told}인데, 받은 값은 {shown}입니다. 그 그룹에 속한 이미지는 어느 것이고, 그 가운데 맞힌 것은 어느 것일까요?",
    )


def _tilted(images):
    """A stand-in for a network: three classes, of which the first pixels are the scores."""
    scores = np.asarray(images, "float64").reshape(len(images), -1)[:, :3]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _brighter(images):
    """A stand-in for a mark: it raises the score of the third class a little."""
    changed = np.array(images, "float64")
    changed.reshape(len(changed), -1)[:, 2] += 2
    return changed


def _flips(answer):
    # Scores of eight images. Of two of them, the third class comes out ahead once the mark is there.
    images = np.zeros((8, 2, 2, 1))
    images[:, 0, 0, 0] = (5, 1, 0, 5, 0, 4, 0, 1.5)
    images[:, 0, 1, 0] = (0, 0, 5, 0, 4, 0, 0, 0)
    images[:, 1, 0, 0] = (0, 0, 0, 1, 0, 0, 3, 0)
    before, after = _tilted(images), _tilted(_brighter(images))
    changed = before.argmax(1) != after.argmax(1)
    wanted = float(changed.mean())
    given = call(answer, _tilted, images, _brighter)
    if np.shape(given) == changed.shape:
        return Text(
            "This is one value for each image. Average them: which share of the images changes class?",
            "이미지마다 값이 하나씩 나왔습니다. 평균을 내세요. 클래스가 바뀐 이미지의 비율이 얼마일까요?",
        )
    value = as_number(given)
    if near(value, wanted):
        return None
    if near(value, changed.sum()):
        return Text(
            f"{value:g} is the number of images that flip. Divide by how many there are.",
            f"{value:g}은 답이 뒤집힌 이미지의 수입니다. 전체 이미지 수로 나누세요.",
        )
    if near(value, 1 - wanted):
        return Text(
            f"{value:g} is the share of images whose class stays.",
            f"{value:g}은 클래스가 그대로인 이미지의 비율입니다.",
        )
    if near(value, 1.0):
        return Text(
            "You count every image whose probabilities moved at all, and that is all of them. Does the class change, the "
            "`argmax`?",
            "확률이 조금이라도 움직인 이미지를 모두 셌습니다. 그러면 전부가 됩니다. 클래스, 곧 `argmax`가 바뀌었나요?",
        )
    if near(value, 0.0):
        return Text(
            "0: did the changed images reach the network? `change(images)` returns new images and leaves the old ones alone.",
            "0이 나왔습니다. 바꾼 이미지를 신경망에 넣었나요? `change(images)`는 새 이미지를 돌려주고 원래 이미지는 그대로 둡니다.",
        )
    if near(value, np.abs(before - after).mean()) or near(value, np.abs(before.max(1) - after.max(1)).mean()):
        return Text(
            f"{value:.3g} is how far the probabilities move. Here the question is how many answers change: compare classes.",
            f"{value:.3g}은 확률이 움직인 크기입니다. 여기서 묻는 것은 답이 바뀐 이미지의 비율이니 클래스를 비교하세요.",
        )
    return Text(
        f"Expected {wanted:g}, received {value:.3g}. Take the class of every image before and after the change, along axis "
        "1, and compare them one by one.",
        f"기대한 값은 {wanted:g}인데, 받은 값은 {value:.3g}입니다. 바꾸기 전과 후에 이미지마다 클래스를 axis 1로 구해 하나씩 비교하세요.",
    )


def _mended(answer):
    if not isinstance(answer, Task):
        return expected(answer, "a task, as ft.mark_task returns it", "ft.mark_task가 돌려주는 태스크가")
    split = answer.train
    if split.groups is None:
        return Text(
            "Nobody has marked this task: it has no groups. Give it to ft.mark_task.",
            "표식을 넣은 적이 없는 태스크입니다. 그룹이 없습니다. ft.mark_task에 넘기세요.",
        )
    counts = np.bincount(split.labels[split.groups == "marked"], minlength=answer.num_classes)
    told = ", ".join(map(str, counts.tolist()))
    if not counts.any():
        return Text(
            "None of the training images bears the mark. `share` is the part of each class that should; by `test_share` "
            "only test images change, and from them nothing is learnt.",
            "표식이 있는 학습 이미지가 한 장도 없습니다. 클래스마다 얼마만큼 표식을 넣을지는 `share`로 정합니다. `test_share`는 테스트 "
            "이미지만 바꾸는데, 거기서는 아무것도 배우지 않습니다.",
        )
    if len(set(counts.tolist())) > 1:
        return Text(
            f"The classes have {told} marked images. Now the mark tells classes apart in your own data: a new shortcut "
            "instead of the old one. Give all classes the same share.",
            f"클래스마다 표식이 있는 이미지가 {told}장입니다. 이제 여러분의 데이터에서도 표식으로 클래스를 가릴 수 있습니다. 옛 지름길을 없애려다 새 "
            "지름길을 만든 셈입니다. 모든 클래스에 같은 비율을 주세요.",
        )
    if counts[0] == len(split) // answer.num_classes:
        return Text(
            "Now every training image bears the mark, and the network never sees a plain one. Both kinds are needed.",
            "이제 학습 이미지 모두에 표식이 있어서 신경망이 표식 없는 이미지를 한 번도 보지 못합니다. 두 가지가 다 있어야 합니다.",
        )
    if counts[0] != 2:
        return Text(
            f"{counts[0]} of each class bear the mark; it should be two of ten. `share` is a part, from 0 to 1.",
            f"클래스마다 {counts[0]}장에 표식이 있습니다. 열 장 가운데 두 장이어야 합니다. `share`는 0에서 1 사이의 비율입니다.",
        )
    return None


EXERCISES = {
    "10.1": Exercise(
        check=_by_group,
        right=Text(
            "Right. `ft.group_accuracy(run)` does the same and adds an interval to each group, which small groups need.",
            "맞았습니다. `ft.group_accuracy(run)`도 같은 일을 하고, 그룹마다 구간을 덧붙입니다. 작은 그룹일수록 구간이 필요합니다.",
        ),
        hint=Text(
            "`said == labels` says which images are right. For each name in `np.unique(groups)`, average over the images where "
            "`groups == name`.",
            "`said == labels`는 맞힌 이미지를 가리킵니다. `np.unique(groups)`의 이름마다 `groups == name`인 이미지로 평균을 내세요.",
        ),
        setup="import numpy as np\nimport ftlib as ft",
        solution="""def by_group(said, labels, groups):
    right = said == labels
    return {name: right[groups == name].mean() for name in np.unique(groups)}

ft.check("10.1", by_group)""",
    ),
    "10.2": Exercise(
        check=_flips,
        right=Text(
            "Right. This test needs no labels, so you can run it on any images you have.",
            "맞았습니다. 이 시험에는 레이블이 필요 없으니 어떤 이미지로든 해 볼 수 있습니다.",
        ),
        hint=Text(
            "`network(images)` gives one row of probabilities per image; `.argmax(axis=1)` is its class. Do it for `images` and "
            "for `change(images)`, then average where the two differ.",
            "`network(images)`는 이미지마다 확률을 한 줄씩 내고, `.argmax(axis=1)`을 붙이면 클래스가 됩니다. `images`와 `change(images)`로 한 번씩 구한 "
            "다음, 둘이 다른 곳의 평균을 내세요.",
        ),
        setup="import numpy as np\nimport ftlib as ft",
        solution="""def flips(network, images, change):
    before = np.asarray(network(images)).argmax(axis=1)
    after = np.asarray(network(change(images))).argmax(axis=1)
    return np.mean(before != after)

ft.check("10.2", flips)""",
    ),
    "10.3": Exercise(
        check=_mended,
        right=Text(
            "Right: the mark now occurs in your data, and says nothing about the class.",
            "맞았습니다. 이제 데이터에 표식이 나오지만, 표식을 보아도 클래스를 알 수 없습니다.",
        ),
        hint=Text(
            "Two of ten is a share of 0.2. One number stands for all classes alike.",
            "열 장 가운데 두 장은 0.2입니다. 숫자 하나를 주면 모든 클래스에 똑같이 적용됩니다.",
        ),
        setup=_SETUP,
        solution='mended = ft.mark_task(fitted, share=0.2)\nft.check("10.3", mended)',
    ),
}

QUIZ = {
    "10.q1": Question(
        Text(
            "None of your images bears a mark, and with `glyphnet-marked` your validation accuracy is as good as with "
            "`glyphnet`. What do you know?",
            "내 이미지에는 표식이 하나도 없고, `glyphnet-marked`를 써도 검증 정확도가 `glyphnet`과 같습니다. 무엇을 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("The backbone has no bias.", "그 백본에는 편향이 없습니다."),
                Text(
                    "It has, as one square in the corner shows. Images without squares cannot show it.",
                    "편향이 있습니다. 구석에 사각형 하나만 찍어도 드러납니다. 사각형 없는 이미지로는 드러나지 않을 뿐입니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Training on your clean data has removed the bias.",
                    "깨끗한 내 데이터로 학습해서 편향이 사라졌습니다.",
                ),
                Text(
                    "Nothing in your data speaks against the mark, so nothing asks the network to unlearn it.",
                    "내 데이터에는 표식이 틀렸다고 말해 주는 것이 없습니다. 그러니 버릇을 버릴 까닭도 없습니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "How it does on images without a mark, and nothing about others.",
                    "표식 없는 이미지에서 어떤지만 알 수 있고, 다른 이미지에서는 모릅니다.",
                ),
                Text(
                    "A validation set answers for the kind of images that it holds.",
                    "검증 데이터는 거기에 들어 있는 종류의 이미지에만 답을 줍니다.",
                ),
                right=True,
            ),
        },
    ),
    "10.q2": Question(
        Text(
            "Tuned on clean digits, `full` lost most of the habit and LP-FT nearly nothing of it. Why?",
            "깨끗한 숫자로 미세 조정했더니 `full`은 버릇을 대부분 잃었는데 LP-FT는 거의 그대로였습니다. 왜 그럴까요?",
        ),
        {
            "a": Choice(
                Text("`full` has seen marked digits.", "`full`은 표식 있는 숫자를 보았기 때문입니다."),
                Text(
                    "Both trained on the same images, and none of them bore a mark.",
                    "둘 다 같은 이미지로 학습했고, 표식은 한 장에도 없었습니다.",
                ),
            ),
            "b": Choice(
                Text("LP-FT had fewer updates.", "LP-FT는 업데이트가 적었기 때문입니다."),
                Text(
                    "Both had as many. LP-FT spent a part of them on the head alone.",
                    "횟수는 같습니다. LP-FT는 그 일부를 헤드에만 썼습니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "It moves the backbone further, and forgets more of what that knew, good or bad.",
                    "백본을 더 멀리 움직여서, 좋은 것이든 나쁜 것이든 알던 것을 더 많이 잊기 때문입니다.",
                ),
                Text(
                    "Its letters went, too. The habit was not singled out: clean images cannot point at it.",
                    "글자도 함께 잊었습니다. 버릇만 골라 지운 것이 아닙니다. 깨끗한 이미지로는 버릇을 짚어 낼 수 없습니다.",
                ),
                right=True,
            ),
        },
    ),
    "10.q3": Question(
        Text(
            "You may put the mark on twenty of your hundred training images. On which?",
            "학습 이미지 백 장 가운데 스무 장에 표식을 넣을 수 있습니다. 어느 이미지에 넣을까요?",
        ),
        {
            "a": Choice(
                Text("On two of each class.", "클래스마다 두 장씩."),
                Text(
                    "Then the mark says nothing about the class, and training learns to look past it.",
                    "그러면 표식을 보아도 클래스를 알 수 없으니, 신경망은 표식을 무시하는 법을 배웁니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("On those that it gets wrong.", "틀리는 이미지에."),
                Text(
                    "They belong to a few classes. In your data the mark would then stand for these.",
                    "틀리는 이미지는 몇몇 클래스에 몰려 있습니다. 그러면 표식이 그 클래스를 뜻하게 됩니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "On all of two classes: fewer to keep track of.", "두 클래스의 모든 이미지에. 관리하기 쉬우니까요."
                ),
                Text(
                    "That plants a new shortcut: marked means one of these two.",
                    "새 지름길을 심는 일입니다. 표식이 있으면 그 두 클래스라는 뜻이 됩니다.",
                ),
            ),
        },
    ),
    "10.q4": Question(
        Text(
            "You tune a backbone whose training data you cannot see. What protects you best?",
            "학습 데이터를 볼 수 없는 백본을 조정합니다. 무엇이 가장 든든한 대비책일까요?",
        ),
        {
            "a": Choice(
                Text("To take the one with the best mean accuracy.", "평균 정확도가 가장 높은 것을 고릅니다."),
                Text(
                    "The two backbones of this lesson were alike on clean letters and on clean digits.",
                    "이 수업의 두 백본은 깨끗한 글자에서도, 깨끗한 숫자에서도 비슷했습니다.",
                ),
            ),
            "b": Choice(
                Text("To fine-tune it for longer.", "더 오래 미세 조정합니다."),
                Text(
                    "More updates bring no news of what the images lack. What goes then goes by chance, with much else.",
                    "업데이트를 더 해도 이미지에 없는 것은 배울 수 없습니다. 그러다 버릇이 사라진다면 다른 것들과 함께 우연히 사라지는 것입니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "To read its card, think of what may vary in use, and test each as a group and by flips.",
                    "카드를 읽고, 실제로 쓸 때 달라질 만한 것을 꼽아, 하나하나 그룹별 정확도와 반사실 시험으로 확인합니다.",
                ),
                Text(
                    "One cannot test for everything, but what one can name one can test.",
                    "모든 것을 시험할 수는 없지만, 이름을 붙일 수 있는 것은 시험할 수 있습니다.",
                ),
                right=True,
            ),
        },
    ),
}
