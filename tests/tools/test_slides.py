"""The slides: complete in both languages, every number from a record, and the records those of the lessons."""

import json
import re
import sys
from pathlib import Path

import pytest
from canvas import assert_texts_have_room

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from decks import draw, figures, live, press  # noqa: E402
from decks.figures.practice import operations_per_byte  # noqa: E402
from decks.records import Names, Record, fill, lesson, value  # noqa: E402
from decks.source import LANGUAGES, TYPED, DeckError, read_deck, typed  # noqa: E402
from lessons import source as lesson_source  # noqa: E402

import ftlib as ft  # noqa: E402
import notebooks  # noqa: E402
import slides  # noqa: E402

SOURCES = sorted((ROOT / "slides" / "source").glob("*.md"))
LESSON_PATHS = sorted((ROOT / "notebooks" / "source").glob(lesson_source.SOURCE_FILES))
LESSONS = {lesson_source.number_of(path): path for path in LESSON_PATHS}
names = Names()


def decks():
    return {path: read_deck(path) for path in SOURCES}


def by_deck(test):
    return pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)(test)


# --- the decks --------------------------------------------------------------------------------------------


def test_there_are_six_decks_of_a_lesson_each_and_the_last_grows():
    names = ["1_training", "2_transfer", "3_decide", "4_beware", "5_practice", "6_domains"]
    assert [path.stem for path in SOURCES] == names
    sizes = [len(decks()[path]) for path in SOURCES]
    assert all(15 <= size <= 22 for size in sizes[:-1])
    assert 10 <= sizes[-1] <= 22  # two of its five lessons are there


@by_deck
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_can_be_filled_and_every_claim_holds(path, language):
    text = slides.fill_edition(path, read_deck(path), language, names)
    assert "{{" not in text
    assert re.search(r"\bnan\b", text) is None


@by_deck
def test_every_figure_is_known_and_has_words_for_those_who_do_not_see_it(path):
    for slide in read_deck(path):
        for language in LANGUAGES:
            for alt, name in slide.figures(language):
                assert name in figures.FIGURES, f"{slide.where}: no figure {name!r}"
                assert len(alt.split()) >= 6, f"{slide.where}: {alt!r} does not say what the figure shows"


def test_every_figure_is_used():
    used = {name for deck in decks().values() for slide in deck for _, name in slide.figures()}
    assert sorted(set(figures.FIGURES) - used) == []


@pytest.mark.slow
def test_figures_from_records_can_be_drawn():
    """Those that run a lesson or draw images again are left to `make slides`."""
    many = ("by_labels", "far", "held", "prices", "phases", "chain_rule", "lead_by_labels", "presets")
    for name in (*many, "intensity", "by_donor"):
        fig = figures.FIGURES[name](names)
        assert_texts_have_room(fig)
        assert fig.get_figwidth() == draw.WIDTH and fig.get_figheight() <= draw.HEIGHT, name


@by_deck
def test_no_measured_number_is_typed(path):
    """`read` refuses them; here is the list of what may stand, so that nobody extends it in passing."""
    assert set(TYPED) == {"95%", "10%"}
    for slide in read_deck(path):
        assert [hit for language in LANGUAGES for hit in typed(slide.text(language))] == []


@by_deck
def test_most_slides_ask_the_class_something_and_say_what_to_show(path):
    deck = read_deck(path)
    assert sum("Ask" in slide.notes["en"] for slide in deck) >= len(deck) - 2
    assert all("Show" in slide.notes["en"] for slide in deck)


@by_deck
def test_notes_name_headings_and_functions_that_exist(path):
    pattern = {"en": r'\blesson (\d\d[a-z]?), (?:from )?"([^"]+)"', "ko": r'(\d+[a-z]?)강, "([^"]+)"'}
    for slide in read_deck(path):
        for language in LANGUAGES:
            for number, heading in re.findall(pattern[language], slide.text(language)):
                text = LESSONS[re.sub(r"^\d+", lambda digits: digits[0].zfill(2), number)].read_text(encoding="utf-8")
                assert re.search(rf"^# #+ {re.escape(heading)}$", text, re.M), f"{slide.where}: no {heading!r}"
            for name in re.findall(r"\bft\.(\w+)", slide.text(language)):
                assert name in ft.__all__, f"{slide.where}: there is no ft.{name}"


# --- slides and lessons agree -----------------------------------------------------------------------------

