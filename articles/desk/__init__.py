"""The desk: the queue of what waits, inside the admin, one key for each piece."""
