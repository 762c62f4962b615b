"""Exercises and quiz of lesson 17."""

import shlex

import numpy as np

from ftlib.course.exercise import Choice, Exercise, Question, Text, call, expected

_SETUP = "import numpy as np\nimport ftlib as ft"


def _copies(answer):
    files = {
        "b.png": b"round",
        "a.png": b"oval",
        "a (1).png": b"oval",
        "c.png": b"round",
        "d.png": b"round",
        "e.png": b"x",
    }
    firsts, later = {"b.png", "a.png"}, {"a (1).png", "c.png", "d.png"}
    given = call(answer, dict(files))
    if isinstance(given, (str, bytes)) or not isinstance(given, (list, tuple, set, frozenset)):
        return expected(given, "a list of names", "파일 이름의 리스트가")
    if any(not isinstance(name, str) for name in given):
        return Text(
            "Expected names alone, as strings: those of the files to leave out.",
            "빼도 되는 파일의 이름만 문자열로 들어 있어야 합니다.",
        )
    names, shown = set(given), ", ".join(sorted(given)) or "[]"
    strange = names - set(files)
    if strange:
        return Text(
            f"There is no file {sorted(strange)[0]!r}. Return keys of `files`.",
            f"이름이 {sorted(strange)[0]!r}인 파일은 없습니다. `files`의 키를 돌려주세요.",
        )
    if names == later:
        if len(given) > len(names):
            return Text(
                "The right files, but some are named twice. Compare each file with those before it once.",
                "파일은 맞는데 두 번 나온 이름이 있습니다. 파일마다 앞에 나온 것과 한 번만 견주세요.",
            )
        return None
    if names in (firsts | later, set(files)):
        return Text(
            "With these gone, nothing is left of pictures that occur twice. The first of each stays.",
            "이 파일을 모두 빼면 두 번 이상 나온 사진은 한 장도 남지 않습니다. 저마다 맨 처음 것은 남기세요.",
        )
    if names == firsts:
        return Text(
            "These are the ones to keep: the first of each. Return those that come after.",
            "이것은 남길 파일, 곧 저마다 맨 처음 것입니다. 뒤에 나온 것을 돌려주세요.",
        )
    if not names:
        return Text(
            "None found. The names all differ; compare the bytes, `files[name]`.",
            "하나도 찾지 못했습니다. 이름은 모두 다릅니다. 바이트인 `files[name]`을 견주세요.",
        )
    if names == {"b.png", "a.png", "e.png"} or names == set(files) - later:
        return Text(
            "These are the files to train on. Asked for are the copies that are left out.",
            "이것은 학습에 쓸 파일입니다. 돌려줄 것은 빼야 할 사본입니다.",
        )
    if names < later:
        return Text(
            f"Received {shown}. Copies may be far apart, and there may be more than one of a picture: look at all files before.",
            f"받은 것은 {shown}입니다. 사본은 멀리 떨어져 있을 수도 있고 여러 개일 수도 있습니다. 앞에 나온 파일을 모두 살펴보세요.",
        )
    return Text(
        f"Expected {', '.join(sorted(later))}, received {shown}. A file is a copy if its bytes have come before.",
        f"기대한 것은 {', '.join(sorted(later))}인데, 받은 것은 {shown}입니다. 같은 바이트가 앞에 나온 적이 있으면 사본입니다.",
    )


