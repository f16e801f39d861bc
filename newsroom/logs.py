"""What the log says of requests."""

import logging


class WithoutRefusals(logging.Filter):
    """Leave the traceback out where a request was refused, as it should be.

    Django writes one for each address that is no page, each right that somebody
    lacks and each wrong ``Host``; bots ask for those all day, and the traceback of a
    fault would drown in them.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        is_refusal = getattr(record, "status_code", 500) < 500
        if is_refusal or record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True
