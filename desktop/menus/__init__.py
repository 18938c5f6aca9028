"""Menus of the window that know more than their words."""
