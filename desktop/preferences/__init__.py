"""The Preferences dialog: a module each for what it shows, and for what it asks in jobs."""
