"""What is predicted: the head, the loss, the batches and the scores of each kind of task."""
