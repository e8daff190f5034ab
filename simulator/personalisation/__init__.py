"""Invented people, card profiles, and the files that are made of both."""
