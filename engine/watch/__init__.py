"""Watching: folders in which recordings arrive, and a microphone that listens by a schedule."""
