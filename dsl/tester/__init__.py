"""Tests beside rules: run, measured, and generated from the cuts."""
