"""Tokenizers: what comes back, which characters a token stands for, and what is refused."""

import unicodedata

import numpy as np
import presets
import pytest
import written

import ftlib as ft
from ftlib.models.tokenizer import SPECIAL_PIECES, HubTokenizer, TextTokenizer, Tokenizer
from ftlib.objectives.span import AnswerSpan

KOREAN = Tokenizer(
    [*SPECIAL_PIECES, "▁", "▁이", "▁영화", "는", "\n", "\\n", "\\\\n", "▁café", "▁e", "▁재미있다", "."], "korean"
)


@pytest.mark.parametrize("text", ["the cat sat on a mat.", "a", "", "zebra, and the xylophone!"])
def test_a_text_comes_back(text):
    tokenizer = written.tokenizer()
    assert tokenizer.decode(tokenizer.encode([text], 40)[0]) == text
    assert tokenizer.decode(tokenizer.encode([text], 40, marks=False)[0]) == text


def test_of_each_word_the_longest_piece_is_taken():
    tokenizer = written.tokenizer("▁cats")
    assert tokenizer.split("the cats saw") == ["▁the", "▁cats", "▁saw"]
    assert tokenizer.split("catsup") == ["▁cats", "u", "p"]


def test_white_space_is_one_space_and_line_breaks_stay():
    tokenizer = written.tokenizer("\n")
    text = "the\tcat  sat\r\n\n  on a mat "
    assert tokenizer.decode(tokenizer.encode([text], 30)[0]) == "the cat sat\n\non a mat"
    without_breaks = written.tokenizer()
    assert without_breaks.decode(without_breaks.encode([text], 30)[0]) == "the cat sat on a mat"


def test_an_unknown_character_is_one_token():
    ids = KOREAN.encode(["이 영화는 😀."], 10)[0]
    assert KOREAN.split("이 영화는 😀.")[3:] == ["▁", "[UNK]", "."]
    assert KOREAN.decode(ids) == "이 영화는 �."


def test_ids_are_cut_at_the_end_or_filled_up():
    tokenizer = written.tokenizer()
    (short,), (long,) = tokenizer.encode(["the cat"], 6), tokenizer.encode(["the cat sat on"], 4)
    assert short.tolist()[:1] + short.tolist()[3:] == [2, 3, 0, 0] and short.dtype == np.int32
    assert long[0] == 2 and 3 not in long and len(long) == 4
    assert tokenizer.encode([], 5).shape == (0, 5)


def test_offsets_are_the_characters_of_the_passage():
    tokenizer = written.tokenizer()
    passage = "the  cat sat, on a hat."
    ids, (offsets,) = tokenizer.encode_pairs(["the cat"], [passage], 20)
    assert ids.shape == (1, 20) and len(offsets) == 20
    assert offsets[:4] == [(0, 0)] * 4  # start, two tokens of the question, end
    assert [passage[begin:stop] for begin, stop in offsets[4:11]] == ["the", "cat", "sat", ",", "on", "a", "hat"]
    assert set(offsets[12:]) == {(0, 0)} and ids[0, 12] == tokenizer.end_id
    target = AnswerSpan.from_text(passage, offsets, ["cat sat"], passage.index("cat"))
    assert target.text_between(target.start, target.end) == "cat sat"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_offsets_count_the_characters_as_they_are_given(form):
    passage = unicodedata.normalize(form, "이 영화는 café \n 재미있다.")
    answer = unicodedata.normalize(form, "재미있다")
    _, (offsets,) = KOREAN.encode_pairs([""], [passage], 12)
    pieces = [unicodedata.normalize("NFC", passage[begin:stop]) for begin, stop in offsets[2:9]]
    assert pieces == ["이", "영화", "는", "café", "\n", "재미있다", "."]
    target = AnswerSpan.from_text(passage, offsets, [answer], passage.index(answer))
    assert target.text_between(target.start, target.end) == answer


def test_an_answer_that_was_cut_off_is_none():
    tokenizer = written.tokenizer()
    passage = "the cat sat on a hat"
    ids, (offsets,) = tokenizer.encode_pairs(["the"], [passage], 6)
    assert len(offsets) == ids.shape[1] == 6
    assert AnswerSpan.from_text(passage, offsets, ["hat"], 17).start == -1


