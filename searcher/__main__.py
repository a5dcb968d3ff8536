"""`python -m searcher` is the same program as `searcher`."""

from searcher.cli import main

if __name__ == "__main__":
    main()
