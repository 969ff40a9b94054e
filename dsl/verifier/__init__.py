"""What needs a solver (extra `verify`): arithmetic, pairs of rules, two versions."""