def _apart(answer):
    # Donors of unequal size, their pictures shuffled.
    sizes = dict(zip("ABCDEFGHIJ", (3, 9, 5, 4, 7, 6, 2, 8, 5, 6), strict=True))
    groups = np.random.default_rng(3).permutation(np.repeat(list(sizes), list(sizes.values())))
    masks = []
    for seed in (0, 1, 2):
        given = call(answer, groups, 0.3, np.random.default_rng(seed))
        try:
            mask = np.asarray(given)
        except Exception:  # a ragged list, a model
            mask = np.zeros(0)
        if mask.shape != groups.shape or not (mask.dtype == bool or set(np.unique(mask).tolist()) <= {0, 1}):
            return expected(
                given,
                f"one True or False for each of {len(groups)} pictures",
                f"사진 {len(groups)}장마다 True나 False가 하나씩",
            )
        masks.append(mask.astype(bool))
    for mask in masks:
        both = sorted(set(groups[mask].tolist()) & set(groups[~mask].tolist()))
        if both:
            return Text(
                f"Donor {both[0]} has pictures on both sides, and so have {len(both) - 1} others. Draw donors, not pictures.",
                f"기증자 {both[0]}의 사진이 양쪽에 다 있고, 그런 기증자가 {len(both) - 1}명 더 있습니다. 사진이 아니라 기증자를 뽑으세요.",
            )
        drawn = len(set(groups[mask].tolist()))
        if drawn in (0, len(sizes)):
            return Text(
                f"{drawn} of the {len(sizes)} donors are in the test. Both sides need some.",
                f"기증자 {len(sizes)}명 가운데 {drawn}명이 테스트에 들어갔습니다. 양쪽에 모두 기증자가 있어야 합니다.",
            )
        if drawn == 7:
            return Text(
                "7 of 10 donors are in the test, where `share` asks for 3. Is the mask the other way round?",
                "`share`대로라면 3명인데 열 명 가운데 7명이 테스트에 들어갔습니다. 마스크가 뒤집히지 않았나요?",
            )
        if drawn != 3:
            return Text(
                f"{drawn} of 10 donors are in the test, where `share` asks for 3: round(share * number of donors).",
                f"`share`대로라면 3명인데 열 명 가운데 {drawn}명이 테스트에 들어갔습니다. 기증자 수에 `share`를 곱해 반올림하세요.",
            )
    if all((mask == masks[0]).all() for mask in masks):
        return Text(
            "Always the same donors, whatever `rng` is: those whose names come first. Draw them with `rng`.",
            "`rng`가 무엇이든 늘 같은 기증자가 뽑힙니다. 이름이 앞서는 기증자부터 고르지 말고 `rng`로 뽑으세요.",
        )
    return None


_FLAGS = ("--no-mirror", "--no-near", "--quiet", "--json")


def _command(answer):
    if not isinstance(answer, str):
        return expected(answer, "the line as a string", "명령 한 줄이 문자열로")
    try:
        words = shlex.split(answer.replace("=", " "))
    except ValueError:
        words = []
    words = words[1:] if words[:1] == ["ftlib"] else words
    if words[:1] != ["fit"]:
        return Text(
            f"Training begins with `fit`. Received the command {(words or ['-'])[0]!r}.",
            f"학습은 `fit`으로 시작합니다. 받은 명령은 {(words or ['-'])[0]!r}입니다.",
        )
    given, plain, rest = {}, [], words[1:]
    while rest:
        word = rest.pop(0)
        if word in _FLAGS or not word.startswith("--"):
            given[word] = True
            plain += [] if word.startswith("--") else [word]
        else:
            given[word] = rest.pop(0) if rest else ""
    if plain != ["signs.csv"]:
        told = ", ".join(plain) or "-"
        return Text(
            f"Which pictures? The file signs.csv lists them, with the group of each. Received: {told}.",
            f"어떤 사진으로 학습하나요? signs.csv에 사진 목록과 사진마다의 그룹이 적혀 있습니다. 받은 것: {told}.",
        )
    if "--no-mirror" not in given:
        return Text(
            "Augmentation would now mirror them, and an arrow to the left becomes one to the right, under the old label.",
            "이대로면 데이터 증강이 사진의 좌우를 뒤집습니다. 왼쪽 화살표가 오른쪽 화살표가 되는데 레이블은 그대로입니다.",
        )
    if given.get("--updates") != "600":
        told = given.get("--updates") or "-"
        return Text(
            f"It should take 600 updates. Received: --updates {told}.",
            f"업데이트는 600번이어야 합니다. 받은 것: --updates {told}.",
        )
    if "--no-near" in given:
        return Text(
            "Nobody asked for --no-near: near copies would then be divided between training and test.",
            "--no-near를 쓰라는 말은 없었습니다. 쓰면 거의 같은 사진이 학습과 테스트로 갈라져 들어갑니다.",
        )
    more = sorted(set(given) - {"signs.csv", "--no-mirror", "--updates", "--quiet", "--json", "--out"})
    if more:
        return Text(f"{more[0]} was not asked for.", f"필요 없는 옵션이 있습니다: {more[0]}.")
    return None


