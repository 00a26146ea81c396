"""The images that are learned from, as a person sees them, trusts them and puts them right."""
