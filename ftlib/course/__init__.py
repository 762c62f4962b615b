"""What the lessons need beyond the library: exercises, quizzes and tracks."""
