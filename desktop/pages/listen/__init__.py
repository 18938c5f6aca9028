"""Listen: the microphone, live."""
