"""The builder of the lessons, on tiny ones; and the lessons: in step, clean, the same in both languages."""

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from lessons import editions  # noqa: E402
from lessons.korean import compare_numbers, find_table, find_untranslated, read_table, skeleton  # noqa: E402
from lessons.minutes import estimate_minutes  # noqa: E402
from lessons.source import SOURCE_FILES, Cell, LessonError, number_of, read_lesson_source  # noqa: E402

import notebooks  # noqa: E402

FOLDER = ROOT / "notebooks"
SOURCES = sorted((FOLDER / "source").glob(SOURCE_FILES))
BOOKS = [FOLDER / language / f"{path.stem}.ipynb" for path in SOURCES for language in ("en", "ko")]

EN, KO, CODE = '# %% [markdown] lang="en"\n', '# %% [markdown] lang="ko"\n', "# %%\n"
TITLE = f"{EN}# # Tiny\n#\n# One sentence.\n{KO}# # 작은 수업\n#\n# 한 문장.\n"


# --- the builder ------------------------------------------------------------------------------------------


@pytest.fixture
def lesson(tmp_path):
    """Writes a source after the title and builds it; returns what the builder says."""
    (tmp_path / "source").mkdir()

    def build(source, **options):
        path = tmp_path / "source" / "99_tiny.py"
        path.write_text(TITLE + source, encoding="utf-8")
        return notebooks.build_lesson(path, tmp_path, **options)

    def translate(table):
        (tmp_path / "source" / "ko").mkdir(exist_ok=True)
        (tmp_path / "source" / "ko" / "99.toml").write_text(table, encoding="utf-8")

    build.folder = tmp_path
    build.translate = translate
    build.text = lambda language: (tmp_path / language / "99_tiny.ipynb").read_text(encoding="utf-8")
    build.book = lambda language: without_bootstrap(nbformat.reads(build.text(language), as_version=4))
    return build


def without_bootstrap(book):
    book.cells = [c for c in book.cells if "bootstrap" not in c.metadata.get("tags", [])]
    return book


def prose(en, ko):
    return f"{EN}# {en}\n{KO}# {ko}\n"


def test_both_editions_have_the_same_code_and_outputs_and_their_own_text(lesson):
    lesson(f"{CODE}x = 2 + 2\nprint('one')\nx\n" + prose("It is {{x}}.", "{{x}}입니다."))
    en, ko = lesson.book("en"), lesson.book("ko")
    assert [c for c in en.cells if c.cell_type == "code"] == [c for c in ko.cells if c.cell_type == "code"]
    assert [c["id"] for c in en.cells] == [c["id"] for c in ko.cells] == ["99-001", "99-002", "99-003"]
    assert en.cells[2].source == "It is 4." and ko.cells[2].source == "4입니다."
    assert "(../ko/99_tiny.ipynb)" in en.cells[0].source and "(../en/99_tiny.ipynb)" in ko.cells[0].source
    assert [o.output_type for o in en.cells[1].outputs] == ["stream", "execute_result"]
    assert en.metadata.accelerator == "GPU" and en.metadata.kernelspec.name == "python3"


def test_placeholders_take_a_format_both_kinds_of_quotes_and_leave_no_name_behind(lesson):
    names = prose("""{{1 / 3:.2f}} {{"a" + 'b'}}""", "{{x['k']}}")
    names += f"{CODE}print([n for n in set(dir()) - before if n[0] != '_'])\n"
    lesson(f"{CODE}x = {{'k': 5}}\nbefore = None\nbefore = set(dir())\n" + names)
    en, ko = lesson.book("en"), lesson.book("ko")
    assert en.cells[2].source == "0.33 ab" and ko.cells[2].source == "5"
    assert en.cells[3].outputs[0].text == "[]\n"


def test_building_twice_gives_the_same_bytes_also_when_executed_again(lesson):
    source = f"{CODE}import time\nprint('a', flush=True)\ntime.sleep(0.1)\nprint('b')\n"
    assert "executed (new)" in lesson(source)
    first = lesson.text("en"), lesson.text("ko")
    assert "up to date" in lesson(source)
    assert (lesson.text("en"), lesson.text("ko")) == first
    assert "executed (asked for)" in lesson(source, when="always")
    assert (lesson.text("en"), lesson.text("ko")) == first


