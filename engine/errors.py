"""The errors a person may see: each message says what happened and what to do."""


class EarmarkError(Exception):
    """Base of everything the engine raises on purpose; its text is meant for the user."""


class AudioError(EarmarkError):
    """A sound file, microphone or loudspeaker cannot be used."""


class DataError(EarmarkError):
    """A data set, label file or exported result cannot be used."""


class ModelError(EarmarkError):
    """A classifier file cannot be used."""


class RecipeError(EarmarkError):
    """A recipe is wrong."""
