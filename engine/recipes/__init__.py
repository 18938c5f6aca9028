"""Recipes: TOML files that define a training."""
