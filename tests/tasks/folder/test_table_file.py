"""CSV files as cells: quotes, separators and encodings."""

import pytest

from ftlib.tasks.folder.table_file import read_cells


def cells_of(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = read_cells(path)
    return table.titles, [tuple(line) for line in table.lines]


def test_rows_know_the_line_in_which_they_begin(tmp_path):
    content = 'text,label\n"one\nand two",a\n\nthree,b\n'
    expected = (["text", "label"], [(2, ["one\nand two", "a"]), (5, ["three", "b"])])
    assert cells_of(tmp_path / "t.csv", content) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends_of_all_systems(tmp_path, encoding, line_end):
    content = line_end.join(["text;label", "좋은 영화;good", ""]).encode(encoding)
    assert cells_of(tmp_path / "t.csv", content) == (["text", "label"], [(2, ["좋은 영화", "good"])])


def test_quotes_between_tabs_are_letters_unless_they_are_around_a_cell(tmp_path):
    content = 'id\tdocument\tlabel\n1\t"최고"의 영화\t1\n2\t5" of rain\t0\n3\t"said ""no"""\t0\n'
    _, lines = cells_of(tmp_path / "t.tsv", content)
    assert [cells[1] for _, cells in lines] == ['"최고"의 영화', '5" of rain', 'said "no"']
    _, lines = cells_of(tmp_path / "t.tsv", 'text\tlabel\n"two\nlines"\ta\n')
    assert lines == [(2, ["two\nlines", "a"])]


@pytest.mark.parametrize("content", ['text,label\na,b\n"open,c\nd,e\n', 'text,label\na,b\n"' + "long " * 40_000])
def test_a_quote_that_never_closes_is_named_with_its_line(tmp_path, content):
    with pytest.raises(ValueError, match="a quote that opens in line 3 never closes"):
        cells_of(tmp_path / "t.csv", content)


@pytest.mark.parametrize(
    "content, message",
    [
        ("text,label\n좋은 영화,good\n".encode("cp949"), r"UTF-8 \(line 2: .*looks like CP949"),
        (b"text,label\nfine,a\n\xff\xfe,b\n", r"UTF-8 \(line 3: "),
        ("text,label\nfine,a\n".encode("utf-16-le"), "line 1 has a NUL byte.*UTF-16"),
        (b"text,label\nfine,a\nPK\x00\x01,b\n", "line 3 has a NUL byte"),
    ],
)
def test_another_encoding_is_named_with_the_line(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        cells_of(tmp_path / "t.csv", content)
