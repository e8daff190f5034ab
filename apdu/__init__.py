"""ISO/IEC 7816-4 bytes: commands, responses, TLV, secure messaging and the session that carries them."""
