"""What is kept of a document until it changes, and what is known of the disk and of runs."""
