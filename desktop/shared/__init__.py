"""What several pages show: tracks, prediction panels, the player, explanations."""
