"""The command `bespoke`: one thin module for each group of commands.

Exit codes: 0 done and nothing wrong; 1 what was looked at has faults; 2 the call cannot be carried out.
"""

from cds.cli.main import main

__all__ = ["main"]
