"""Pose back ends: pictures in, landmarks out. ``mediapipe.py`` is the only module that imports mediapipe."""
