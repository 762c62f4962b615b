"""Lets fastai's augmentation be imported where torchvision is missing, of which it wants one function, for crops."""

import importlib.util
import sys
import types

if importlib.util.find_spec("torchvision") is None:
    _NAMES = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
    sys.modules.update({name: types.ModuleType(name) for name in _NAMES})
    sys.modules[_NAMES[-1]].pad = None
