"""Faces: real photographs with the right labels."""

from ftlib.tasks import faces


def test_faces_are_labelled_face():
    task = faces.load()
    assert task.class_names == ("background", "face") and task.mirror
    assert [len(s) for s in (task.train, task.validation, task.test)] == [80, 40, 80]
    for split in (task.train, task.validation, task.test):
        face = split.images[split.labels == 1, ..., 0].mean(0)
        assert face[8:10, 5:9].mean() + 10 < face[14:17, 5:9].mean()  # eyes are darker than cheeks
    assert any("small" in note for note in task.notes)
