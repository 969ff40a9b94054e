"""Text to syntax tree, and a fault in the text to plain words."""
