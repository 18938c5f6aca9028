"""The Search page: an archive is searched by example, and a class is taught by marking hits."""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QVBoxLayout

from desktop import jobs
from desktop.pages.search import worker
from desktop.pages.search.found import HitPanel
from desktop.pages.search.hits import HitRow
from desktop.pages.search.lessons import Lessons
from desktop.pages.search.panel import TeachPanel
from desktop.pages.search.saving import Saving
from desktop.pages.search.source import IndexBar
from desktop.pages.search.words import empty_words
from desktop.plots.clock import clock
from desktop.requests import FindSimilar, OpenFile, Request
from desktop.session import Session
from desktop.shared.page import Page
from desktop.shared.player import Transport
from desktop.shared.stretch_menu import SoundStretch, add_stretch_actions
from engine.audio.formats import EXTENSIONS

if TYPE_CHECKING:
    from engine.search.teaching import Estimate, Mark, Says, Wanted

_Work = Callable[[], Generator[Any, None, Any]]
_FIRST_SECONDS = 3.0  # of a chosen file that are the example


class SearchPage(Page):
    """Everything slow runs in jobs; marks are kept with their index, over restarts, too."""

    listed = Signal()  # other stretches are shown
    drawn = Signal()  # their waveforms, too

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.notices = session.notices()
        self.estimate: Estimate | None = None
        self.suggests = False  # whether what is listed was suggested
        self._job: jobs.Job | None = None
        self._placing = False  # marks follow an index that has changed: then it is searched
        self.saving = Saving(session, self.notices, self)
        self.lessons = Lessons(self)
        self.transport = Transport(self)
        self._build()
        self._connect()
        self._show_state()

    def _build(self) -> None:
        self.bar = IndexBar(self._session, self.notices)
        self.list = HitPanel()
        self.table = self.list.table
        self.panel = TeachPanel()
        middle = QHBoxLayout()
        middle.addWidget(self.list, 1)
        middle.addWidget(self.panel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addLayout(middle, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _connect(self) -> None:
        self.bar.changed.connect(self._index_changed)
        self.bar.busy_changed.connect(self._show_state)
        self.list.choose_button.clicked.connect(self._choose)
        self.list.play_button.clicked.connect(self.play_example)
        self.list.back_button.clicked.connect(self.search)
        table, panel = self.table, self.panel
        table.chosen.connect(lambda _: self.play_hit())
        table.play_wanted.connect(self.play)
        table.open_wanted.connect(self.open_hit)
        table.similar_wanted.connect(self.search_hit)
        table.marked.connect(self.mark)
        table.menu_wanted.connect(self._show_menu)
        table.selectionModel().currentRowChanged.connect(lambda *_: self._show_chosen())
        table.hits.modelReset.connect(self._show_chosen)
        panel.marked.connect(self.mark)
        panel.suggest_wanted.connect(self.suggest)
        panel.save_wanted.connect(self.save)
        panel.restart_wanted.connect(self.restart)
        panel.name.textChanged.connect(self.lessons.name)
        self.lessons.keeping.failed.connect(self.notices.fail)
        self.transport.failed.connect(self.notices.fail)
        self.saving.changed.connect(self._show_state)

    @property
    def example(self) -> "worker.Example | None":
        """What is searched for."""
        return self.lessons.example

    @property
    def marks(self) -> "list[Mark]":
        """What was said, the oldest first."""
        return self.lessons.marks

    @property
    def commands(self) -> Mapping[str, Callable[[], object]]:
        return {"play": self.play}

    @property
    def steps(self) -> tuple[str, str]:
        if self.marks:
            return self.tr("mark"), ""
        return (self.tr("removal of all marks") if self.lessons.can_go_back else "", "")

    def undo(self) -> None:
        """Take the last mark back, or bring back all that another search forgot."""
        from engine.search.teaching import Wanted

        if self.marks:
            last = self.marks[-1]
            self._note(Wanted(last.hit, last.reason, last.probability), None)
        elif self.lessons.can_go_back:
            self.lessons.go_back()
            self._show_lesson()
            self.search()

    def enter(self) -> None:
        self.bar.begin()

    def take(self, request: Request) -> None:
        if isinstance(request, FindSimilar):
            self.search_for(
                worker.Example(request.sound, request.start, request.end, request.words)
            )

    def stop(self) -> None:
        self.transport.pause()
        self.bar.stop()
        self.lessons.keeping.finish()

    # Searching.

    def search_for(self, example: worker.Example) -> None:
        """Search for another example; Undo brings the one before back, with its marks."""
        self._forget_marks()
        self.lessons.example = example
        self.bar.begin()
        if self.bar.folder is not None:
            self.search()
        elif not self.bar.busy:
            words = self.tr("Index a folder of recordings first: it is what is searched.")
            self.notices.notify(words, kind="info")
        self._show_state()

    def search(self) -> None:
        """List what is most like the example."""
        folder, example = self.bar.folder, self.example
        if folder is not None and example is not None and not self._placing:
            self.suggests = False
            self._run(lambda: worker.find(folder, example))

    def suggest(self) -> None:
        """List what to hear next, by what is marked."""
        folder, query, marks = self.bar.folder, self.lessons.query, list(self.marks)
        if folder is not None and query is not None and not self._placing:
            self.suggests = True
            self._run(lambda: worker.suggest(folder, query, marks))

    def search_hit(self) -> None:
        """Search for what is chosen in the list."""
        hit = self.table.hit
        if hit is not None:
            words = self.tr("{} at {}").format(hit.path.name, clock(hit.start_seconds, 0.1))
            self.search_for(worker.Example(hit.path, hit.start_seconds, hit.end_seconds, words))

    def _run(
        self,
        work: _Work,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = jobs.run(
            work,
            on_event=self._heard,
            on_result=done or (lambda _: self._done()),
            on_error=failed or self._failed,
            on_crash=lambda _: self._ended(),
            parent=self,
        )
        self._show_state()

    def _heard(self, events: list[object]) -> None:
        for event in events:
            if isinstance(event, worker.Listed):
                self._list(event)
            elif isinstance(event, worker.Drawn) and event.row < len(self.table.hits.rows):
                self.table.hits.rows[event.row].wave = event.wave
                self.table.hits.changed(event.row)

    def _list(self, found: worker.Listed) -> None:
        self.lessons.query = found.query
        says = {mark.hit.key: mark.says for mark in self.marks}
        rows = [HitRow(one, None, says.get(one.hit.key)) for one in found.wanted]
        self.table.hits.show_rows(rows)
        if found.estimate is not None:
            self.estimate = found.estimate
            self.panel.show_estimate(found.estimate)
        self._show_state()
        if rows:
            self.table.go_to(0)
            self.table.setFocus()
        if self.suggests and not rows:
            self.notices.notify(self.tr("Nothing is left to suggest: all is marked."))
        self.listed.emit()

    def _done(self) -> None:
        self._ended()
        self.drawn.emit()

    def _failed(self, words: str) -> None:
        self._ended()
        self.notices.fail(words)

    def _ended(self) -> None:
        self._job, self._placing = None, False
        self._show_state()

    def _index_changed(self) -> None:
        info = self.bar.info
        if info is None:
            return
        if info.problem:
            self.notices.notify(info.problem, kind="warning")
        if self._job is not None:
            self._job.cancel()  # it lists another archive, or this one as it was
        self.table.hits.show_rows([])
        lessons = self.lessons.to_place(info)
        self._placing = bool(lessons)
        if lessons:  # where vectors lie may have changed: marks follow
            self._run(
                lambda: worker.relocate(info.folder, lessons),
                lambda found: self._placed(info, found),
                lambda words: self._not_placed(info, words),
            )
        else:
            self._placed(info, list(info.lessons))

    def _not_placed(self, info: worker.IndexInfo, words: str) -> None:
        if not self.lessons.is_of(info.folder):
            self.lessons.open(info, info.lessons)
        self._failed(words)

    def _placed(self, info: worker.IndexInfo, lessons: "list[worker.Lesson]") -> None:
        """Go on with what was taught in this archive."""
        self._ended()
        if not self.lessons.is_of(info.folder):
            self.lessons.open(info, lessons)
        elif lost := self.lessons.placed(lessons):
            words = self.tr("{} marks are not used any more: their recordings changed or are gone.")
            one = self.tr("A mark is not used any more: its recording changed or is gone.")
            self.notices.notify(one if lost == 1 else words.format(lost))
        self._show_lesson()
        self.search()
        self._show_state()

    def _show_lesson(self) -> None:
        from engine.search.teaching import estimate_of

        lessons, panel = self.lessons, self.panel
        self.estimate = estimate_of(lessons.marks) if lessons.marks else None
        panel.show_estimate(self.estimate)
        if lessons.label and lessons.label != " ".join(panel.name.text().split()):
            panel.name.setText(lessons.label)

    # Marking.

    def mark(self, says: str) -> None:
        """Mark what is chosen as this class, as something else, as unsure; empty: not at all."""
        row = self.table.current
        if row is None or self.lessons.query is None:
            return
        self._note(row.wanted, cast("Says", says) if says else None)
        if says:
            self._next()

    def _note(self, one: "Wanted", says: "Says | None") -> None:
        self.lessons.note(one, says)
        for number, row in enumerate(self.table.hits.rows):
            if row.wanted.hit.key == one.hit.key:
                row.says = says
                self.table.hits.changed(number)
        self._show_state()

    def _next(self) -> None:
        """Play the next that is not marked; of what was suggested, suggest more at the end."""
        rows, here = self.table.hits.rows, self.table.row
        left = [n for n, row in enumerate(rows) if row.says is None]
        if left:
            self.table.go_to(next((n for n in left if n > here), left[0]))
            self.play_hit()
        elif self.suggests and self._job is None:
            self.suggest()

    def restart(self) -> None:
        """Forget all marks."""
        self._forget_marks()
        self.search()

    def _forget_marks(self) -> None:
        self.lessons.forget()
        self.estimate, self.suggests = None, False
        self.panel.show_estimate(None)
        for number, row in enumerate(self.table.hits.rows):
            row.says = None
            self.table.hits.changed(number)
        self._show_state()

    def save(self, label: str) -> None:
        """Save what was taught, as a classifier and a data set."""
        if self.bar.folder is not None:
            self.saving.save(self.bar.folder, label, self.marks)

    # Playing.

    def play(self) -> None:
        """Play or pause what is chosen, else the example."""
        if self.transport.playing:
            self.transport.pause()
        elif self.table.current is not None:
            self.play_hit()
        else:
            self.play_example()

    def play_hit(self) -> None:
        """Play what is chosen."""
        hit = self.table.hit
        if hit is not None:
            self.transport.set_file(hit.path)
            self.transport.play(hit.start_seconds, hit.end_seconds, loop=False)

    def play_example(self) -> None:
        """Play what is searched for."""
        example = self.example
        if example is not None and example.sound is not None:
            self.transport.set_file(example.sound)
            self.transport.play(example.start, example.end, loop=False)

    def open_hit(self) -> None:
        """Show what is chosen on the File page."""
        hit = self.table.hit
        if hit is not None:
            self._session.request(OpenFile(hit.path, at=(hit.start_seconds, hit.end_seconds)))

    # What is shown.

    def _show_menu(self, place: QPoint) -> None:
        hit = self.table.hit
        if hit is None:
            return
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(self.tr("Play"), self.play_hit)
        stretch = SoundStretch(hit.path, hit.start_seconds, hit.end_seconds)
        add_stretch_actions(menu, self._session, stretch)
        menu.popup(place)

    def _show_chosen(self) -> None:
        self.panel.show_selected(self.table.current is not None and self.lessons.query is not None)

    def _show_state(self) -> None:
        busy, rows, example = self._job is not None, bool(self.table.hits.rows), self.example
        waits = busy or self.bar.busy
        words = "" if rows else empty_words(self.bar.folder, example, waits=waits)
        self.list.show_state(example, words, suggests=self.suggests)
        self.panel.set_busy(busy or self.saving.busy)
        self.panel.show_marks(self.marks, ready=self.lessons.query is not None and rows)
        self._show_chosen()

    def _choose(self) -> None:
        path = _ask_sound(self)
        if path is not None:
            self.search_for(worker.Example(path, 0.0, _FIRST_SECONDS, path.name))


def _ask_sound(page: Page) -> Path | None:
    """Ask for a sound file; None: the person changed their mind."""
    endings = " ".join(f"*{suffix}" for suffix in sorted(EXTENSIONS))
    name, _ = QFileDialog.getOpenFileName(
        page, page.tr("Choose a sound"), "", page.tr("Sounds ({})").format(endings)
    )
    return Path(name) if name else None
