"""``earmark watch``, and ``earmark listen`` by a schedule."""
