"""The files of the logical data structure: one module a file, each with a type, a parser and a builder."""
