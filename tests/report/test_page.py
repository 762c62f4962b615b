"""The parts of a page are escaped, and say nothing where there is nothing to say."""

import re

import numpy as np
import pytest

from ftlib.report.page import (
    CaptionedImage,
    Card,
    Fact,
    PageSection,
    build_page,
    bullet_list,
    data_table,
    escape_text,
    fact_tiles,
    folded_details,
    image_gallery,
    inline_image,
    linked_sections,
    require_file_path,
    write_page,
)

UNSAFE = '<i>"a" & b</i>'


@pytest.mark.parametrize(
    "part",
    [
        bullet_list([UNSAFE]),
        data_table([UNSAFE], [[UNSAFE]], UNSAFE),
        fact_tiles([Fact(UNSAFE, UNSAFE, UNSAFE)]),
        folded_details(UNSAFE, UNSAFE, ""),
        image_gallery([Card([CaptionedImage(np.zeros((8, 8, 1)), UNSAFE)], [UNSAFE, UNSAFE])]),
        build_page(UNSAFE, []),
    ],
)
def test_what_comes_from_outside_is_escaped(part):
    assert "<i>" not in part and "&lt;i&gt;" in part and 'a" &' not in part


def test_a_number_stays_with_its_percent_sign():
    assert escape_text("96.4 % of 5") == "96.4&nbsp;% of 5"


def test_sections_without_parts_have_no_link():
    links, section = linked_sections([PageSection("a", "First", ["<p>1</p>"]), PageSection("b", "Second", [])])
    assert re.findall(r'href="#(\w)"', links) == ["a"] and section.startswith('<section id="a">')


def test_details_are_open_only_where_something_is_broken():
    assert "<details>" in folded_details("All hold", "", "")
    broken = folded_details("One is broken", "which", "")
    assert "<details>" in broken and "which" in broken
    assert "<details open>" in folded_details("One is broken", "which", "", is_broken=True)


def test_a_text_of_several_lines_keeps_them_and_scrolls_in_its_cell():
    table = data_table(["a"], [["one\n  two & three %"]], "c")
    assert '<td class=code><div tabindex="0">one\n  two &amp; three %</div></td>' in table


def test_numbers_are_aligned_and_the_best_row_is_marked():
    table = data_table(["Name", "n"], [["a", 1], ["b", 2]], "Two rows.", numbers=[1], best=1)
    assert table.count("class=number") == 3 and "<tr><td class=short>a" in table
    assert "<tr class=best><td class=short>b" in table


def test_small_images_keep_every_pixel_and_large_ones_are_made_small():
    digit = inline_image(np.zeros((8, 8, 1)), "a digit")
    assert "image/png" in digit and "class=tiny" in digit
    photo = inline_image(np.random.default_rng(0).integers(0, 256, (600, 800, 3)), "noise")
    assert "image/jpeg" in photo and "class=tiny" not in photo and len(photo) < 200_000


def test_a_page_is_written_into_a_new_folder_and_not_over_one(tmp_path):
    path = write_page("<p>", require_file_path(tmp_path / "new" / "r.html"))
    assert path.read_text() == "<p>" and list(path.parent.iterdir()) == [path]
    with pytest.raises(ValueError, match="Received: the folder"):
        require_file_path(tmp_path)