EXERCISES = {
    "17.1": Exercise(
        check=_copies,
        right=Text(
            "Right. `ft.check_folder` compares pixels in place of bytes, so it also finds a copy that was saved anew.",
            "맞았습니다. `ft.check_folder`는 바이트가 아니라 픽셀을 견주므로 다시 저장한 사본도 찾아냅니다.",
        ),
        hint=Text(
            "Go through `files.items()` in order and keep the bytes that you have seen in a set. What is in it already is a copy.",
            "`files.items()`를 차례로 훑으며 이미 본 바이트를 집합(set)에 모으세요. 집합에 벌써 들어 있으면 사본입니다.",
        ),
        setup=_SETUP,
        solution="""def copies(files):
    seen, found = set(), []
    for name, content in files.items():
        if content in seen:
            found.append(name)
        seen.add(content)
    return found

ft.check("17.1", copies)""",
    ),
    "17.2": Exercise(
        check=_apart,
        right=Text(
            "Right: no donor is on both sides, so that the test asks about strangers.",
            "맞았습니다. 양쪽에 걸친 기증자가 없으니, 이제 테스트는 낯선 사람을 얼마나 맞히는지 묻습니다.",
        ),
        hint=Text(
            "Three steps: the names of the donors, each once (`np.unique`); some of them drawn with `rng.choice` and "
            "`replace=False`; and `np.isin` to turn donors into a mask of pictures.",
            "세 단계입니다. `np.unique`로 기증자 이름을 하나씩 모으고, `rng.choice`에 `replace=False`를 주어 몇 명을 뽑고, `np.isin`으로 기증자를 "
            "사진의 마스크로 바꿉니다.",
        ),
        setup=_SETUP,
        solution="""def apart(groups, share, rng):
    donors = np.unique(groups)
    drawn = rng.choice(donors, round(share * len(donors)), replace=False)
    return np.isin(groups, drawn)

ft.check("17.2", apart)""",
    ),
    "17.3": Exercise(
        check=_command,
        right=Text(
            "Right. The line stands in the run's config.json as well, so that the run can be repeated.",
            "맞았습니다. 이 설정은 실행 폴더의 config.json에도 남으므로 똑같이 되풀이할 수 있습니다.",
        ),
        hint=Text(
            "The lesson's commands for the plates have all that is needed. Groups are read from the file; they need no option.",
            "수업에서 번호판에 쓴 명령에 필요한 것이 다 있습니다. 그룹은 파일에서 읽으므로 옵션이 필요 없습니다.",
        ),
        setup=_SETUP,
        solution='line = "ftlib fit signs.csv --no-mirror --updates 600"\nft.check("17.3", line)',
    ),
}

