"""As which kind of data set a folder is opened."""

from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QComboBox


class Source(Protocol):
    """What is chosen for."""

    kind: str

    @property
    def changed(self) -> SignalInstance:
        """Told when another folder is chosen."""

    def set_kind(self, kind: str) -> None:
        """Open the folder so."""


class KindChooser(QComboBox):
    """Recognised by itself, or one of the kinds there are."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        narrow(self)
        self.setAccessibleName(self.tr("Kind of data set"))
        self.setToolTip(self.tr("As which data set the folder is read"))
        tr = self.tr
        for words, kind in (
            (tr("Recognise the kind of data set"), "auto"),
            (tr("A folder for each class"), "folder"),
            (tr("Table of sounds (manifest)"), "manifest"),
            (tr("Features with labels (.npy, .npz, JSON, CSV)"), "features"),
            (tr("Iowa MFCC features (four .npy)"), "iowa"),
            ("GTZAN", "gtzan"),
            ("Medley-solos-DB", "medley-solos"),
            ("EpyNN author_music", "author-music"),
            ("Philharmonia", "philharmonia"),
            ("ESC", "esc"),
            ("FSDD", "fsdd"),
            (tr("Audacity labels"), "audacity"),
        ):
            self.addItem(words, kind)
        self.activated.connect(lambda _: source.set_kind(str(self.currentData())))
        source.changed.connect(self._show)

    def _show(self) -> None:
        self.setCurrentIndex(max(0, self.findData(self._source.kind)))


def narrow(box: QComboBox) -> None:
    """Let it be narrower than its longest choice: else a column that scrolls is cut at its edge."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
