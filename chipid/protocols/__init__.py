"""The terminal side of the eMRTD protocols, as scripts (ICAO Doc 9303-11)."""
