"""What to do, as data only: strategies of phases, regularization, and anchors."""
