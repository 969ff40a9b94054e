"""Patients who show something: found in the rules, or proved not to exist."""
