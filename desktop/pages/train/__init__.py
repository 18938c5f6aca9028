"""Train: recipes, running trainings and their results."""
