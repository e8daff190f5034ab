"""What a verified card says about its holder."""
