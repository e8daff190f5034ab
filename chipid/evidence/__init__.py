"""The waist: everything a reading produced, frozen, and its file format."""
