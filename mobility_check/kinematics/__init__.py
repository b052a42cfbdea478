"""The pure core: NumPy arrays in, frozen dataclasses out. Nothing here touches a file, a camera, a model or a clock."""
