"""What a page says to the person, and what is done about it."""

from desktop.messages import Notices


def press(notices: Notices, words: str) -> None:
    """Do what the button of these words does on one of the page's messages."""
    for message in notices.current:
        for label, do in message.actions:
            if label == words:
                notices._messages.dismiss(message)
                do()
                return
    raise AssertionError(f"no button {words!r} on: {notices.text}")
