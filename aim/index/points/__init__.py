"""Points as arrays: chunks, tails, merging of attempts and ranks, buckets and smoothing for drawing."""
