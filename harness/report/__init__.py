"""A run rendered: the page, the terminal, JUnit; all from one view."""
