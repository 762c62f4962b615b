"""From training a network from scratch, through feature extraction, to fine-tuning, with evidence at each step.

>>> import ftlib as ft
>>> task = ft.load_task("digits", labels_per_class=10)
>>> model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
>>> run = ft.fit(model, task, "lp_ft")
>>> print(run.summary())
"""

from ftlib.backbones import BackboneInfo, classifier, list_backbones, load_backbone, source_model
from ftlib.errors import ProofError
from ftlib.evaluation import Comparison, compare, load_comparison
from ftlib.freezing import FreezeReport, Proof, freeze, freeze_report, prove, unfreeze
from ftlib.graph import Stage, split_model, stages
from ftlib.initialization import reinitialize
from ftlib.regularizers import Regularization
from ftlib.runs import Run, load_run
from ftlib.strategies import Phase, Strategy, strategy
from ftlib.tasks import FolderReport, Split, Task, check_folder, list_tasks, load_task
from ftlib.training import fit

__version__ = "0.1.0"
