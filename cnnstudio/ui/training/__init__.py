"""The face of training: the recipe, the data set, the run and its curves."""
