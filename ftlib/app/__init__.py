"""The practitioner's side: the `ftlib` command."""
