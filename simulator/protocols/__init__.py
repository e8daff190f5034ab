"""The card's side of the protocols, written from the standard."""