def test_only_changed_code_is_executed(lesson):
    mark = lesson.folder / "runs"
    source = f"{CODE}with open('../runs', 'a') as f:  # from the folder of the edition\n    f.write('x')\nn = 3\n"
    lesson(source)
    assert "text rebuilt" in lesson(source + prose("More.", "더."))
    assert mark.read_text() == "x"
    assert "other numbers" in lesson(source + prose("More {{n}}.", "더."))
    assert mark.read_text() == "xx"
    assert "text rebuilt" in lesson(source + prose("More {{n}} and {{n}}.", "더 {{n}}."))
    assert "its code changed" in lesson(source.replace("n = 3", "n = 4") + prose("More {{n}}.", "더."))
    assert mark.read_text() == "xxx"
    assert "More 4." in lesson.text("en")


def test_a_change_of_the_library_or_of_recorded_results_counts(lesson, monkeypatch):
    source = f"{CODE}n = 3\n"
    lesson(source)
    monkeypatch.setattr(notebooks, "library_checksum", lambda: "another")
    assert "up to date" in lesson(source)
    assert "the library changed" in lesson(source, when="library")
    assert "up to date" in lesson(source, when="library")
    monkeypatch.setattr(notebooks, "results_checksum", lambda cells: "another")
    assert "recorded results changed" in lesson(source)


def test_the_checksum_of_results_covers_those_that_are_read():
    cells = [notebooks.read_lesson_source(path) for path in SOURCES]
    assert notebooks.results_checksum([]) == notebooks.results_checksum([type("Cell", (), {"code": "x = 1"})])
    assert all(notebooks.results_checksum(c) for c in cells)
    one = type("Cell", (), {"code": 'track.recorded("digits")'})
    assert notebooks.results_checksum([one]) != notebooks.results_checksum([])
    code = 'sorted(records_folder("benchmarks/results").glob("hardware_*.json"))'
    assert notebooks.results_checksum([type("Cell", (), {"code": code})]) != notebooks.results_checksum([])


def test_a_record_that_comes_out_again_makes_no_lesson_stale(tmp_path, monkeypatch):
    record = json.loads((ROOT / "results" / "presets.json").read_text(encoding="utf-8"))
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)

    def checksum_of(changed):
        (tmp_path / "results" / "presets.json").write_text(json.dumps(changed), encoding="utf-8")
        return notebooks.results_checksum([type("Cell", (), {"code": 'track.recorded("presets")'})])

    marked = {**record, "settings": {**record["settings"], "code": "another", "checked": "with this code"}}
    measured = {**record, "rows": record["rows"][1:]}
    assert checksum_of(marked) == checksum_of(record) != checksum_of(measured)


