"""Judging: evidence, trust and policy in, report out. Nobody here talks to a card."""
