"""Recipes: the TOML files that decide what a training gives."""
