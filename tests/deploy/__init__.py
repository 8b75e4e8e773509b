"""The compose file and the image, as far as they can be held to account without an engine."""
