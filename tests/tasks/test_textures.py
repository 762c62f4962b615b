"""Textures: only the pattern tells the class."""

import numpy as np
import pytest

from ftlib.tasks import textures


def test_no_grey_value_tells_a_texture():
    task = textures.load(labels_per_class=2)
    histograms = np.array([np.bincount(image.ravel(), minlength=256) for image in task.train.images])
    assert (histograms == histograms[0]).all()
    assert 16 <= task.num_classes <= 24 and len(task.validation) >= 400 and len(task.test) >= 1000


def test_a_mirrored_texture_may_be_another_class():
    task = textures.load()
    assert not task.mirror
    names = np.array(task.class_names)
    mean = {}
    for name in ("grating 45 coarse", "grating 135 coarse"):
        images = task.train.images[task.train.labels == np.flatnonzero(names == name)[0], ..., 0].astype(float)
        mean[name] = np.abs(np.fft.rfft2(images - images.mean())).mean(0)
        mirrored = np.abs(np.fft.rfft2((images - images.mean())[:, :, ::-1])).mean(0)
    own, other = (np.abs(mirrored - spectrum).sum() for spectrum in mean.values())
    assert own < other  # the mirrored 135 degrees look like 45 degrees


@pytest.mark.slow
def test_raw_pixels_do_not_separate_textures_and_a_spectrum_does():
    from sklearn.linear_model import LogisticRegression

    task = textures.load(labels_per_class=20)

    def accuracy(features):
        train, test = (features(split.images[..., 0] / 127.5 - 1) for split in (task.train, task.test))
        scale = train.std()
        model = LogisticRegression(C=0.01, max_iter=200).fit(train / scale, task.train.labels)
        return model.score(test / scale, task.test.labels)

    def raw(images):
        return images.reshape(len(images), -1)

    def spectrum(images):
        return np.abs(np.fft.rfft2(images)).reshape(len(images), -1)

    assert accuracy(raw) < 0.3
    assert accuracy(spectrum) > 0.5
