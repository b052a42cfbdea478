"""The live webcam check: a pure state machine (``engine``), and thin faces, camera, voice and wiring around it."""
