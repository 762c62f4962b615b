"""What is known and proved about a model, a run and a comparison."""
