"""Wednesday, 11 June 2025; 11 June 2025; 11 June 2025, 18:00 JST."""

DATE_FORMAT = "l, j F Y"
SHORT_DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i T"
