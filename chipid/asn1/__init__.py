"""Object identifiers and the few strict DER helpers that everything above shares."""
