"""The small Llama of stories: its tokenizer, and that it tells the story that its weights tell elsewhere."""

import math
import sys

import pytest

import ftlib as ft
from ftlib.models.tokenizer import TextTokenizer


@pytest.fixture(scope="module")
def stories(root):
    pytest.importorskip("keras_hub", reason="the network is KerasHub's")
    sys.path.insert(0, str(root / "tools"))
    try:
        import stories

        yield stories
    finally:
        sys.path.remove(str(root / "tools"))


def test_neighbours_with_the_best_score_are_joined_first(stories):
    bytes_pieces = [f"<0x{byte:02X}>".encode() for byte in range(256)]
    pieces = [b"<unk>", b"<s>", b"</s>", *bytes_pieces, b" a", b"ab", b" ab", b" ", b"a", b"b", b"c"]
    scores = [0.0] * 259 + [-2.0, -1.0, -3.0, -9.0, -9.0, -9.0, -9.0]
    tokenizer = stories.StoriesTokenizer(pieces, scores)
    assert isinstance(tokenizer, TextTokenizer)
    ids = tokenizer.encode(["ab c", "aé"], 8, marks=False)
    assert [pieces[id] for id in ids[0] if id] == [b" ab", b" ", b"c"]
    assert [pieces[id] for id in ids[1] if id] == [b" a", b"<0xC3>", b"<0xA9>"]
    assert tokenizer.decode(ids[1]) == "aé"
    assert tokenizer.encode(["ab"], 4).tolist() == [[1, 261, 2, 0]]
    with pytest.raises(ValueError, match="a space at its beginning alone"):
        stories.StoriesTokenizer([*pieces, b"a b"], [*scores, -9.0])


@pytest.mark.real
@pytest.mark.slow
def test_it_tells_its_story(real, stories, eager):
    if not (real / "stories260k").is_dir():
        pytest.skip("stories260k is not here")
    model, tokenizer = stories.load_stories(real / "stories260k")
    text = "Once upon a time, there was a little girl.\nShe said, “안녕 😀!”"
    assert tokenizer.decode(tokenizer.encode([text], 100)[0]) == text and 0 not in tokenizer.encode([text], 30)
    (written,) = ft.generate_text(model, "Once upon a time", tokens=24, temperature=0, tokenizer=tokenizer)
    assert written.startswith(", there was a little girl named Lily. She loved to play outside")
    assert sum(math.prod(weight.shape) for weight in model.get_layer("backbone").weights) == 260_032
