"""In which language somebody reads, and where it is fixed."""

import pytest

from ftlib.language import fixed_language, language


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


def test_a_fixed_language_holds_within_its_block_and_in_what_it_decorates(monkeypatch):
    monkeypatch.setenv("FTLIB_LANG", "ko")

    @fixed_language("en")
    def read():
        return language()

    assert (language(), read(), language()) == ("ko", "en", "ko")
    with pytest.raises(RuntimeError), fixed_language("en"):
        raise RuntimeError
    assert language() == "ko"


def test_an_unknown_language_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="language 'kr'"), fixed_language("kr"):
        pass
    monkeypatch.setenv("FTLIB_LANG", "kor")
    with pytest.raises(ValueError, match="language in FTLIB_LANG 'kor'. Did you mean 'ko'"):
        language()
