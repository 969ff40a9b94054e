"""The same words and comments in the standard layout."""
