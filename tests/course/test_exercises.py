"""What a learner reads: right, wrong, blank and odd answers, hints, solutions, the quiz; and every lesson's own."""

import ast
import dataclasses
import inspect
import re
import sys

import keras
import numpy as np
import pytest
from wrong_answers import WRONG

import ftlib as ft
from ftlib.course import checking as exercises
from ftlib.course.exercise import (
    Choice,
    Exercise,
    Failed,
    Question,
    Text,
    Verdict,
    as_number,
    call,
    describe,
    language,
    near,
    number,
    wrap,
)

HANGUL = re.compile("[가-힣]")
LESSON = """
from ftlib.course.exercise import Choice, Exercise, Question, Text, as_number, call, near


def _half(answer):
    value = as_number(answer)
    if near(value, 50):
        return Text("That is in percent.", "퍼센트 값입니다.")
    return None if near(value, 0.5) else Text("Count again.", "다시 세어 보세요.")


def _double(function):
    return None if call(function, 4) == 8 else Text("For 4 expected 8.", "4이면 8이어야 합니다.")


def _careless(answer):
    return None if answer.mean(axis=1)[0] > 0 else Text("Too small.", "너무 작습니다.")


EXERCISES = {
    "99.1": Exercise(_half, Text("A half.", "반입니다."), Text("Half of one.", "1의 절반."), 'ft.check("99.1", 0.5)'),
    "99.2": Exercise(_double, Text("Yes.", "네."), Text("Twice.", "두 배."), 'ft.check("99.2", lambda x: 2 * x)'),
    "99.3": Exercise(_careless, Text("Yes.", "네."), Text("Rows.", "행."), 'ft.check("99.3", ...)'),
}
QUIZ = {
    "99.q1": Question(
        Text("Which?", "어느 것?"),
        {
            "a": Choice(Text("This.", "이것."), Text("It is not.", "아닙니다.")),
            "b": Choice(Text("That.", "저것."), Text("It is.", "그렇습니다."), right=True),
        },
    )
}
"""


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "en")


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson 99, found as the others are."""
    (tmp_path / "lesson_99.py").write_text(LESSON, encoding="utf-8")
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    yield
    sys.modules.pop("ftlib.course.checking.lesson_99", None)
    vars(exercises).pop("lesson_99", None)


# --- check ------------------------------------------------------------------------------------------------


def test_a_right_answer_says_why(lesson):
    verdict = ft.check("99.1", 0.5)
    assert verdict.right is True and repr(verdict) == "A half."
    assert ft.check("99.1", np.float32(0.5)).right and ft.check("99.1", keras.ops.ones((1, 1)) / 2).right


def test_a_wrong_answer_says_what_is_wrong_with_it(lesson):
    verdict = ft.check("99.1", 50)
    assert verdict.right is False and repr(verdict) == "Not yet. That is in percent."
    assert repr(ft.check("99.1", 7)) == "Not yet. Count again."
    assert repr(ft.check("99.2", lambda x: x)) == "Not yet. For 4 expected 8."


def double(x):
    return ...


def unfinished(x):
    return x * ...


def nothing(x):
    pass


def unfinished_keras(x):
    return keras.ops.add(x, ...)


@pytest.mark.parametrize(
    "name, answer",
    [
        ("99.1", ...),
        ("99.1", None),
        ("99.1", (3, ...)),
        ("99.1", {"rate": ...}),
        ("99.2", double),
        ("99.2", nothing),
        ("99.2", unfinished),
        ("99.2", unfinished_keras),
    ],
)
def test_a_blank_is_not_wrong(lesson, name, answer):
    verdict = ft.check(name, answer)
    assert verdict.right is None and "Still blank" in verdict.message


@pytest.mark.parametrize(
    "answer, said",
    [
        ("0.5", "received '0.5' (str)"),
        (True, "received True"),
        (float("nan"), "received nan"),
        (np.zeros(3), "received ndarray (3,)"),
        ([1, 2], "received list (2)"),
        ((None, 3), "received tuple (2)"),
        (len, "received `len` (function)"),
        (keras.Sequential, "received `Sequential` (class)"),
        (keras.Input((3,)), "received KerasTensor (None, 3)"),
    ],
)
def test_what_is_no_number_is_named(lesson, answer, said):
    verdict = ft.check("99.1", answer)
    assert verdict.right is False and said in verdict.message


def test_a_model_for_a_number_is_named(lesson):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    assert "received Sequential" in ft.check("99.1", model).message


def test_an_error_of_the_learners_function_is_named_with_the_call(lesson):
    def broken(x):
        return x / 0

    verdict = ft.check("99.2", broken)
    assert verdict.right is False
    assert verdict.message == "Not yet. Calling `broken(4)` raised an error. ZeroDivisionError: division by zero"
    assert "takes 0 positional arguments" in ft.check("99.2", lambda: 8).message
    assert "Expected a function, received 8" in ft.check("99.2", 8).message


@pytest.mark.parametrize("answer", ["text", 3, np.zeros(3), object(), [], len, np.zeros((0, 3))])
def test_what_a_check_did_not_foresee_is_no_traceback(lesson, answer):
    verdict = ft.check("99.3", answer)
    assert verdict.right is False and verdict.message.startswith("Not yet. ")


def test_the_unforeseen_is_named(lesson):
    message = ft.check("99.3", "text").message
    assert "Received 'text' (str)" in message and "AttributeError" in message and "kind and shape" in message


def test_call_hands_out_copies_of_arrays_and_the_very_models():
    given, model = np.arange(3), keras.Sequential()

    def spoil(array, same):
        array[:] = 0
        return same

    assert call(spoil, given, model) is model and given.tolist() == [0, 1, 2]


def test_call_names_arrays_by_their_shape():
    def broken(*_):
        raise ValueError("first line\nsecond line")

    with pytest.raises(Failed, match=r"`broken\(ndarray \(2, 3\), 'sum', 2\)`.*ValueError: first line$"):
        call(broken, np.zeros((2, 3)), "sum", 2)


def test_numbers():
    assert [number(x) for x in (2, np.int64(2), [2.0], np.array([[2]]))] == [2.0] * 4
    assert [number(x) for x in ("2", True, np.True_, None, np.inf, [1, 2], [], {})] == [None] * 8
    assert as_number(np.float32(3)) == 3
    with pytest.raises(Failed):
        as_number("3")
    assert near(100.05, 100) and not near(100.2, 100) and near(102, 100, relative=0.03) and near(0, 0)
    assert not near(float("nan"), 1) and near(-1, -1) and not near(1, -1)


@pytest.mark.parametrize("answer", [..., None, "", " ", len, object(), keras.Input((2,)), np.int64(3), 2j, {1}])
def test_anything_can_be_described(answer):
    assert describe(answer) and "\n" not in describe(answer) and "0x" not in describe(answer)


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [lambda name: ft.check(name, 1), ft.hint, ft.solution])
def test_an_unknown_name_gets_the_nearest(lesson, function):
    with pytest.raises(ValueError, match=r"Unknown exercise '99.11'. Did you mean '99.1'\? Known: 99.1, 99.2"):
        function("99.11")
    with pytest.raises(ValueError, match="Unknown exercise 'nonsense'. Known: .*99.q1"):
        function("nonsense")
    with pytest.raises(TypeError, match="'05.1'. Received: 5.1"):
        function(5.1)


def test_names_are_those_of_all_lessons_in_order(lesson):
    assert exercises.names()[-4:] == ["99.1", "99.2", "99.3", "99.q1"]
    assert exercises.names() == sorted(exercises.names(), key=lambda name: name[:2])


def test_only_the_lesson_that_is_asked_for_is_loaded(lesson, tmp_path):
    (tmp_path / "lesson_98.py").write_text("raise RuntimeError('loaded')")
    assert ft.check("99.1", 0.5).right


# --- hint, solution, quiz ---------------------------------------------------------------------------------


def test_hint_and_solution_show_as_plain_text(lesson):
    assert repr(ft.hint("99.1")) == "Half of one." == ft.hint("99.1")
    assert repr(ft.solution("99.1")) == 'ft.check("99.1", 0.5)' == ft.solution("99.1")
    for function in (ft.hint, ft.solution):
        with pytest.raises(ValueError, match="99.q1 is a question"):
            function("99.q1")


@pytest.mark.parametrize("letter", ["b", "B", " b ", "b)", "(b)", "b.", "'b'", "b\n"])
def test_a_letter_is_taken_as_it_comes(lesson, letter):
    assert repr(ft.check("99.q1", letter)) == "Right. It is."


def test_a_wrong_choice_gets_its_own_explanation(lesson):
    verdict = ft.check("99.q1", "a")
    assert verdict.right is False and verdict.message == "Not yet. It is not."


@pytest.mark.parametrize("answer", [..., None, "...", ""])
def test_a_blank_choice_says_what_to_write(lesson, answer):
    verdict = ft.check("99.q1", answer)
    assert verdict.right is None and "a letter in quotes, one of a, b." in verdict.message


@pytest.mark.parametrize("answer", ["c", "ab", "That.", 2, True, ["b"], len, np.zeros(2)])
def test_no_choice_names_the_choices(lesson, answer):
    verdict = ft.check("99.q1", answer)
    assert verdict.right is False and "The choices are a, b" in verdict.message


def test_the_quiz_as_markdown(lesson):
    assert exercises.quiz_text("99.q1", "en") == "**Which?**\n\n- **a.** This.\n- **b.** That."
    assert exercises.quiz_text("99.q1", "ko") == "**어느 것?**\n\n- **a.** 이것.\n- **b.** 저것."
    with pytest.raises(ValueError, match="Unknown language 'fr'"):
        exercises.quiz_text("99.q1", "fr")
    with pytest.raises(ValueError, match="99.1 is an exercise"):
        exercises.quiz_text("99.1", "en")


# --- language and width -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "variable, notebook, folder, expected",
    [
        ("ko", "en/01.ipynb", "en", "ko"),
        (" EN ", "ko/01.ipynb", "ko", "en"),
        (None, "/home/ko/notebooks/en/01.ipynb", "ko", "en"),
        (None, "/home/a/notebooks/ko/01.ipynb", "x", "ko"),
        (None, "notebooks\\ko\\01.ipynb", "x", "ko"),
        (None, "ko/mine/01.ipynb", "x", "ko"),
        (None, "01.ipynb", "ko", "ko"),
        (None, "ko", "x", "en"),  # a notebook of that name, not a folder
        (None, None, "ko", "ko"),
        (None, None, "x", "en"),
    ],
)
def test_language_follows_the_variable_then_the_notebook_then_the_folder(
    monkeypatch, tmp_path, variable, notebook, folder, expected
):
    for name, value in {"FTLIB_LANG": variable, "JPY_SESSION_NAME": notebook}.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    assert language() == expected


def test_a_wrong_language_is_one_clear_error(lesson, monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "kor")
    with pytest.raises(ValueError, match="language in FTLIB_LANG 'kor'. Did you mean 'ko'"):
        ft.check("99.1", 1)


def test_everything_is_said_in_korean_too(lesson, monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "ko")
    answers = [("99.1", x) for x in (0.5, 50, ..., "0.5")] + [("99.2", 8), ("99.2", lambda: 8), ("99.3", "text")]
    answers += [("99.q1", x) for x in ("a", "b", "c", ...)]
    for name, answer in answers:
        assert HANGUL.search(repr(ft.check(name, answer))), (name, answer)
    assert repr(ft.check("99.1", 50)) == "아직 아닙니다. 퍼센트 값입니다." and repr(ft.hint("99.1")) == "1의 절반."


def test_a_message_fits_the_cell():
    english, korean = "word " * 60, "한국어로 쓴 긴 문장은 " * 20
    assert max(map(len, wrap(english).splitlines())) <= 88
    assert max(map(len, repr(Verdict(False, korean)).splitlines())) <= 58  # syllables are two columns wide
    for text in (english, korean):
        assert wrap(text).split() == text.split()
    assert wrap("one\n  two\n\nthree") == "one\n  two\n\nthree"
    assert wrap("x" * 100) == "x" * 100 and "self-made" in wrap("a" * 82 + " self-made")


def test_definitions_cannot_be_changed_by_accident():
    for thing in (Text("a", "b"), Verdict(True, ""), Choice(Text("", ""), Text("", "")), Question(Text("", ""), {})):
        with pytest.raises(dataclasses.FrozenInstanceError):
            thing.text = thing.right = thing.en = None


# --- every lesson's own -----------------------------------------------------------------------------------

ALL = {name: exercises._find(name) for name in exercises.names()}
TASKS = {name: task for name, task in ALL.items() if isinstance(task, Exercise)}
QUESTIONS = {name: task for name, task in ALL.items() if isinstance(task, Question)}


def answer_of(code, name, space):
    """Runs code up to its last line, `ft.check(name, answer)`, and returns the answer."""
    *before, last = ast.parse(code).body
    called = last.value
    assert ast.unparse(called.func) == "ft.check" and ast.literal_eval(called.args[0]) == name
    exec(compile(ast.Module(before, []), name, "exec"), space)
    return eval(compile(ast.Expression(called.args[1]), name, "eval"), space)


def after_setup(name):
    space = {"__name__": "__main__"}
    exec(compile(TASKS[name].setup, f"setup of {name}", "exec"), space)
    return space


def texts(thing):
    """All texts of a definition."""
    if isinstance(thing, Text):
        return [thing]
    if isinstance(thing, dict):
        return [text for part in thing.values() for text in texts(part)]
    if dataclasses.is_dataclass(thing):
        return [text for field in dataclasses.fields(thing) for text in texts(getattr(thing, field.name))]
    return []


@pytest.mark.parametrize("name", ALL)
def test_a_definition_is_named_after_its_lesson_and_says_all_in_both_languages(name):
    kind = r"\d\d\.q\d+" if isinstance(ALL[name], Question) else r"\d\d\.\d+"
    assert re.fullmatch(kind, name)
    for text in texts(ALL[name]):
        assert text.en.strip() and text.ko.strip() and not HANGUL.search(text.en)
        if text.en != text.ko:  # a formula or a piece of code may be the same
            assert HANGUL.search(text.ko), text.ko
        else:
            assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", text.en), f"no Korean for {text.en!r}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_one_right_choice_and_explains_all(name):
    choices = QUESTIONS[name].choices
    assert "".join(choices) in ("abc", "abcd")
    assert sum(choice.right for choice in choices.values()) == 1
    for letter, choice in choices.items():
        verdict = ft.check(name, letter)
        assert verdict.right == choice.right and choice.why.en in verdict.message
    for language_ in ("en", "ko"):
        assert len({str(getattr(c.text, language_)) for c in choices.values()}) == len(choices)
        assert len({str(getattr(c.why, language_)) for c in choices.values()}) == len(choices)


def test_the_right_letter_is_not_always_the_same():
    letters = [letter for q in QUESTIONS.values() for letter, choice in q.choices.items() if choice.right]
    assert len(letters) < 6 or max(map(letters.count, letters)) <= 0.6 * len(letters)


@pytest.mark.parametrize("name", TASKS)
def test_a_hint_is_not_the_solution(name):
    task = TASKS[name]
    for text in (task.hint.en, task.hint.ko):
        assert task.solution not in text
        lines = [line.strip() for line in task.solution.splitlines()[:-1] if line.strip()]
        told = [line for line in lines if line in text]
        assert len(told) <= len(lines) / 2, f"the hint tells the solution: {told}"


@pytest.mark.parametrize(
    "name, code",
    [
        (
            "06.2",
            "def open_safely(backbone):\n    backbone.trainable = True\n    for x in backbone._flatten_layers():\n"
            "        x.trainable = not isinstance(x, keras.layers.BatchNormalization)\n    return backbone\n\n"
            'ft.check("06.2", open_safely)',
        ),
        (
            "06.3",
            'head = ft.Phase("head", "head", share=0.5, rate=1e-2)\n'
            'top = ft.Phase("top", ("stage3", "head"), share=0.5, rate=1e-4)\n'
            'ft.check("06.3", ft.Strategy("mine", "pretrained", (head, top)))',
        ),
    ],
)
def test_another_way_is_right_too(name, code):
    assert ft.check(name, answer_of(code, name, after_setup(name))).right is True


@pytest.mark.parametrize("name", TASKS)
def test_a_solution_is_right_and_its_blank_is_blank(name, capsys):
    answer = answer_of(TASKS[name].solution, name, after_setup(name))
    verdict = ft.check(name, answer)
    assert verdict.right is True, verdict
    assert verdict.message == TASKS[name].right.en
    assert ft.check(name, answer).right is True  # a cell may be run twice
    for blank in (..., None):
        assert ft.check(name, blank).right is None
    if inspect.isfunction(answer):
        for blank in (lambda *args, **options: None, lambda *args, **options: ...):
            assert ft.check(name, blank).right is None


@pytest.mark.parametrize("name", TASKS)
def test_wrong_answers_are_told_what_is_wrong_in_both_languages(name, monkeypatch):
    assert len(WRONG.get(name, ())) >= 2, f"tests/wrong_answers.py needs at least two answers for {name}"
    for code, part in WRONG[name]:
        answer = answer_of(code, name, after_setup(name))
        monkeypatch.setenv("FTLIB_LANG", "en")
        verdict = ft.check(name, answer)
        assert verdict.right is False and part in verdict.message, f"{code}\n{verdict}"
        monkeypatch.setenv("FTLIB_LANG", "ko")
        assert HANGUL.search(ft.check(name, answer).message.removeprefix("아직 아닙니다."))


def test_wrong_answers_belong_to_exercises():
    assert set(WRONG) <= set(TASKS)


def fails(*args, **options):
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("name", TASKS)
def test_an_odd_answer_is_never_right_and_never_a_traceback(name):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    odd = ["text", -12345.678, float("nan"), np.zeros((2, 3)), [], {}, object(), len, str, fails, model, (1, "a")]
    odd += [lambda *args: "text", lambda: 3, lambda *args: np.full(3, np.nan), lambda *args: args]
    for answer in odd:
        verdict = ft.check(name, answer)
        # A model that nobody has touched yet may count as blank.
        assert verdict.right is False or (answer is model and verdict.right is None), (answer, verdict)
        assert len(verdict.message) > 15
