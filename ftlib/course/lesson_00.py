"""Checks of the exercise of lesson 00."""

from ftlib.course.answers import Mistake, as_number, near

_PHOTOS, _BATCH, _EPOCHS = 25, 32, 20
_BATCHES_OF_DIGITS = 2  # the 50 digits that the lesson shows offline


def _check_updates(answer):
    updates = as_number(answer)
    if updates == _EPOCHS:  # all photos fit into one batch
        return None
    if updates == 1:
        return Mistake("one_epoch")
    if updates in (_BATCHES_OF_DIGITS, _BATCHES_OF_DIGITS * _EPOCHS):
        return Mistake("other_images")
    if updates == _PHOTOS * _EPOCHS:
        return Mistake("photos_seen", photos=_PHOTOS)
    if updates == _BATCH * _EPOCHS:
        return Mistake("batch_multiplied", batch=_BATCH)
    if near(updates, _PHOTOS * _EPOCHS / _BATCH, relative=0.05):
        return Mistake("batches_across_epochs", batch=_BATCH)
    return Mistake("other_count")


CHECKS = {"00.1": _check_updates}
