"""How dates are written for readers, in each language of the site.

Django's names: ``DATE_FORMAT`` heads a day, ``SHORT_DATE_FORMAT`` is a day within a
line, ``DATETIME_FORMAT`` a moment. In all of them a month cannot be read as a day.
"""
