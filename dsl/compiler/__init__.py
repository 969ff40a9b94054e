"""Checked rules to one generated function, and to a file that loads without parsing."""
