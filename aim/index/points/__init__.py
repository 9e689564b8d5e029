"""Points as arrays: chunks, tails, merging of attempts and ranks, fewer points for drawing."""
