"""Augmentation: what is done to the training images of a step, whole batches at a time, on the device.

All that is drawn by chance is drawn on the CPU from a generator that is handed in, so that the same seed gives the same
images on any device, in any number of processes. Images are bytes (N, C, H, W), and come out as bytes.
"""
