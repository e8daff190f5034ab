"""What the relying party trusts: CSCA certificates and their provenance."""