# What a lesson shows, and the same from the record, as slides show it.
SAME = {
    ("05", "100 * ahead[1]:.0f"): '100 * (digits("feature_extraction_long", 1) - digits("scratch", 1)):.0f',
    ("05", "100 * ahead[10]:.1f"): '100 * (digits("feature_extraction_long", 10) - digits("scratch", 10)):.1f',
    ("05", "100 * ahead[50]:.1f"): '100 * (digits("feature_extraction_long", 50) - digits("scratch", 50)):.1f',
    ("06", '100 * digits["lp_ft"][0]:.1f'): '100 * digits("lp_ft", 10):.1f',
    ("06", '100 * textures["scratch"][0]:.1f'): '100 * textures("scratch"):.1f',
    ("06", '100 * seeds("rate 0.0001", "source_accuracy")[0]:.0f'):
        '100 * fine_tuning("rate 0.0001", of="source_accuracy"):.0f',
    ("06", '100 * seeds("head first", "source_accuracy")[0]:.1f'):
        '100 * fine_tuning("head first", of="source_accuracy"):.1f',
    ("02", '100 * (levels["light", 300] - levels["none", 300]):.0f'):
        '100 * (presets("light, 300 updates", of="val_accuracy")'
        ' - presets("none, 300 updates", of="val_accuracy")):.0f',
    ("09", 'level("none"):.1f'): '100 * anchors("none", of="source_accuracy"):.1f',
    ("09", 'level("L2-SP 1"):.1f'): '100 * anchors("L2-SP 1", of="source_accuracy"):.1f',
    ("01b", "100 * by_labels[1][0]:.0f"): '100 * digits("scratch", 1, of="val_accuracy"):.0f',
}  # fmt: skip


@pytest.mark.parametrize("place", SAME, ids=" ".join)
def test_a_lesson_shows_the_number_that_is_recorded(place):
    assert lesson(*place) == value(SAME[place], names), f"lesson {place[0]} is behind results/: make notebooks"


def test_a_figure_counts_bytes_as_the_lesson_does():
    small, large = ({name: operations_per_byte(name, b) for name in ("glyphnet", "MobileNetV2")} for b in (1, 512))
    assert f"{large['glyphnet'] / small['glyphnet']:.0f}" == lesson("16", 'large["glyphnet"] / small["glyphnet"]:.0f')
    assert f"{large['MobileNetV2']:.0f}" == lesson("16", 'large["MobileNetV2"]:.0f')


def test_the_lessons_were_built_with_the_records_that_slides_show():
    used = Names()
    for path, deck in decks().items():
        slides.fill_edition(path, deck, "en", used)
    assert {"digits", "textures", "fine-tuning", "presets", "anchors", "bias", "transfer"} <= used.used
    for path in LESSONS.values():
        cells = lesson_source.read_lesson_source(path)
        code = "\n".join(cell.code for cell in cells if cell.code is not None)
        book = ROOT / "notebooks" / "en" / f"{path.stem}.ipynb"
        if not book.exists() or not any(f'recorded("{name}")' in code for name in used.used):
            continue
        stored = json.loads(book.read_text(encoding="utf-8"))["metadata"]["ftlib"]["results"]
        assert stored == notebooks.results_checksum(cells), f"{book.name} was built with another record: make notebooks"


def test_the_lessons_still_define_what_figures_run_them_for():
    for number, wanted in live.WANTED.items():
        code = LESSONS[number].read_text(encoding="utf-8")
        missing = [name for name in wanted if not re.search(rf"^(?:_, )?{name} = ", code, re.M)]
        assert missing == [], f"lesson {number} has no {missing}, which tools/decks/live.py takes from it"


def test_a_changed_record_is_noticed(tmp_path):
    data = json.loads((ROOT / "results" / "textures.json").read_text(encoding="utf-8"))
    for row in data["rows"]:
        row["test_accuracy"] *= 0.9
    (tmp_path / "textures.json").write_text(json.dumps(data))
    changed = Names()
    changed["textures"] = Record(tmp_path / "textures.json")
    place = ("06", '100 * textures["scratch"][0]:.1f')
    assert lesson(*place) != value(SAME[place], changed)


# --- what the builder refuses -----------------------------------------------------------------------------

EN = "\n<!-- en -->\n# Title\n\n{}\n<!--\nSay: a\n-->\n"
KO = "\n<!-- ko -->\n# 제목\n\n{}\n<!--\n말하기: 가\n-->\n"
LONG = "```\n" + "x" * 70 + "\n```"
LEAD = "<!-- lead -->\n" + EN.format("a") + KO.format("가") + "\n---\n"


def deck(tmp_path, slide):
    path = tmp_path / "9_tiny.md"
    path.write_text(LEAD + slide, encoding="utf-8")
    return path, read_deck(path)


