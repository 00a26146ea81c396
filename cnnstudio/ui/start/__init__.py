"""The start page: what is seen while the project is new and empty."""
