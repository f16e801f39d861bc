"""From the outside world to articles, as a pipeline of separate steps."""
