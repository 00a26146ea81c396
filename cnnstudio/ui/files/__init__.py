"""Files from the window: opening, saving, recovery, recent ones, imports and exports."""
