"""Compiled rules over many patients at once, as columns."""
