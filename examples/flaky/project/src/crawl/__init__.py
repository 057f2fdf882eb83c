"""Fetches pages with several workers and keeps count."""

from crawl.progress import Progress
from crawl.workers import crawl

__all__ = ["Progress", "crawl"]
