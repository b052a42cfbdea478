"""Physical tests, one module each: pose track in, angles, reps and scores out. Pure."""
