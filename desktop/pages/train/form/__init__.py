"""Rows and controls that the form of a recipe is made of."""