def test_a_vocabulary_is_saved_and_loaded(tmp_path):
    KOREAN.save(tmp_path / "korean-vocabulary.txt")
    for loaded in (
        Tokenizer.load(tmp_path / "korean-vocabulary.txt"),
        ft.load_tokenizer(str(tmp_path / "korean-vocabulary.txt")),
    ):
        assert loaded.pieces == KOREAN.pieces  # a line break, and pieces that are written like one
        assert loaded.name == "korean" and loaded.length is None
    assert ft.load_tokenizer(tmp_path / "korean-vocabulary.txt").pieces == KOREAN.pieces


def test_what_is_no_vocabulary_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"begins with the marks \[PAD\].*Received: 'a', 'b'"):
        Tokenizer(["a", "b"])
    with pytest.raises(ValueError, match="Received: 'x' twice"):
        Tokenizer([*SPECIAL_PIECES, "x", "x"])
    with pytest.raises(FileNotFoundError, match="a piece a line"):
        Tokenizer.load(tmp_path / "none.txt")
    (tmp_path / "wrong.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        Tokenizer.load(tmp_path / "wrong.txt")
    with pytest.raises(ValueError, match="minibert"):
        ft.load_tokenizer("minibirt")


def test_what_are_no_texts_is_refused():
    tokenizer = written.tokenizer()
    with pytest.raises(TypeError, match="list of strings.*one string, 'the cat'"):
        tokenizer.encode("the cat", 5)
    with pytest.raises(TypeError, match="int at place 1"):
        tokenizer.encode(["the", 3], 5)
    with pytest.raises(ValueError, match="2 questions and 1 passages"):
        tokenizer.encode_pairs(["a", "b"], ["c"], 5)
    with pytest.raises(TypeError, match="`passages`"):
        tokenizer.encode_pairs(["a"], "c", 5)
    with pytest.raises(ValueError, match="Received: 4000"):
        tokenizer.decode([5, 4000])


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    pytest.importorskip("tensorflow_text", reason="KerasHub's tokenizers need tensorflow-text")
    pytest.importorskip("keras_hub")
    folder = tmp_path_factory.mktemp("presets") / "gpt2"
    presets.save_gpt2(folder)
    return ft.load_tokenizer(f"hub:{folder}")


@pytest.mark.slow
def test_a_tokenizer_of_keras_hub(gpt2):
    assert isinstance(gpt2, TextTokenizer) and len(gpt2) == gpt2.vocabulary_size == 38
    ids = gpt2.encode(["the cat in a hat."], 14)
    assert ids[0, 0] == gpt2.start_id == gpt2.end_id == 37 and ids[0, -1] == 0
    assert gpt2.decode(ids[0]) == "the cat in a hat." and gpt2.split("the cat")[0] == "the"
    assert gpt2.start_id not in gpt2.encode(["the cat"], 14, marks=False)
    assert gpt2.encode(["the cat in a hat"], 3).shape == (1, 3)
    # "!" has the id of padding.
    np.testing.assert_array_equal(gpt2.encode(["the!"], 5), gpt2.encode(["the"], 5))
    with pytest.raises(TypeError, match="one string"):
        gpt2.encode("the cat", 5)


@pytest.mark.slow
def test_the_marks_of_bert(tmp_path):
    pytest.importorskip("tensorflow_text", reason="KerasHub's tokenizers need tensorflow-text")
    presets.save_bert(tmp_path)
    bert = ft.load_tokenizer(f"hub:{tmp_path}")
    assert (bert.start_id, bert.end_id, bert.mask_id, bert.unknown_id) == (2, 3, 4, 1)
    assert bert.encode(["The cat sat quickly."], 8).tolist() == [[2, 5, 6, 7, 1, 10, 3, 0]]


def test_a_tokenizer_that_pads_with_another_id_is_refused():
    class Padded:
        pad_token_id = 1

    with pytest.raises(ValueError, match="roberta pads with 1"):
        HubTokenizer(Padded(), "roberta")


def test_what_keras_hub_needs_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="No preset folder at ./none"):
        ft.load_tokenizer("hub:./none")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'load_tokenizer\("hub:gpt2"\) needs KerasHub: pip install'):
        ft.load_tokenizer("hub:gpt2")
