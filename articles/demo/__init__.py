"""Made-up publishers, pieces, tags and pictures that a first visitor sees.

Every publisher's host lies under ``.example`` (RFC 2606), so nothing here can
reach, or be mistaken for, a real site. Nothing here knows the database.
"""
