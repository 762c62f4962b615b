"""A folder of pictures as a task: layout, tables of labels, decoding, and what a person should know about it."""
