"""Verbs on tags, and the suggestion of tags from what stands in a text."""