REFUSED = {
    "a cell without its twin": (f"{EN}# Alone.\n{CODE}x = 1\n", 'lang="ko"'),
    "a twin in the wrong order": (f"{KO}# 먼저.\n{EN}# Second.\n", "Received"),
    "a cell in no language": ("# %% [markdown]\n# Nobody's.\n", "None"),
    "a magic": (f"{CODE}%timeit 1\n", "nbval"),
    "a shell command": (f"{CODE}!ls\n", "nbval"),
    "a cell of 26 lines": (CODE + "x = 1\n" * 26, "at most 25"),
    "a line of 89 columns": (f"{CODE}x = '{'a' * 83}'\n", "89 columns, at most 88"),
    "a tag that nobody knows": ('# %% tags=["skip"]\nx = 1\n', "tags"),
    "a cell that must fail": ('# %% tags=["raises-exception"]\n1 / 0\n', "tags"),
    "an empty cell": (f"{CODE}{CODE}x = 1\n", "empty"),
    "a placeholder before any code": (prose("{{x}}", "가"), "before any code"),
    "a placeholder without an answer": (f"{CODE}x = 1\n" + prose("{{y}}", "가"), "'y' is not defined"),
    "a cell that fails": (f"{CODE}1 / 0\n", "ZeroDivisionError"),
    "a warning": (f"{CODE}import warnings\nwarnings.warn('old')\n", "stderr"),
    "a path of this machine": (f"{CODE}print('/home/me/x')\n", "/home/me/x"),
    "an address in memory": (f"{CODE}object()\n", "0x"),
    "an address on the web": (f"{CODE}print('https://example.org')\n", "example.org"),
    "a figure without alt text": (
        f"{CODE}from IPython.display import Image, display\n"
        "display({'image/png': 'aGk=', 'text/plain': 'x'}, raw=True)\n",
        "alt text",
    ),
    "a table in HTML": (f"{CODE}from IPython.display import HTML\nHTML('<b>x</b>')\n", "text/html"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_reader_should_not_get_is_refused_and_nothing_is_written(lesson, what):
    source, message = REFUSED[what]
    with pytest.raises(LessonError) as error:
        lesson(source)
    assert message in str(error.value) and "99_tiny" in str(error.value)
    assert list(lesson.folder.rglob("*.ipynb")) == [] and list(lesson.folder.rglob("*.part")) == []


def test_a_failure_keeps_the_notebooks_that_were_there(lesson):
    lesson(f"{CODE}x = 1\n")
    before = lesson.text("en"), lesson.text("ko")
    with pytest.raises(LessonError):
        lesson(f"{CODE}x = 1 / 0\n")
    assert (lesson.text("en"), lesson.text("ko")) == before


def test_a_figure_keeps_its_alt_text_and_no_other_metadata(lesson):
    lesson(f"{CODE}import ftlib as ft\nfrom matplotlib.figure import Figure\nft.show(Figure(), alt='An empty page.')\n")
    [output] = lesson.book("ko").cells[1].outputs
    assert output.metadata["image/png"]["alt"] == output.data["text/plain"] == "An empty page."
    assert set(output.data) == {"image/png", "text/plain"}


def test_of_a_figure_with_sliders_the_figure_is_kept_and_no_widget(lesson):
    pytest.importorskip("ipywidgets")
    draw = "def draw(width):\n    return ft.plots.bars({'x': width}, None, 'Width')\n"
    lesson(f"{CODE}import ftlib as ft\n{draw}ft.explore(draw, {{'width': [1, 2]}}, alt='A bar.')\n")
    [output] = lesson.book("en").cells[1].outputs
    assert set(output.data) == {"image/png", "text/plain"} and output.data["text/plain"] == "A bar."
    assert "widget" not in lesson.text("en") and "widget" not in lesson.text("ko")


def test_a_package_that_is_missing_here_is_not_asked_for_in_a_stored_lesson(lesson):
    hide = "import sys\nsys.modules['ipywidgets'] = None\nimport ftlib as ft\nimport numpy as np\n"
    paint = "ft.paint(lambda image: ft.plots.image_grid(image[None]), np.zeros((2, 2)), alt='Black.')\n"
    with pytest.raises(LessonError, match="make setup"):
        lesson(f"{CODE}{hide}{paint}")


def test_asserts_at_the_end_of_a_cell_are_folded_in_a_cell_of_their_own(lesson):
    code = "for n in (1, 2):\n    assert n\nx = 3\nprint(x)\n\n# Three.\nassert x == 3\nassert (\n    x > 2\n)\n"
    lesson(f"{CODE}{code}" + prose("It is {{x}}.", "{{x}}입니다.") + f"{CODE}x = 4\nx\n")
    shown, check, text, last = lesson.book("en").cells[1:]
    assert shown.source == "for n in (1, 2):\n    assert n\nx = 3\nprint(x)" and shown.outputs[0].text == "3\n"
    assert check.source == "# Three.\nassert x == 3\nassert (\n    x > 2\n)" and check.outputs == []
    assert check.metadata.jupyter.source_hidden and check.metadata.tags == ["hide-input"]
    assert text.source == "It is 3." and last.execution_count == 3
    assert [c["id"] for c in (shown, check, text, last)] == ["99-002", "99-002-check", "99-003", "99-004"]


def test_a_broken_claim_stops_the_building_also_where_it_is_folded(lesson):
    with pytest.raises(LessonError, match="AssertionError"):
        lesson(f"{CODE}x = 3\nassert x == 4\n")


def test_an_exercise_keeps_its_asserts(lesson):
    lesson('# %% tags=["exercise"]\nx = 3\nassert x == 3\n')
    assert [c.source for c in lesson.book("en").cells[1:]] == ["x = 3\nassert x == 3"]


def test_asserts_at_the_end_do_not_count_as_lines_to_read(lesson):
    lesson(CODE + "x = 1\n" * 25 + "assert x == 1\n")


def test_a_cell_with_the_tag_folded_hides_its_code_and_shows_its_outputs(lesson):
    lesson('# %% tags=["folded", "timing"]\nprint(3)\n')
    cell = lesson.book("ko").cells[1]
    assert cell.metadata.jupyter.source_hidden and cell.metadata.cellView == "form"
    assert cell.metadata.tags == ["timing", "hide-input"] and cell.outputs[0].text == "3\n"


def test_minutes_come_from_what_there_is_to_read_and_to_do(lesson):
    words = "word " * 1800  # ten minutes
    body = f"{CODE}x = 1\n" + prose(words, "말")
    lesson(prose("⏱ {{minutes}} minutes", "⏱ {{minutes}}분") + body)
    assert "10 minutes" in lesson.book("en").cells[1].source and "10분" in lesson.book("ko").cells[1].source
    asks = '# %% tags=["exercise"]\nft.check("01.1", ...)\n'
    cells = read_lesson_source_of(lesson, TITLE + body + asks)
    assert estimate_minutes(cells) == 15
    asserts = "".join(f"assert x != {n}\n" for n in range(2, 40))
    assert estimate_minutes(read_lesson_source_of(lesson, TITLE + body + asks + f"{CODE}x = 1\n{asserts}")) == 15


def test_a_section_marked_as_extra_has_minutes_of_its_own(lesson):
    def section(heading, korean, words):
        return prose(f"## {heading}", f"## {korean}") + prose("word " * words, "말") + f"{CODE}x = 1\n"

    opening = "⏱ {{minutes}} minutes, {{extra minutes}} more", "⏱ {{minutes}}분, {{extra minutes}}분 더"
    lesson(
        prose(*opening)
        + section("Main", "본문", 900)
        + section("More (extra)", "더 (심화)", 1800)
        + section("End", "끝", 900)
    )
    assert "⏱ 10 minutes, 10 more" in lesson.book("en").cells[1].source
    assert "⏱ 10분, 10분 더" in lesson.book("ko").cells[1].source


def read_lesson_source_of(lesson, source):
    path = lesson.folder / "source" / "99_tiny.py"
    path.write_text(source, encoding="utf-8")
    return read_lesson_source(path)


def test_check_raises_on_a_stale_notebook_and_on_one_edited_by_hand(lesson):
    lesson(f"{CODE}x = 1\n")
    lesson(f"{CODE}x = 1\n", check=True)
    with pytest.raises(LessonError, match="stale"):
        lesson(f"{CODE}x = 2\n", check=True)
    path = lesson.folder / "ko" / "99_tiny.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("한 문장", "두 문장"), encoding="utf-8")
    with pytest.raises(LessonError, match="notebooks/ko"):
        lesson(f"{CODE}x = 1\n", check=True)


def test_a_quiz_is_filled_in_without_executing(lesson):
    name = next(n for n in exercises().names() if ".q" in n)
    source = f"{CODE}x = 1\n"
    lesson(source)
    assert "text rebuilt" in lesson(source + prose(f"{{{{quiz {name}}}}}", f"{{{{quiz {name}}}}}"))
    assert exercises().quiz_text(name, "ko") == lesson.book("ko").cells[2].source


def test_a_lesson_with_a_table_is_executed_in_korean_too(lesson):
    source = f"{CODE}names = {{'small': 3}}\nprint(f\"{{len(names)}} name: {{names['small']}}\")\n"
    source += prose("It is {{names['small']}}.", "{{names['small']}}입니다.")
    assert "executed (new)" in lesson(source)
    english = lesson.text("en")
    lesson.translate("[korean]\n\"{len(names)} name: {names['small']}\" = \"이름 {len(names)}개: {names['small']}\"\n")
    assert "executed (its code changed)" in lesson(source)
    assert lesson.text("en") == english
    cell, text = lesson.book("ko").cells[1:]
    assert cell.source.endswith("""print(f"이름 {len(names)}개: {names['small']}")""")
    assert cell.outputs[0].text == "이름 1개: 3\n" and text.source == "3입니다."
    assert "up to date" in lesson(source)


def test_the_korean_edition_answers_and_numbers_are_compared(lesson):
    source = f"{CODE}import os\nprint('five', os.environ['FTLIB_LANG'])\n"
    lesson.translate('[korean]\nfive = "다섯"\n')
    lesson(source)
    assert [lesson.book(language).cells[1].outputs[0].text for language in ("en", "ko")] == ["five en\n", "다섯 ko\n"]
    lesson.translate('[korean]\nfive = "5"\n')
    with pytest.raises(LessonError, match="other numbers in Korean"):
        lesson(source)


def test_badges_follow_the_address_of_the_repository(lesson, monkeypatch):
    source = f"{CODE}x = 1\n"
    lesson(source)
    assert "colab.research" not in lesson.text("en")
    project = {**editions.project(), "urls": {"Repository": "https://github.com/someone/course"}}
    for module in (notebooks, editions):
        monkeypatch.setattr(module, "project", lambda: project)
    assert "text rebuilt" in lesson(source)
    for language in ("en", "ko"):
        place = f"someone/course/blob/v{project['version']}/notebooks/{language}/"
        assert f"colab.research.google.com/github/{place}" in lesson.book(language).cells[0].source
    assert "up to date" in lesson(source)


# --- the lessons ------------------------------------------------------------------------------------------


def exercises():
    from ftlib.course import checking as exercises

    return exercises


def book(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [c for c in without_bootstrap(book(path)).cells if c.cell_type == "code"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_the_notebooks_are_what_their_source_gives(source):
    notebooks.build_lesson(source, FOLDER, check=True)


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_the_editions_have_the_same_code_but_for_its_words_and_print_the_same_numbers(source):
    en, ko = (code_cells(FOLDER / language / f"{source.stem}.ipynb") for language in ("en", "ko"))
    if not find_table(source).exists():
        assert en == ko
        return
    assert [skeleton(cell.source) for cell in en] == [skeleton(cell.source) for cell in ko]
    assert [cell.metadata.get("tags", []) for cell in en] == [cell.metadata.get("tags", []) for cell in ko]
    compare_numbers(*([as_cell(cell) for cell in edition] for edition in (en, ko)), source.stem)


def as_cell(cell):
    values = cell.metadata.ftlib.get("values", {})
    return Cell(cell.source, tags=cell.metadata.get("tags", []), outputs=cell.outputs, values=values)


@pytest.mark.parametrize("source", [s for s in SOURCES if find_table(s).exists()], ids=lambda p: p.stem)
def test_whatever_a_reader_of_the_code_sees_has_its_korean(source):
    assert find_untranslated(read_lesson_source(source), read_table(source)) == []


@pytest.mark.parametrize("source", [s for s in SOURCES if find_table(s).exists()], ids=lambda p: p.stem)
def test_figures_and_exercises_of_the_korean_edition_speak_korean(source):
    for cell in code_cells(FOLDER / "ko" / f"{source.stem}.ipynb"):
        for output in cell.outputs:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            assert alt is None or re.search("[가-힣]", alt)
            if "exercise" in cell.metadata.get("tags", []) and "data" in output:
                assert re.search("[가-힣]", output.data["text/plain"])


def test_what_several_lessons_say_occurs_in_one_of_them():
    tables = []
    for source in SOURCES:
        tables.append(read_table(source))
        find_untranslated(read_lesson_source(source), tables[-1])
    used = {text for table in tables for text in table.used}
    assert [text for text in tables[0].common if text not in used] == []


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_output_belongs_to_the_code_above_it(path):
    from digest import text

    cells = code_cells(path)
    assert [c.metadata.ftlib.sha256 for c in cells] == [text(c.source) for c in cells]
    assert [c.execution_count for c in cells] == list(range(1, len(cells) + 1))


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_link_of_a_lesson_leads_somewhere(path):
    text = "\n".join(c.source for c in book(path).cells if c.cell_type == "markdown")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", BOOKS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_lessons_have_the_same_frame_in_every_edition(path):
    cells = book(path).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    wanted = {
        "en": ("**Questions**", "**You will**", "## Quiz", "## Key points", "## Next", "**Predict.**"),
        "ko": ("**질문**", "**이 수업을 마치면**", "## 퀴즈", "## 핵심 정리", "## 다음 수업", "**예측해 보세요.**"),
    }[path.parent.name]
    assert [part for part in wanted if part not in text] == []
    assert "{{" not in text
    assert sum("assert " in c.source or "ft.prove(" in c.source for c in cells if c.cell_type == "code") >= 4


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_a_lesson_states_the_minutes_that_the_formula_gives(source):
    minutes = estimate_minutes(read_lesson_source(source))
    for language, words in {"en": f"⏱ {minutes} minutes", "ko": f"⏱ {minutes}분"}.items():
        opening = book(FOLDER / language / f"{source.stem}.ipynb").cells[0].source
        assert words in opening, f"write {{{{minutes}}}} in place of the number; it is {minutes}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_no_measured_number_is_typed(source):
    """Accuracies come from cells; what a text may say by itself are round numbers, such as 95 % intervals."""
    typed = []
    for cell in read_lesson_source(source):
        for text in (cell.text or {}).values():
            typed += re.findall(r"\d+\.\d+ ?%", re.sub(r"\{\{.*?\}\}", "", text))
    assert typed == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_every_exercise_of_a_lesson_is_defined_and_every_definition_used(source):
    number = number_of(source)
    code = "\n".join(c.code for c in read_lesson_source(source) if c.code is not None)
    used = re.findall(r'ft\.check\("([\w.]+)"', code)
    assert used == sorted(used, key=lambda name: ("q" in name, name)), "in their order, the quiz last"
    assert set(used) == {name for name in exercises().names() if name.startswith(f"{number}.")}


# Words that once stood for the same thing as another one, which is kept; the glossary has them as other names.
OTHER_WORDS = {
    "탐침": "프로브",
    "누출": "데이터 누수",
    "벌점을": "페널티를",
    "드리프트": "특징 변화량",
    "해결책": "대책",
    "요령": "기법",
    "선형 배율": "선형 스케일링",
    "실행 환경(": "런타임(",
    "줄어드는 학습률": "층별로 낮아지는 학습률",
    "범위 시험": "범위 테스트",
    "반사실 시험": "반사실 테스트",
    "까닭": "이유",
}


def test_korean_has_one_word_for_one_thing():
    paths = [*SOURCES, *(ROOT / "slides" / "source").glob("*.md"), *(ROOT / "ftlib" / "course").glob("*.toml")]
    paths += (FOLDER / "source" / "ko").glob("*.toml")
    found = []
    for path in paths:
        if re.search(r"(11_|12_|lesson_11|lesson_12)", path.name):
            continue  # they tell of other things
        text = path.read_text(encoding="utf-8")
        found += [f"{path.name}: {word}, not {kept}" for word, kept in OTHER_WORDS.items() if word in text]
    assert found == []


def test_the_map_names_every_lesson():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    missing = [p.stem for p in SOURCES for language in ("en", "ko") if f"({language}/{p.stem}.ipynb)" not in text]
    assert missing == []


def test_there_is_no_notebook_without_a_source():
    made = {p.stem for language in ("en", "ko") for p in (FOLDER / language).glob("*.ipynb")}
    assert made == {p.stem for p in SOURCES}


def test_notebooks_hold_no_state_of_a_viewer():
    for path in BOOKS:
        data = json.loads(path.read_text(encoding="utf-8"))
        assert set(data["metadata"]) == {"accelerator", "colab", "ftlib", "kernelspec", "language_info"}
        folded = {"jupyter": {"source_hidden": True}, "cellView": "form"}
        for cell in data["cells"]:
            state = {key: value for key, value in cell["metadata"].items() if key not in ("ftlib", "tags")}
            assert state == (folded if "hide-input" in cell["metadata"].get("tags", ()) else {})


@pytest.mark.slow
def test_a_summary_of_keras_is_kept_as_text(lesson):
    layers = "layers = [keras.Input((3,)), keras.layers.Dense(2, name='last')]\n"
    lesson(f"{CODE}import keras\n{layers}keras.Sequential(layers, name='tiny').summary()\n")
    text = "".join(output.data["text/plain"] for output in lesson.book("en").cells[1].outputs)
    assert "last (Dense)" in text and "\x1b" not in text
    assert all(set(output.data) == {"text/plain"} for output in lesson.book("en").cells[1].outputs)


def test_a_short_sound_may_be_listened_to_and_nothing_else_in_html():
    from IPython.display import Audio
    from lessons.kernel import _output

    from ftlib.sound import to_wav_bytes

    player = Audio(to_wav_bytes([0.0] * 800, 8000))._repr_html_()
    output = {"output_type": "execute_result", "data": {"text/html": player, "text/plain": "<Audio>"}, "metadata": {}}
    kept = _output(output, 1, "here")
    assert kept["data"] == {"text/html": player, "text/plain": "A sound to listen to."}
    for other in (player + "<b>x</b>", player.replace("audio/wav", "text/html"), player.replace("UklG", "U" * 70_000)):
        output["data"]["text/html"] = other
        with pytest.raises(LessonError, match="short sounds. Received: text/html"):
            _output(output, 1, "here")
