"""The program as a process: what nobody caught, what the system asks, and what it does without a person."""
