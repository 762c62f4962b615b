"""What the lessons need beyond the library: exercises and quizzes in two languages, and tracks."""
