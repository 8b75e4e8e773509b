"""The tests, by the room that they are about."""
