"""Why: which places of a picture a network's score for a class rests on, and what a part of the network looks for."""