REFUSED = {
    "a slide without its twin": (EN.format("Alone."), "neither|twin"),
    "a slide without notes": ("\n<!-- en -->\n# Title\n\nText.\n" + KO.format("글."), "notes"),
    "an unknown kind": ("\n<!-- fancy -->\n" + EN.format("a") + KO.format("가"), "kind"),
    "another figure in the twin": (EN.format("![a b](far)") + KO.format("![가 나](held)"), "figures differ"),
    "a figure without alt text": (EN.format("![](far)") + KO.format("![가 나](far)"), "alt text"),
    "an alt text that Marp obeys": (EN.format("![high contrast here](far)") + KO.format("![가 나](far)"), "'contrast'"),
    "another number in the twin": (EN.format("{{1}}") + KO.format("{{2}}"), "placeholders differ"),
    "other code in the twin": (EN.format("```\na\n```") + KO.format("```\nb\n```"), "code differ"),
    "one point less in the twin": (EN.format("- a\n- b") + KO.format("- 가"), "points differ"),
    "too many words": (EN.format("word " * 40) + KO.format("말"), "for the last row"),
    "a line of code that is too long": (EN.format(LONG) + KO.format(LONG), "characters"),
    "a typed percentage": (EN.format("It reads 97 %.") + KO.format("읽습니다."), "'97 %' is typed"),
    "a typed decimal": (EN.format("a") + KO.format("손실은 0.31입니다."), "'0.31' is typed"),
    "a second lead": ("<!-- lead -->\n" + EN.format("a") + KO.format("가"), "first slide"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_an_audience_should_not_get_is_refused(tmp_path, what):
    slide, message = REFUSED[what]
    with pytest.raises(DeckError, match=message) as error:
        deck(tmp_path, slide)
    assert "9_tiny.md" in str(error.value)


@pytest.mark.parametrize(
    "expression, message",
    [
        ('digits("scratch"):.1f', "one cell"),  # with 1, 3, 10 or 50 labels?
        ('digits("nobody", 1):.1f', "one cell"),
        ('missing("scratch"):.1f', "NameError"),
        ("lesson 01: no_such_name", "no such placeholder"),
        ("lesson 99: x", "no notebook of lesson 99"),
        ("printed 06: (never printed)", "none"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_number_that_cannot_be_filled_stops_the_build(expression, message):
    with pytest.raises(DeckError, match=message):
        fill(f"It is {{{{{expression}}}}}.", names, "slide 1")


def test_a_claim_that_does_not_hold_stops_the_build(tmp_path):
    path, made = deck(tmp_path, '\n<!-- holds: digits("scratch", 1) > 0.99 -->\n' + EN.format("a") + KO.format("가"))
    with pytest.raises(DeckError, match="no longer true"):
        slides.fill_edition(path, made, "en", names)


def test_an_edition_is_marp_with_its_notes(tmp_path):
    filled = "{{100 * digits('scratch', 1):.1f}}"
    path, made = deck(tmp_path, EN.format(f"{filled} %") + KO.format(f"{filled}%"))
    text = slides.fill_edition(path, made, "ko", names)
    assert text.startswith("---\nmarp: true\n") and "lang: ko" in text
    assert re.search(r"\n\d\d\.\d%\n", text) and "<!--\n말하기: 가\n-->" in text


# --- the tools --------------------------------------------------------------------------------------------


def test_without_npm_or_chromium_one_error_says_what_to_install(monkeypatch):
    monkeypatch.delenv("CHROME_PATH", raising=False)
    monkeypatch.setattr(press.shutil, "which", lambda name: None)
    monkeypatch.setattr(press.os.path, "exists", lambda path: False)
    with pytest.raises(DeckError, match="npm"):
        press.install()
    with pytest.raises(DeckError, match="chromium"):
        press.browser()


def test_a_deck_is_one_file_that_needs_no_network(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "far.svg").write_text("<svg/>")
    page = tmp_path / "en" / "9_tiny.html"
    page.parent.mkdir()
    page.write_text('<img src="../figures/far.svg" alt="a">')
    press.embed(page)
    assert 'src="data:image/svg+xml;base64,' in page.read_text() and 'alt="a"' in page.read_text()
    page.write_text('<script src="https://example.org/x.js"></script>')
    with pytest.raises(DeckError, match="network"):
        press.embed(page)


def test_marp_is_pinned_and_the_lock_names_no_address():
    package = json.loads((ROOT / "slides" / "package.json").read_text())
    locked = json.loads((ROOT / "slides" / "package-lock.json").read_text())["packages"]
    for name, version in package["devDependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert [name for name, entry in locked.items() if name and not entry.get("integrity")] == []
    assert [name for name, entry in locked.items() if "resolved" in entry] == []


def test_the_theme_keeps_letters_large():
    """28 pixels at 1280 by 720; the footer and the page number may be smaller."""
    css = (ROOT / "slides" / "theme.css").read_text(encoding="utf-8")
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", re.sub(r"/\*.*?\*/", "", css, flags=re.S))
    small = {
        rule.strip(): size
        for rule, body in rules
        for size in re.findall(r"font(?:-size)?:[^;]*?(\d+)px", body)
        if int(size) < 28
    }
    assert set(small) == {"footer, section::after"}
