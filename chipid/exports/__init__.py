"""Renderings of a report and its holder for programs and for people."""
