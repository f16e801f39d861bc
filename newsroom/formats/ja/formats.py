"""2025年6月11日(水); 2025年6月11日; 2025年6月11日(水) 18:00.

The zone stands once, at the foot of a page: behind every time it is no Japanese.
"""

DATE_FORMAT = "Y年n月j日(D)"
SHORT_DATE_FORMAT = "Y年n月j日"
DATETIME_FORMAT = "Y年n月j日(D) H:i"
