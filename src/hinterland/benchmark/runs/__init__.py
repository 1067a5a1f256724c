"""Running jobs, and keeping what came of them.

``jobs`` makes and does jobs, ``runner`` does many at once, ``store`` keeps their results, and ``environment`` says what
they were made with.
"""
