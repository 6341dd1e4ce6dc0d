"""Correct implementations drawn at random, of which none may fail a test: the suites raise no false alarms.

``python -m tests.implementations --count 300 --seed 1 --jobs 2`` asks as many as wanted, and prints what came of each.
"""
