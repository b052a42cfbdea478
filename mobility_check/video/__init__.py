"""Video in and out: ``source`` reads clips, ``sink`` writes them, ``overlay`` draws the annotated second pass."""
