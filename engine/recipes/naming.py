"""What a run is called: the data and the recipe in words."""

from engine.recipes.recipe import Recipe

_MOST = 90  # characters; " (12)" may follow


def title_of(recipe: Recipe, data: str) -> str:
    """A run in words: the data set's name and the recipe's.

    Args:
        recipe: what it trains.
        data: name of the data set.

    Examples:
        >>> from engine.recipes.recipe import find_recipe
        >>> title_of(find_recipe("tagger-head"), "Strings")
        'Strings, quick training'
        >>> title_of(find_recipe("author-gru").as_published(), "Guitars")
        'Guitars, EpyNN author: GRU, as published'
    """
    words = recipe.title.partition(" (")[0]
    first = words.partition(" ")[0].rstrip(":")
    if first[1:].islower():  # others are names and abbreviations
        words = words[:1].lower() + words[1:]
    published = ", as published" if recipe.variant == "as-published" else ""
    return f"{data[: _MOST - len(words + published)].strip()}, {words}{published}"
