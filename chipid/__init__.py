"""Read, authenticate and judge chip ID cards."""
