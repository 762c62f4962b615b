"""Every lesson's exercises: their sentences, solutions, wrong and odd answers."""

import ast
import dataclasses
import importlib
import inspect
import re
import string

import keras
import numpy as np
import pytest
from wrong_answers import WRONG

import ftlib as ft
from ftlib.course import answers, checking
from ftlib.course.lessons import Exercise, Question, list_lessons, load_common_texts, load_lesson
from ftlib.course.texts import Text

HANGUL = re.compile("[가-힣]")
PARTICLE = re.compile("{[가-힣]+/[가-힣]+}")


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "en")


ALL = {name: task for number in list_lessons() for name, task in load_lesson(number).items()}
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
    kind = r"\d\d[a-z]?\.q\d+" if isinstance(ALL[name], Question) else r"\d\d[a-z]?\.\d+"
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


def test_the_letter_of_a_choice_says_nothing():
    letters = [letter for q in QUESTIONS.values() for letter, choice in q.choices.items() if choice.right]
    for letter in "abc":
        assert 0.2 < letters.count(letter) / len(letters) < 0.45


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_length_of_a_choice_says_nothing(language):
    """Who always takes the longest choice, or the shortest, is right no more often than by guessing."""
    longest = shortest = guessed = 0.0
    for name, question in QUESTIONS.items():
        lengths = {letter: len(getattr(choice.text, language)) for letter, choice in question.choices.items()}
        (right,) = (letter for letter, choice in question.choices.items() if choice.right)
        others = [length for letter, length in lengths.items() if letter != right]
        guessed += 1 / len(lengths)
        longest += lengths[right] > max(others)
        shortest += lengths[right] < min(others)
        assert lengths[right] <= 1.7 * max(others), f"{name}: the right choice is much longer than all others"
    assert longest <= guessed and shortest <= guessed


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
@pytest.mark.slow
def test_another_way_is_right_too(name, code):
    assert ft.check(name, answer_of(code, name, after_setup(name))).right is True


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_wrong_answers_are_told_what_is_wrong_in_both_languages(name, monkeypatch):
    assert len(WRONG.get(name, ())) >= 2, f"tests/wrong_answers.py needs at least two answers for {name}"
    for code, part in WRONG[name]:
        answer = answer_of(code, name, after_setup(name))
        monkeypatch.setenv("FTLIB_LANG", "en")
        verdict = ft.check(name, answer)
        assert verdict.right is False and part in verdict.message, f"{code}\n{verdict}"
        monkeypatch.setenv("FTLIB_LANG", "ko")
        assert HANGUL.search(ft.check(name, answer).message.removeprefix("아직 정답이 아닙니다."))


def test_wrong_answers_belong_to_exercises():
    assert set(WRONG) <= set(TASKS)


def fails(*args, **options):
    raise RuntimeError("on purpose")


@pytest.mark.slow
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


# --- the checks and their sentences -----------------------------------------------------------------------


def find_findings(nodes):
    """Returns the names of the values by key, for every `Mistake(...)` that stands in some code."""
    found = {}
    for call in (node for part in nodes for node in ast.walk(part) if isinstance(node, ast.Call)):
        if getattr(call.func, "id", None) == "Mistake":
            (key,) = call.args
            assert isinstance(key, ast.Constant), f"The key is not written out: {ast.unparse(call)}"
            assert all(keyword.arg for keyword in call.keywords), f"The values are not named: {ast.unparse(call)}"
            found.setdefault(key.value, []).append({keyword.arg for keyword in call.keywords})
    return found


def findings_of(module, start=None):
    """Returns the mistakes of a module; of those functions alone that one of its functions calls, if it is given."""
    nodes = ast.parse(inspect.getsource(module)).body
    if start is None:
        return find_findings(nodes)
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    waiting = [start]
    reached = []
    while waiting:
        name = waiting.pop()
        reached.append(name)
        names = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
        waiting += sorted(names & set(functions) - set(reached) - set(waiting))
    return find_findings(functions[name] for name in reached)


def fields(template):
    """Returns the placeholders of a sentence, each with how it is written."""
    parts = string.Formatter().parse(PARTICLE.sub("", template))
    return {name: (conversion, spec) for _, name, spec, conversion in parts if name is not None}


def assert_agrees(text, supplied_values):
    assert fields(text.en) == fields(text.ko), f"The languages differ in their placeholders: {text}"
    assert not PARTICLE.search(text.en)
    for values in supplied_values:
        assert set(fields(text.en)) == values, f"The check supplies {sorted(values)}, not what is in {text}"
    for conversion, spec in fields(text.en).values():
        assert format("a name" if conversion else 1, spec or "")


@pytest.mark.parametrize("name", TASKS)
def test_every_finding_has_its_sentence_and_every_sentence_its_finding(name):
    module = importlib.import_module(f"ftlib.course.lesson_{name.partition('.')[0]}")
    found = findings_of(module, TASKS[name].check.__name__)
    sentences = {**load_common_texts(), **TASKS[name].wrong}
    assert set(found) <= set(sentences), "No sentence in the data file."
    assert set(TASKS[name].wrong) <= set(found), "No check leads to this sentence."
    for key, supplied_values in found.items():
        assert_agrees(sentences[key], supplied_values)


def test_every_common_sentence_is_used_and_agrees_with_its_values():
    modules = [answers, checking, *(importlib.import_module(f"ftlib.course.lesson_{n}") for n in list_lessons())]
    texts = load_common_texts()
    used = set()
    for module in modules:
        for key, supplied_values in findings_of(module).items():
            if module in (answers, checking) or key in texts:
                assert_agrees(texts[key], supplied_values)
                used.add(key)
    assert used == set(texts)


def test_no_sentence_of_a_lesson_hides_a_common_one():
    assert not [name for name, task in TASKS.items() if set(task.wrong) & set(load_common_texts())]


def test_a_lesson_checks_what_its_data_file_defines():
    for number in list_lessons():
        module = importlib.import_module(f"ftlib.course.lesson_{number}")
        assert list(module.CHECKS) == [name for name in TASKS if name.startswith(f"{number}.")]
