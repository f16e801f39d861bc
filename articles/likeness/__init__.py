"""Near copies: which pieces may tell the same, found by their texts."""
