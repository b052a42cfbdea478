"""Second pass: better landmarks, silhouettes and features of the frames that decide, and the angles they give."""
