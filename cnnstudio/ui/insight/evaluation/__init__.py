"""The face of the evaluation: how good the network is, a view a file."""
