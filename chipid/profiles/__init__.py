"""Profiles of services as data: what each reads of a card, releases, demands and keeps, and by which law."""
