"""Readers: images and labels from the files in which data sets are handed round, without running what is in them."""
