"""Runs of a comparison that are on disk as soon as they are done: a stopped measurement goes on where it was."""

from __future__ import annotations

import concurrent.futures
import functools
import json
import pathlib
import threading
from collections.abc import Callable
from typing import Any

import digest

from ftlib.files import written_whole
from ftlib.training.compare_jobs import TrainingJob, TrainingResult


class KeptRuns(concurrent.futures.Executor):
    """An executor for `ft.compare` that keeps what a run gave, and does no run twice.

    Args:
        path: The JSON file, written whole after each run. Epochs are left out, since no record has them.
        settings: What a run depends on besides its job, as plain data: the code, the processor. Runs that were kept
            under other settings do not count.
        start_executor: Starts what the runs are done on, for the first that is missing. It is called again where
            processes died: `ft.compare` asks once more for what they were doing.
    """

    def __init__(
        self,
        path: pathlib.Path,
        settings: dict[str, Any],
        start_executor: Callable[[], concurrent.futures.Executor],
    ):
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._path = path
        self._settings = settings
        self._runs: dict[str, dict[str, Any]] = content["runs"] if content.get("settings") == settings else {}
        self._start_executor = start_executor
        self._executor: concurrent.futures.Executor | None = None
        self._keeping = threading.Lock()  # results arrive in a thread of the executor
        self._is_over = False

    def submit(self, function, job: TrainingJob) -> concurrent.futures.Future:
        """Does a job, or gives at once what it gave before."""
        key = digest.text(repr(job))
        if key in self._runs:
            future: concurrent.futures.Future = concurrent.futures.Future()
            future.set_result(TrainingResult(**self._runs[key]))
            return future
        future = self._send(function, job)
        future.add_done_callback(functools.partial(self._keep, key))
        return future

    def forget(self) -> None:
        """Removes the file: what came of the runs is recorded."""
        with self._keeping:
            self._is_over = True
            self._path.unlink(missing_ok=True)

    def _send(self, function, job):
        if self._executor is not None:
            try:
                return self._executor.submit(function, job)
            except concurrent.futures.BrokenExecutor:
                pass  # one of its processes died, and they do not come back
        self._executor = self._start_executor()
        return self._executor.submit(function, job)

    def _keep(self, key, future):
        if future.cancelled() or future.exception() is not None:
            return
        with self._keeping:
            if self._is_over:
                return
            self._runs[key] = future.result()._replace(history=[])._asdict()
            with written_whole(self._path) as part:
                content = {"settings": self._settings, "runs": self._runs}
                part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
