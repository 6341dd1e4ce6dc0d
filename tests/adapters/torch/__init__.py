"""The torch adapter; collected only where torch is installed."""
