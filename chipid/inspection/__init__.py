"""The order of a reading: from a connected card to Evidence."""
