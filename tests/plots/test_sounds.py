"""Waveforms and spectrograms: what is drawn, on which scale, and what is refused."""

import numpy as np
import pytest

from ftlib import plots


def tone(hertz, seconds=0.5, rate=8000, loud=0.5):
    return loud * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def shown(fig):
    return [ax for ax in fig.axes if ax.get_visible()]


def test_all_waveforms_have_one_scale_in_seconds_and_level():
    fig = plots.waveforms([tone(200), tone(200, 0.25, loud=0.1)], ["loud", "soft"], rate=8000, title="Two tones")
    loud, soft = shown(fig)
    assert loud.get_title(loc="left") == "loud" and soft.get_title(loc="left") == "soft"
    assert loud.get_xlim() == soft.get_xlim() == (0, 0.5)
    assert loud.get_ylim() == soft.get_ylim() and 0.5 <= loud.get_ylim()[1] < 0.6
    assert fig.get_suptitle() == "Two tones"


def test_a_spectrogram_is_darkest_at_the_pitch_of_a_tone():
    (ax,) = shown(plots.spectrograms([tone(2000)], rate=8000))
    (image,) = ax.images
    band = int(np.asarray(image.get_array()).mean(1).argmax())
    places = dict(zip((text.get_text() for text in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    assert abs(places["2,000"] - band) <= 1
    assert image.get_clim()[1] - image.get_clim()[0] == 80


def test_the_shades_of_several_sounds_can_be_compared():
    loud, soft = (ax.images[0] for ax in shown(plots.spectrograms([tone(500), tone(500, loud=0.005)], rate=8000)))
    assert loud.get_clim() == soft.get_clim()
    assert np.asarray(loud.get_array()).max() - np.asarray(soft.get_array()).max() == pytest.approx(40, abs=0.5)


def test_places_that_are_left_over_stay_empty():
    assert len(shown(plots.waveforms([tone(300)] * 4, rate=8000, columns=3))) == 4


def test_a_long_sound_is_drawn_by_the_range_of_short_stretches():
    (ax,) = shown(plots.waveforms([tone(300, seconds=20)], rate=8000))
    assert not ax.lines and len(ax.collections) == 1


@pytest.mark.parametrize("draw", [plots.waveforms, plots.spectrograms])
@pytest.mark.parametrize(
    "given, message",
    [
        (([],), "Expected waveforms .*Received: none"),
        (([[1, 2], [[3]]],), r"Received: \(2,\), \(1, 1\)"),
        (([[]],), "Expected waveforms"),
        (([[0, np.nan]],), "NaN"),
        (([[0, 1]], ["a", "b"]), "a title for each of 1 sounds. Received: 2"),
        (([[0, 1]], None, 0), "`rate` is a number of samples per second"),
        (([[0, 1]], None, 8000, 0), "`columns` is a whole number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, given, message):
    with pytest.raises(ValueError, match=message):
        draw(*given)
