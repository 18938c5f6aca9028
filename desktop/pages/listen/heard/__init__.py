"""What was heard, after it was: its log, its sound once more, files of it, and its menus."""
