"""Syntax tree to checked rules, or everything that is wrong with them."""
