"""The machine readable zone: parsing, writing, check digits, names, and the access key made from it."""
