"""File, Watch: a folder in which recordings arrive, and a microphone that listens by a schedule."""
