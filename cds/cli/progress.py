"""How far a long run has come: on a terminal only, and only once it has taken longer than a second."""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE = 1.0
"""Seconds that a run may take before anything is shown."""


class Progress:
    """A bar on standard error, cleared at the end; nothing at all where that is no terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._visible = sys.stderr.isatty() and not quiet
        self._timer = Timer(PATIENCE, self.show)
        self._timer.daemon = True
        self._lock = Lock()
        self._bar: Bar | None = None
        self._what, self._total, self._done = "", 0, 0

    def __enter__(self) -> Progress:
        if self._visible:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._visible = False
            if self._bar is not None:
                self._bar.stop()

    def begin(self, what: str, total: int = 0) -> None:
        """The next part of the run; a total of 0 says that nobody knows how long it takes."""
        self._what, self._total, self._done = what, total, 0
        self._update()

    def advance(self) -> None:
        """One more of the total is done."""
        self._done += 1
        self._update()

    def show(self) -> None:
        """Makes it visible, unless the run is over or this is no terminal."""
        with self._lock:
            if not self._visible or self._bar is not None:
                return
            # Imported here: most runs are over before anything is shown.
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
            from rich.progress import Progress as RichProgress

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task(self._what, total=self._total or None, completed=self._done)
            self._bar.start()

    def _update(self) -> None:
        with self._lock:
            if self._bar is not None:
                for task in self._bar.task_ids:
                    self._bar.update(
                        task, description=self._what, total=self._total or None, completed=self._done
                    )
