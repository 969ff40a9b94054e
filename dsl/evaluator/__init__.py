"""Checked rules and facts to findings with their trace."""
