"""A project: a folder of sounds with labels, its history and its checks."""
