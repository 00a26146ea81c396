"""The face of the lessons: the quiz and the handbook."""
