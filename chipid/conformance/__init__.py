"""The published test cases for chips, as scripts that run against any chip."""
