"""``python -m mobility_check`` is the same as ``mobility-check``."""

from mobility_check.cli import main

if __name__ == "__main__":
    main()
