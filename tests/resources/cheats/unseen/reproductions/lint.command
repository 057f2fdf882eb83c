python -m ruff check --isolated --no-cache tidy.py || python -m ruff check --no-cache tidy.py
