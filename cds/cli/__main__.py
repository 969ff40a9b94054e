"""`python -m cds.cli`: the command without its script."""

from cds.cli.main import main

main()
