"""What proves the numbers: accuracy against known answers, repeatability, and a renderer of such clips."""
