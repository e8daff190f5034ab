"""Key derivation, domain parameters, points, keys and signatures. No protocol steps, no files."""
