"""Texts for people, by stable code, in English and Vietnamese."""