QUIZ = {
    "17.q1": Question(
        Text(
            "`ftlib check` finds no copy, no near copy and no broken file. Can there still be a leak?",
            "`ftlib check`에서 사본도, 거의 같은 사진도, 깨진 파일도 나오지 않았습니다. 그래도 누출(leak)이 있을 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("No, all pictures have been compared.", "없습니다. 사진을 모두 견주었으니까요."),
                Text(
                    "Two cells of one donor are two different pictures. What they share is not in the pixels alone.",
                    "한 기증자의 세포 둘은 서로 다른 사진입니다. 둘이 무엇을 함께 지녔는지는 픽셀만 보아서는 알 수 없습니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "Yes: pictures of one origin in both splits.",
                    "있습니다. 출처가 같은 사진이 양쪽에 있을 수 있습니다.",
                ),
                Text(
                    "Only whoever took the pictures knows what belongs together. Write it into the column `group`.",
                    "무엇이 한데 묶이는지는 사진을 찍은 사람만 압니다. `group` 열에 적어 두세요.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Only if the classes are uneven.", "클래스가 고르지 않을 때만 있습니다."),
                Text(
                    "Uneven classes are another trouble: the mean hides the small one. They leak nothing.",
                    "클래스가 고르지 않은 것은 다른 문제입니다. 작은 클래스가 평균에 가려질 뿐, 누출은 없습니다.",
                ),
            ),
        },
    ),
    "17.q2": Question(
        Text(
            "You divide by patient now, and the test accuracy falls by many points. What has happened to the model?",
            "환자별로 나누었더니 테스트 정확도가 크게 떨어졌습니다. 모델에 무슨 일이 생긴 걸까요?",
        ),
        {
            "a": Choice(
                Text(
                    "It was always about this good for strangers; the test tells it now.",
                    "낯선 환자에게는 처음부터 이 정도였고, 이제야 테스트에 드러난 것입니다.",
                ),
                Text(
                    "In the lesson the networks did about alike on new donors, however their data had been divided.",
                    "수업에서도 데이터를 어떻게 나누어 학습했든 새 기증자에게는 비슷한 성적이 나왔습니다.",
                ),
                right=True,
            ),
            "b": Choice(
                Text("It has become worse, so go back.", "나빠졌으니 되돌려야 합니다."),
                Text(
                    "The other number was not better work but an easier question.",
                    "앞의 숫자가 높았던 것은 더 잘해서가 아니라 문제가 쉬웠기 때문입니다.",
                ),
            ),
            "c": Choice(
                Text("It overfits the test pictures.", "테스트 사진에 과적합했습니다."),
                Text(
                    "Nothing is trained or chosen on test pictures, in neither run.",
                    "두 실행 모두 테스트 사진으로는 학습하지도, 무엇을 고르지도 않았습니다.",
                ),
            ),
        },
    ),
    "17.q3": Question(
        Text(
            "A class has two usable pictures, and `ftlib check` calls that an error. What is best?",
            "쓸 수 있는 사진이 두 장뿐인 클래스가 있어서 `ftlib check`가 오류라고 합니다. 어떻게 하는 것이 가장 좋을까요?",
        ),
        {
            "a": Choice(
                Text("Copy them until there are enough.", "복사해서 수를 채웁니다."),
                Text(
                    "Copies are found and left out, and rightly: one in the test would be a leak.",
                    "사본은 점검에서 드러나 빠지고, 그래야 옳습니다. 한 장이라도 테스트에 들어가면 누출이니까요.",
                ),
            ),
            "b": Choice(
                Text("Use `--class-weight balanced`.", "`--class-weight balanced`를 씁니다."),
                Text(
                    "Weights help where a class has few. Two pictures are too few for training, validation and test: no weight mends that.",
                    "클래스에 사진이 적으면 가중치가 도움이 됩니다. 하지만 두 장은 학습, 검증, 테스트에 한 장씩도 돌아가지 않습니다. 이것은 가중치로 고칠 수 없습니다.",
                ),
            ),
            "c": Choice(
                Text(
                    "Take new pictures, or leave the class out and say so.",
                    "사진을 새로 찍거나, 그 클래스를 빼고 그 사실을 밝힙니다.",
                ),
                Text(
                    "What was never measured cannot be promised.",
                    "재 보지 못한 것은 약속할 수 없습니다.",
                ),
                right=True,
            ),
        },
    ),
    "17.q4": Question(
        Text(
            "An exported file is read by another program. How do you know that it still is your model?",
            "내보낸 파일은 다른 프로그램이 읽습니다. 그것이 여전히 내 모델인지 어떻게 알 수 있을까요?",
        ),
        {
            "a": Choice(
                Text("The conversion ended without an error.", "변환이 오류 없이 끝났는지 봅니다."),
                Text(
                    "So does one that scales the pixels wrongly.",
                    "픽셀 값의 범위를 잘못 맞춘 변환도 오류 없이 끝납니다.",
                ),
            ),
            "b": Choice(
                Text(
                    "It answers the same pictures in its own runtime, and the answers are compared.",
                    "그 파일을 쓸 실행 환경(runtime)에서 같은 사진을 넣어 답을 견줍니다.",
                ),
                Text(
                    "`ftlib export` does so, and puts no file in place whose answers differ.",
                    "`ftlib export`가 그렇게 하고, 답이 다르면 파일을 내놓지 않습니다.",
                ),
                right=True,
            ),
            "c": Choice(
                Text("Its accuracy on the training pictures is high.", "학습 사진에서 정확도가 높은지 봅니다."),
                Text(
                    "Nearly any version of it would be right about those. The question is whether answers changed.",
                    "조금 망가진 모델도 학습 사진은 거의 맞힙니다. 물어야 할 것은 답이 바뀌었는지입니다.",
                ),
            ),
        },
    ),
}
